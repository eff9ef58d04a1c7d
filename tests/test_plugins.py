"""Plugins are enabled by name, never by being there; what is wrong with one is told before anything runs."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migro import RuleSet, Signal, VolatileMemory
from migro.cli import main
from migro.configuration import Configuration, read_configuration
from migro.errors import ConfigurationError
from migro.lexicons import parse_lexicon
from migro.packs.headless import RULES as HEADLESS
from migro.plugins import GROUPS, Enabled, Offer, built, composed, enable, examine, installed
from migro.plugins.contracts import actuator, features, lexicons, memory, source, vocabulary
from tests.conftest import RunPython

NUMBERS = count(1)

RULES = """
from migro import Attr, IssueKind, MerchantId, Response, Risk, Rule, RuleSet, Signal, minutes, on, supports

class Shot(Signal, kind="shot"):
    code: Attr[int]

class Other(Signal, kind="shot"):
    word: Attr[str]

class Echo(Signal, kind="echo"):
    word: Attr[str]

down = IssueKind[MerchantId]("shop_down", category="checkout", responses=(Response("ring", Risk.R0, "bell"),))
bad = on(Shot, Shot.code >= 500, per=Shot.merchant).at_least(1, within=minutes(5))
RULES = RuleSet("mine", Rule("shot-burst", when=bad, then=supports(down, 105, family="http")))
BOTH = [Shot, Echo]
"""

HANDS = """
from datetime import UTC, datetime
from migro import ActionResult, MerchantId, VolatileMemory
from RULES import Shot

MADE = []
RUNG = []
KEPT = VolatileMemory()

class Bell:
    kinds = frozenset({"ring"})
    def execute(self, action):
        RUNG.append(action.target)
        return ActionResult(status="succeeded")

class Gong(Bell):
    kinds = frozenset({"gong"})
    def __init__(self, table):
        pass

class Kept:
    closed = 0
    accept, load, commit, read = KEPT.accept, KEPT.load, KEPT.commit, KEPT.read
    def close(self):
        Kept.closed += 1

class Shots:
    def __init__(self, count):
        self.count = count
    def signals(self):
        for second in range(self.count):
            at = datetime(2026, 3, 1, 9, 0, second, tzinfo=UTC)
            yield Shot(merchant=MerchantId("m_1"), occurred_at=at, code=503, env="production")

class Breaking:
    def signals(self):
        yield from Shots(2).signals()
        yield "no signal"
        raise RuntimeError("the words of a sender")

def bell(table):
    MADE.append(table)
    return Bell()

def kept(table):
    MADE.append(table)
    return Kept()

def shots(table):
    return Shots(table["count"])

def breaking(table):
    return Breaking()

def refusing(table):
    table["count"] = 7
    raise KeyError("url_env")

def wrong(table):
    return "nothing of use"
"""


LEXICON = """name: carts
version: 1
language: en

[phrases]
empty cart => intent.empty_cart 40
"""


@pytest.fixture(autouse=True)
def modules_are_forgotten() -> Iterator[None]:
    """What a test installs is gone after it."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("plug_"):
            del sys.modules[name]


class Install(Protocol):
    def __call__(self, code: str, version: str = "1.0", distribution: str = "", **points: Mapping[str, str]) -> str: ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay out a distribution as an installer does, and return the name of its one module."""
    site = tmp_path / "site"
    site.mkdir()

    def lay_out(code: str, version: str = "1.0", distribution: str = "", **points: Mapping[str, str]) -> str:
        module = f"plug_{next(NUMBERS)}"
        distribution = distribution or module.replace("_", "-")
        (site / f"{module}.py").write_text(code, "utf-8")
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", "utf-8")
        groups = {
            group: "".join(f"{name} = {value.replace('HERE', module)}\n" for name, value in offered.items())
            for group, offered in points.items()
        }
        (info / "entry_points.txt").write_text("".join(f"[migro.{g}]\n{t}" for g, t in groups.items()), "utf-8")
        importlib.invalidate_caches()
        return module

    monkeypatch.syspath_prepend(str(site))
    return lay_out


@pytest.fixture
def equip(install: Install) -> str:
    """Install one distribution with rules and one with hands, and return the module of the hands."""
    rules = install(RULES, rulesets={"mine": "HERE:RULES"}, signals={"mine": "HERE:BOTH", "other": "HERE:Other"})
    return install(
        HANDS.replace("RULES", rules),
        actuators={"bell": "HERE:bell", "gong": "HERE:Gong", "refusing": "HERE:refusing", "wrong": "HERE:wrong"},
        memories={"kept": "HERE:kept"},
        sources={"shots": "HERE:shots", "breaking": "HERE:breaking", "wrong": "HERE:wrong"},
    )


def listed(**groups: list[str] | dict[str, str]) -> Mapping[str, Mapping[str, str]]:
    return Configuration.model_validate({"plugins": groups}).enabled


def told(**groups: list[str] | dict[str, str]) -> list[str]:
    _, problems = examine(listed(**groups))
    return [str(p) for p in problems]


# --- installed is not enabled -----------------------------------------------------------------------------------------


def test_what_is_installed_is_listed_and_not_imported(install: Install) -> None:
    module = install("raise SystemExit('imported')", rulesets={"acme": "HERE:RULES"}, sources={"log": "HERE:log"})

    here = [(o.group, o.name, o.distribution, o.version) for o in installed() if o.value.startswith(module)]
    assert here == [
        ("rulesets", "acme", module.replace("_", "-"), "1.0"),
        ("sources", "log", "plug-" + module[5:], "1.0"),
    ]
    enable(listed())
    assert module not in sys.modules


def test_importing_migro_looks_for_no_plugins(run_python: RunPython) -> None:
    done = run_python("-c", "import migro, sys; print('migro.plugins' in sys.modules)")

    assert (done.stdout.strip(), done.stderr) == ("False", "")


def test_only_what_is_listed_is_imported(install: Install) -> None:
    wanted = install(RULES, rulesets={"wanted": "HERE:RULES"})
    other = install(RULES, rulesets={"unwanted": "HERE:RULES"})

    enabled = enable(listed(rulesets=["wanted"]))

    assert list(enabled.rulesets) == ["wanted"]
    assert (wanted in sys.modules, other in sys.modules) == (True, False)


def test_the_shipped_pack_is_in_force_where_nothing_is_listed_and_elsewhere_only_if_it_is(install: Install) -> None:
    install(RULES, rulesets={"mine": "HERE:RULES"})

    assert list(enable(listed()).rulesets) == ["headless"]
    assert list(enable(listed(rulesets=["mine"])).rulesets) == ["mine"]
    assert list(enable(listed(rulesets=["mine", "headless"])).rulesets) == ["mine", "headless"]


def test_a_list_and_a_table_say_the_same_of_a_plugin() -> None:
    plain = Configuration.model_validate({"plugins": {"rulesets": ["a", "b"]}})
    pinned = Configuration.model_validate({"plugins": {"rulesets": {"a": "*", "b": "*"}}})

    assert plain == pinned
    assert plain.version == pinned.version
    assert (plain.rules.sets, plain.rule_sets) == ((), ("a", "b"))


def test_rule_sets_of_both_places_are_in_force_once_each() -> None:
    both = Configuration.model_validate(
        {"rules": {"sets": ["mine:RULES", "a"]}, "plugins": {"rulesets": {"a": "0123456789ab", "b": "*"}}}
    )

    assert both.rule_sets == ("mine:RULES", "a", "b")
    assert both.enabled["rulesets"] == {"a": "0123456789ab", "b": "*"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[plugins]\nrulesets = ['a', 'a']", "plugins.rulesets: expected each name once, not a again"),
        ("[plugins.rulesets]\na = '0123'", "plugins.rulesets: expected at least 12 hex digits"),
        ("[plugins]\nruleset = ['a']", "plugins.ruleset: extra inputs are not permitted"),
        ("[plugins]\nactuators = [1]", "plugins.actuators: expected"),
        ("[plugins]\nmemories = ['sqlite']", "plugins.memories: expected what the URL of a memory can start with"),
        ("[plugins]\nmemories = ['Mine']", "plugins.memories: expected what the URL of a memory can start with"),
        (
            "[plugins]\nactuators = ['a']\n[plugins.settings.actuators.b]\nx = 1",
            "for what actuators lists (a), not for b",
        ),
        ("[plugins]\nactuators = ['console']\n[plugins.settings.actuators.console]\nx = 1", "not for console"),
        ("[plugins]\nsources = ['a']\n[plugins.settings.sources.a]\nx = [{y = 1.5}]", "write 1.5 in quotes"),
        ("[plugins]\nsources = ['a']\n[plugins.settings.sources.a]\nx = 2026-03-01", "write 2026-03-01 in quotes"),
    ],
)
def test_a_list_of_plugins_that_cannot_be_meant_is_refused_with_its_place(
    text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "migro.toml").write_text(text, "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path / "migro.toml")
    assert words in str(caught.value)
    assert "migro.toml" in str(caught.value)


def test_plugins_and_their_settings_are_part_of_what_a_decision_names() -> None:
    plugins = {"sources": ["log"], "settings": {"sources": {"log": {"path": "a.csv"}}}}
    other = {"sources": ["log"], "settings": {"sources": {"log": {"path": "b.csv"}}}}
    versions = {Configuration.model_validate({"plugins": p}).to_policy().version for p in ({}, plugins, other)}

    assert len(versions) == 3


# --- what stops -------------------------------------------------------------------------------------------------------


def test_everything_that_stops_is_told_at_once_with_what_was_expected_and_where(install: Install) -> None:
    module = install(
        RULES,
        rulesets={"mine": "HERE:RULES", "lacking": "HERE:NOTHING", "wrong": "HERE:BOTH", "shapeless": "not a value"},
        signals={"plain": "HERE:RuleSet"},
        actuators={"uncallable": "HERE:RULES"},
    )
    broken = install("def f():\n    raise ValueError('one\\ntwo')\nf()", rulesets={"broken": "HERE:RULES"})
    leaving = install("raise SystemExit", rulesets={"leaving": "HERE:RULES"})
    install(RULES, version="2.0", distribution="rival", rulesets={"mine": "HERE:RULES"})
    groups: dict[str, list[str] | dict[str, str]] = {
        "rulesets": ["mine", "min", "lacking", "wrong", "shapeless", "broken", "leaving"],
        "signals": ["plain"],
        "actuators": ["uncallable", "headless"],
    }
    place = f"at {module.replace('_', '-')} 1.0, entry point migro."
    expected = [
        (
            "rulesets 'mine': expected one distribution to offer it, got 2 - ",
            f"{place[3:]}rulesets: mine = {module}:RULES",
        ),
        (
            "rulesets 'min': expected an installed distribution",
            "did you mean 'mine'? - at the rulesets that are listed",
        ),
        ("rulesets 'lacking': expected it to be usable, got AttributeError", f"{place}rulesets: lacking"),
        ("rulesets 'wrong': expected a RuleSet, got list - ", f"{place}rulesets: wrong"),
        ("rulesets 'shapeless': expected an entry point as package.module:NAME, got 'not a value'", f"{place}rulesets"),
        ("rulesets 'broken': expected it to be usable, got ValueError: two (raised at ", f"{broken}.py:2) - "),
        ("rulesets 'leaving': expected it to be usable, got SystemExit (raised at ", f"{leaving}.py:1) - "),
        ("signals 'plain': expected subclasses of Signal with a kind", f"got the class RuleSet - {place}signals"),
        ("actuators 'uncallable': expected a function", f"got RuleSet - {place}actuators"),
        ("actuators 'headless': expected an installed distribution", "found none; it is one of rulesets - at "),
    ]

    problems = told(**groups)
    with pytest.raises(ConfigurationError) as caught:
        enable(listed(**groups))

    assert len(problems) == len(expected)
    for problem, (start, rest) in zip(problems, expected, strict=True):
        assert problem.startswith(start)
        assert rest in problem
        assert f"\n  {problem}" in str(caught.value)
    assert str(caught.value).startswith("10 listed plugins cannot be used:\n")
    assert "rival 2.0" in problems[0]
    # Nothing of the plugin's own was at fault there, and the import system's files help nobody.
    assert "raised at" not in problems[2]


def test_what_a_plugin_raised_is_the_cause(install: Install) -> None:
    install("raise KeyError('x')", rulesets={"one": "HERE:RULES"})
    install("raise OSError('y')", rulesets={"two": "HERE:RULES"})

    with pytest.raises(ConfigurationError, match="a listed plugin cannot be used") as alone:
        enable(listed(rulesets=["one"]))
    with pytest.raises(ConfigurationError, match="2 listed plugins") as together:
        enable(listed(rulesets=["one", "two"]))

    assert isinstance(alone.value.__cause__, KeyError)
    assert isinstance(together.value.__cause__, BaseExceptionGroup)
    assert [type(e) for e in together.value.__cause__.exceptions] == [KeyError, OSError]


def test_mistakes_in_the_rules_of_a_plugin_are_all_quoted(install: Install) -> None:
    twice = RULES.replace('RuleSet("mine", ', 'RuleSet("mine", *2 * [').replace('"http")))', '"http"))])')
    install(twice + "", rulesets={"mine": "HERE:RULES"})

    (problem,) = told(rulesets=["mine"])
    assert "got RuleSetError: the rule set has 1 mistake" in problem
    assert "[duplicate-rule]" in problem


def test_a_rule_set_is_pinned_by_the_beginning_of_its_version(install: Install) -> None:
    install(RULES, rulesets={"mine": "HERE:RULES"})
    version = enable(listed(rulesets=["mine"])).rulesets["mine"].version

    assert told(rulesets={"mine": version}) == told(rulesets={"mine": version[:12]}) == []
    (problem,) = told(rulesets={"mine": "0123456789ab"})
    assert f"expected a rule set of version 0123456789ab, got {version}" in problem


def test_another_version_of_a_distribution_than_the_pinned_one_is_not_even_imported(install: Install) -> None:
    module = install("raise SystemExit", version="2.1", sources={"log": "HERE:log"})

    (problem,) = told(sources={"log": "2.0"})
    assert problem.startswith("sources 'log': expected version 2.0, got 2.1 - at ")
    assert module not in sys.modules


# Offers of the standard library stand for a plugin that is fine as a factory and for some that are not.
VALUES = {"sound": "decimal:Decimal", "unfit": "math:pi", "absent": "decimal:NOTHING", "gone": "plug_nowhere:f"}
OFFERS = [Offer(group="sources", name=n, distribution="d", version="1", value=v) for n, v in VALUES.items()]
TWINS = [attr for attr in OFFERS if attr.name == "sound"] + [
    Offer(group="sources", name="sound", distribution="e", version="1", value="decimal:Decimal")
]


@given(
    names=st.lists(st.sampled_from([*VALUES, "unheard"]), unique=True),
    offers=st.permutations(OFFERS),
    twins=st.booleans(),
)
def test_each_listed_plugin_is_either_enabled_or_a_problem_whatever_the_order_of_what_is_installed(
    names: list[str], offers: list[Offer], twins: bool
) -> None:
    wanted = {"sources": dict.fromkeys(names, "*")}
    there = [*offers, TWINS[1]] if twins else offers

    enabled, problems = examine(wanted, there)

    assert sorted([*enabled.sources, *(p.name for p in problems)]) == sorted(names)
    assert list(enabled.sources) == (["sound"] if "sound" in names and not twins else [])
    assert examine(wanted, list(reversed(there)))[0] == enabled


# --- composing --------------------------------------------------------------------------------------------------------


def test_several_rule_sets_are_one(equip: str) -> None:
    enabled = enable(listed(rulesets=["headless", "mine"]))

    whole = composed(list(enabled.rulesets.values()), {})

    assert whole.name == "headless+mine"
    assert len(whole) == len(HEADLESS) + 1
    assert whole.version != HEADLESS.version


def test_a_rule_set_to_which_nothing_is_added_stays_what_it_is(equip: str) -> None:
    enabled = enable(listed(rulesets=["mine"], signals=["mine"]))
    mine = enabled.rulesets["mine"]

    assert composed([mine], {}) is mine
    assert composed([mine], {"own": [mine.signals["shot"]]}) is mine
    assert set(composed([mine], enabled.signals).signals) == {"shot", "echo"}


def test_two_classes_for_one_kind_of_signal_are_refused(equip: str) -> None:
    enabled = enable(listed(rulesets=["mine"], signals=["other"]))

    with pytest.raises(ConfigurationError, match=r"kind 'shot', got .*Shot of rule set 'mine' and .*Other of signals"):
        composed(list(enabled.rulesets.values()), enabled.signals)


def test_no_rule_set_is_none_too_few() -> None:
    with pytest.raises(ConfigurationError, match="at least one rule set"):
        composed([], {})


def test_an_empty_rule_set_is_a_rule_set() -> None:
    empty = RuleSet("empty")

    assert composed([empty], {}) is empty


# --- factories --------------------------------------------------------------------------------------------------------


def hands_of(enabled: Enabled, *names: str, **tables: Mapping[str, Any]) -> tuple[Any, ...]:
    return built("actuators", names, enabled, tables, actuator)


def test_a_factory_gets_its_own_copy_of_its_table(equip: str) -> None:
    enabled = enable(listed(actuators=["bell", "refusing"]))
    table = {"inner": {"count": 1}}

    (bell,) = hands_of(enabled, "bell", bell=table)

    assert bell.kinds == {"ring"}
    made: list[Any] = sys.modules[equip].MADE
    assert made == [table]
    assert made[0]["inner"] is not table["inner"]


def test_all_factories_that_fail_are_told_at_once(equip: str) -> None:
    enabled = enable(listed(actuators=["wrong", "bell", "refusing"]))

    with pytest.raises(ConfigurationError) as caught:
        hands_of(enabled, "wrong", "bell", "refusing")

    assert "2 listed plugins cannot be used" in str(caught.value)
    assert "'wrong': of what it made, expected an actuator with `kinds` and `execute`, got str - at " in str(
        caught.value
    )
    assert "'refusing': expected it to be made of its settings, got KeyError: 'url_env' (raised at " in str(
        caught.value
    )
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("kinds", [["ring"], frozenset(), frozenset({1}), frozenset({""}), "ring"])
def test_an_actuator_without_a_set_of_names_is_none(kinds: object) -> None:
    class Mute:
        def execute(self, action: object) -> None: ...

    mute = Mute()
    mute.kinds = kinds  # type: ignore[attr-defined]  # what foreign code may do

    with pytest.raises(Exception, match=r"expected a frozenset of names as the actuator's `kinds`"):
        actuator(mute)


@pytest.mark.parametrize("found", [Signal, RuleSet, [], "shot", 1, type("Posing", (), {"__signal_kind__": "shot"})])
def test_what_is_no_class_of_signals_with_a_kind_is_no_vocabulary(found: object) -> None:
    with pytest.raises(Exception, match="expected subclasses of Signal with a kind"):
        vocabulary(found)


FEATURES = """
from migro import Signal
from migro.expressions.features import feature

@feature("shop.is_told", version=1)
def is_told(signal: Signal) -> bool:
    return signal.state is not None

@feature("shop.length", version=2)
def length(signal: Signal) -> int:
    return len(signal.topic)

BOTH = (is_told, length)
TWICE = (is_told, is_told)
"""


def test_features_of_plugins_are_one_catalogue(install: Install) -> None:
    module = install(FEATURES, features={"both": "HERE:BOTH", "told": "HERE:is_told"})

    enabled, problems = examine({"features": {"both": "*", "told": "*"}})

    assert problems == ()
    assert [(one.name, one.version) for one in enabled.catalogue] == [("shop.is_told", 1), ("shop.length", 2)]
    assert enabled.catalogue.get("shop.length", 2) is sys.modules[module].length
    assert len(enabled.features["told"]) == 1


def test_two_functions_under_one_name_stop_the_plugin_that_comes_second(install: Install) -> None:
    install(FEATURES, features={"first": "HERE:BOTH"})
    install(FEATURES.replace("is not None", "is None"), features={"second": "HERE:is_told"})

    enabled, problems = examine({"features": {"first": "*", "second": "*"}})

    assert list(enabled.features) == ["first"]
    assert [(p.name, "expected one function for shop.is_told v1" in p.message) for p in problems] == [("second", True)]


@pytest.mark.parametrize("found", [[], "shop.length", len, [len], Signal])
def test_what_is_no_feature_is_refused(found: object) -> None:
    with pytest.raises(Exception, match="expected a Feature or several, got "):
        features(found)


def test_lexicons_are_taken_alone_or_together() -> None:
    lexicon = parse_lexicon(LEXICON)

    assert lexicons(lexicon) == lexicons([lexicon]) == (lexicon,)
    for found in ([], [lexicon, "cart"], LEXICON):
        with pytest.raises(Exception, match="expected a Lexicon or several, got "):
            lexicons(found)


def test_lexicons_of_a_plugin_are_enabled_by_name(install: Install) -> None:
    install(
        f"from migro.lexicons import parse_lexicon\nCARTS = parse_lexicon({LEXICON!r})", lexicons={"c": "HERE:CARTS"}
    )

    assert enable(listed(lexicons=["c"])).lexicons == {"c": (parse_lexicon(LEXICON),)}


def test_a_memory_and_a_source_are_checked_by_their_ports() -> None:
    assert memory(kept := VolatileMemory()) is kept
    with pytest.raises(Exception, match="expected a memory with"):
        memory(object())
    with pytest.raises(Exception, match="expected a source with"):
        source(object())


# --- the command ------------------------------------------------------------------------------------------------------

SETTINGS = """
[plugins]
rulesets = ["mine"]
actuators = ["console", "bell"]
memories = ["kept"]
sources = ["shots", "breaking"]
[plugins.settings.sources.shots]
count = 3
[plugins.settings.memories.kept]
size = 5
[policy]
allow = ["ring", "notify"]
"""


@pytest.fixture
def here(equip: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a configuration that enables what is installed."""
    place = tmp_path / "here"
    place.mkdir()
    (place / "migro.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(place)
    monkeypatch.setenv("MIGRO_PSEUDONYM_KEY", "sixteen characters")
    return place


def test_a_source_is_read_by_name_and_decided_on_with_the_rules_of_a_plugin(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", "--memory", "volatile:", "--source", "shots", "--format", "json"])

    said = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [d["where"] for d in said["dispositions"]] == [f"source shots:{n}" for n in (1, 2, 3)]
    assert [d["issue"]["kind"] for d in said["decisions"]] == ["shop_down"]
    assert said["counts"]["accepted"] == 3


def test_a_dry_run_makes_no_hands_and_a_live_one_lets_them_act(here: Path, equip: str) -> None:
    hands = importlib.import_module(equip)

    assert main(["run", "--memory", "volatile:", "--source", "shots"]) == 0
    assert (hands.MADE, hands.RUNG) == ([], [])
    assert main(["run", "--memory", "volatile:", "--source", "shots", "--live"]) == 0
    assert (hands.MADE, hands.RUNG) == ([{}], ["bell"])


def test_the_console_does_what_no_other_listed_actuator_does(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SETTINGS.replace('"console", "bell"', '"console"')
    (here / "migro.toml").write_text(text, "utf-8")

    assert main(["run", "--memory", "volatile:", "--source", "shots", "--live"]) == 0
    assert "ring -> bell" in capsys.readouterr().err


def test_without_the_console_an_action_that_nobody_takes_is_left_to_a_person(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "migro.toml").write_text(SETTINGS.replace('"console", "bell"', '"gong"'), "utf-8")

    assert main(["run", "--memory", "volatile:", "--source", "shots", "--live"]) == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith("failed: no actuator for 'ring'; a person has to see to it")


def test_a_source_that_breaks_ends_as_lines_that_cannot_be_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", "--memory", "volatile:", "--source", "breaking", "--source", "shots"])

    said = capsys.readouterr()
    assert code == 1
    assert "unreadable source breaking:3  expected a Signal, got str" in said.out
    assert "unreadable source breaking:4  expected a signal or the end, got RuntimeError" in said.out
    assert "the words of a sender" not in said.out + said.err
    assert "source shots:3" in said.out
    assert "unreadable 2" in said.out


def test_a_source_that_is_not_listed_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--memory", "volatile:", "--source", "wrong"]) == 2
    assert "lists in migro.toml (shots, breaking), got wrong" in capsys.readouterr().err


def test_a_run_needs_material(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--memory", "volatile:"]) == 2
    assert "expected material: FILE..." in capsys.readouterr().err


def test_a_memory_of_a_plugin_is_named_by_its_url_and_closed(
    here: Path, equip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hands = importlib.import_module(equip)

    assert main(["run", "--memory", "kept:anywhere", "--source", "shots", "--only", "decisions"]) == 0
    id = next(word for word in capsys.readouterr().out.split() if word.startswith("dec_"))
    assert main(["explain", id, "--memory", "kept:anywhere"]) == 0

    assert "shot-burst" in capsys.readouterr().out
    assert hands.Kept.closed == 2
    assert hands.MADE == [{"size": 5, "url": "kept:anywhere"}] * 2
    assert [path.name for path in here.iterdir()] == ["migro.toml"]


def test_a_memory_of_a_plugin_needs_a_key_of_pseudonyms_that_lasts(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MIGRO_PSEUDONYM_KEY")

    assert main(["run", "--memory", "kept:anywhere", "--source", "shots"]) == 2
    assert "expected the key of pseudonyms in MIGRO_PSEUDONYM_KEY" in capsys.readouterr().err


def test_explaining_from_a_shipped_memory_needs_no_plugin(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--memory", "kept.db", "--source", "shots", "--only", "decisions"]) == 0
    id = next(word for word in capsys.readouterr().out.split() if word.startswith("dec_"))
    (here / "migro.toml").write_text("[plugins]\nrulesets = ['nobody']\n", "utf-8")

    assert main(["explain", id, "--memory", "kept.db"]) == 0


def test_rules_named_on_the_command_line_take_the_place_of_the_listed_ones(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "migro.toml").write_text('[plugins]\nrulesets = ["mine", "nobody"]\n', "utf-8")

    assert main(["rules", "show", "--rules", "headless"]) == 0
    assert "shot-burst" not in capsys.readouterr().out
    assert main(["rules", "show", "--rules", "headless", "--rules", "mine"]) == 0
    assert "shot-burst" in capsys.readouterr().out


def test_rules_that_are_installed_and_not_listed_are_refused_by_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "migro.toml").unlink()

    assert main(["rules", "show", "--rules", "mine"]) == 2
    assert "got 'mine': list it under [plugins] rulesets in migro.toml" in capsys.readouterr().err


def test_the_table_of_plugins_says_what_is_installed_enabled_and_stopped(
    here: Path, equip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "migro.toml").write_text(SETTINGS.replace('"mine"', '"mine", "nobody"'), "utf-8")

    code = main(["plugins"])

    lines = capsys.readouterr().out.splitlines()
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in lines if line[:1].isalpha() and ":" not in line}
    distribution = equip.replace("_", "-")
    assert code == 1
    assert rows["rulesets", "headless"][0::2] == ["migro", "no"]
    assert rows["rulesets", "mine"][2] == "yes"
    assert rows["rulesets", "nobody"] == ["-", "-", "stopped", "-"]
    assert rows["signals", "mine"][2] == "no"
    assert rows["actuators", "bell"] == [distribution, "1.0", "yes", "-"]
    assert rows["sources", "wrong"] == [distribution, "1.0", "no", "-"]
    assert any(line.startswith("rulesets 'nobody': expected an installed distribution") for line in lines)


def test_the_table_shows_the_hash_that_a_pin_takes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins"]) == 0
    shown = next(line for line in capsys.readouterr().out.splitlines() if " mine " in line).split()[-1]
    text = SETTINGS.replace('rulesets = ["mine"]\n', "") + f'[plugins.rulesets]\nmine = "{shown}"\n'
    (here / "migro.toml").write_text(text, "utf-8")

    assert main(["plugins"]) == 0
    assert f"yes @{shown}" in capsys.readouterr().out


def test_programs_get_the_plugins_as_records(here: Path, equip: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "--format", "json"]) == 0

    records = json.loads(capsys.readouterr().out)
    (mine,) = [r for r in records if (r["group"], r["name"]) == ("rulesets", "mine")]
    assert mine["hash"] == enable(listed(rulesets=["mine"])).rulesets["mine"].version
    assert {r["group"] for r in records} < set(GROUPS)
    assert next(r for r in records if r["name"] == "bell") == {
        "group": "actuators",
        "name": "bell",
        "distribution": equip.replace("_", "-"),
        "version": "1.0",
        "entry_point": f"{equip}:bell",
        "enabled": True,
        "pin": "*",
        "hash": "",
        "problem": "",
    }


def test_a_plugin_that_stops_is_one_message_and_no_traceback(run_migro: RunPython, tmp_path: Path) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[migro.rulesets]\nbroken = broken_rules:RULES\n", "utf-8")
    (tmp_path / "broken_rules.py").write_text("import not_there\n", "utf-8")
    (tmp_path / "migro.toml").write_text('[plugins]\nrulesets = ["headless", "broken"]\n', "utf-8")

    done = run_migro("run", "-")

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (2, "", False)
    assert done.stderr.splitlines() == [
        "migro: a listed plugin cannot be used:",
        "  rulesets 'broken': expected it to be usable, got ModuleNotFoundError: No module named 'not_there'"
        " (raised at broken_rules.py:1) - at broken 1.0, entry point migro.rulesets: broken = broken_rules:RULES",
    ]
    assert [path.name for path in tmp_path.glob("*.db*")] == []


def test_signals_of_a_vocabulary_are_typed_as_its_classes(equip: str) -> None:
    enabled = enable(listed(rulesets=["headless"], signals=["mine"]))
    whole = composed(list(enabled.rulesets.values()), enabled.signals)
    echo = whole.signals["echo"]
    plain = Signal.from_data(
        {"kind": "echo", "merchant": "m", "occurred_at": "2026-03-01T09:00:00Z", "attrs": {"word": "x"}}
    )

    assert type(whole.typed(plain)) is echo
