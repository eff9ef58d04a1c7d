"""Scores: what was said beside what is true."""

from .cases import Case, Sighting, cases_of
from .drawing import png_of, svg_of, write_plot
from .findings import CheckedAction, FalseAlarm, Finding, Messages, ScenarioScore
from .ratios import Ratio
from .reliability import Calibrated, ReliabilityBin, assess, fit_calibration, lower_bound
from .scenario_drawing import scenario_png, scenario_svg, write_scenario_plot
from .scenario_tables import scenario_lines, scenario_rows
from .scenarios import Played, score_scenario
from .survivals import Survival, Survivals
from .tables import lines_of
from .tickets import CategoryScore, Confusion, Judged, TicketScores, Truth, judge, score, truth_of
from .totals import TARGETS, TARGETS_UNDER_LOSS, ModeScore, Targets, Total, total_of
from .truths import TruthDocument, read_truth
from .vocabularies import LabelledEvidence, fit_vocabulary, fit_words

__all__ = [
    "TARGETS",
    "TARGETS_UNDER_LOSS",
    "Calibrated",
    "Case",
    "CategoryScore",
    "CheckedAction",
    "Confusion",
    "FalseAlarm",
    "Finding",
    "Judged",
    "LabelledEvidence",
    "Messages",
    "ModeScore",
    "Played",
    "Ratio",
    "ReliabilityBin",
    "ScenarioScore",
    "Sighting",
    "Survival",
    "Survivals",
    "Targets",
    "TicketScores",
    "Total",
    "Truth",
    "TruthDocument",
    "assess",
    "cases_of",
    "fit_calibration",
    "fit_vocabulary",
    "fit_words",
    "judge",
    "lines_of",
    "lower_bound",
    "png_of",
    "read_truth",
    "scenario_lines",
    "scenario_png",
    "scenario_rows",
    "scenario_svg",
    "score",
    "score_scenario",
    "svg_of",
    "total_of",
    "truth_of",
    "write_plot",
    "write_scenario_plot",
]
