"""Scores: what was said beside what is true."""

from .drawing import png_of, svg_of, write_plot
from .reliability import Calibrated, ReliabilityBin, assess, fit_calibration, lower_bound
from .tables import lines_of
from .tickets import CategoryScore, Confusion, Judged, TicketScores, Truth, judge, score, truth_of

__all__ = [
    "Calibrated",
    "CategoryScore",
    "Confusion",
    "Judged",
    "ReliabilityBin",
    "TicketScores",
    "Truth",
    "assess",
    "fit_calibration",
    "judge",
    "lines_of",
    "lower_bound",
    "png_of",
    "score",
    "svg_of",
    "truth_of",
    "write_plot",
]
