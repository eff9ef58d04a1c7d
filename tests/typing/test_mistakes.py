"""
Which mistakes a type checker stops, and which only the definition does.

Run by ``nox -s types``, where mypy and pyright are; a missing checker is a failure, not a skip.
Every line of `mistakes/rules.py` that ends in a comment is one mistake, named by the comment.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import migro
from migro.errors import RuleDefinitionError, RuleSetError
from migro.rules import RuleSet

ROOT = Path(__file__).parent.parent.parent
MISTAKES = Path(__file__).parent / "mistakes" / "rules.py"

TABLE = """
    mistake                   mypy  pyright  at definition
    unknown-column            yes   yes      Checkout has no column 'cod'; did you mean 'code'?
    equality-type             yes   yes      Checkout.code is int; it is compared here with '500' (str)
    order-type                yes   yes      Checkout.code is int; it is compared here with '500' (str)
    pattern-on-int            yes   yes      Checkout.code is int; .matches() is for str columns
    between-on-str            no    yes      Checkout.route is str; only numbers, times and spans have an order
    foreign-predicate         yes   yes      on(Checkout, ...) cannot use Webhook.ok, which belongs to Webhook
    no-key                    yes   yes      on() groups by key columns; Checkout.code is none
    join-of-other-keys        yes   yes      `&` joins premises about the same key
    issue-of-other-key        yes   yes      premises per release, since systemic is about that; got per merchant
    and                       yes   no       write (a) & (b) instead of `a and b`
    not                       yes   no       ~(a) instead of `not a`
    chained-comparison        no    no       write column.between(low, high)
    in                        no    no       write column.one_of(x, y)
    constructor-type          yes   yes      Input should be a valid integer
    span-type                 yes   yes      within= takes a span above 0 such as minutes(5), got 5
    float                     yes   yes      .share() needs at_least as percent(...)
    fact-type                 yes   yes      Checkout.code is int; it is compared here with fact(Webhook.host)
    category                  yes   yes      expected a category of checkout, data_sync
    if                        yes   no       the truth of `Checkout.code >= 500` is not known
    one-of-type               yes   yes      Checkout.route is str; it is compared here with 1 (int)
    term-of-other-class       yes   yes      Checkout.code is compared here with Webhook.size, which belongs to Webhook
    int-and-decimal           yes   yes      it is compared here with Checkout.code, which is int
    time-plus-number          yes   yes      expected a span such as minutes(5) to add, got 5
    scaled-float              yes   yes      Checkout.code.scaled() takes percent(...) or permille(...), got 0.9
    among-type                yes   yes      Checkout.code is int; it is compared here with 'a' (str)
    set-and-text              yes   yes      Checkout.tags is a set; it is compared here with 'a' (str)
    feature-type              yes   yes      mistakes.length v1 is int; it is compared here with '3' (str)
    foreign-feature           yes   yes      on(Checkout, ...) cannot use mistakes.length v1, which belongs to Webhook
    weight-type               yes   yes      on() takes a whole-number column in weight=, got Checkout.route
    foreign-weight            yes   yes      on(Checkout, ...) cannot use Webhook.size, which belongs to Webhook
    fits-foreign              yes   yes      fits(Checkout, ...) cannot use Webhook.ok, which belongs to Webhook
    distinct-foreign          yes   yes      distinct(Checkout, ...) cannot use Webhook.host, which belongs to Webhook
    after-of-other-key        yes   yes      .after() joins premises about the same key
    after-a-state             yes   yes      after() needs a premise that is satisfied at definite times
    without-of-no-times       yes   yes      without() needs a premise that is satisfied at definite times
    unless-a-measure          yes   yes      .unless() takes a premise such as on(...), got <Count number of
    together-of-other-keys    yes   yes      together() joins premises about the same key
    roster-of-counts          yes   yes      silence() takes on(...) in expected= and ended=, got <Counted
    via-no-key                yes   yes      .via() takes a key column of a fact, got <Col Webhook.host>
    holding-nothing-finer     yes   yes      holding() counts keys that are finer than per=; the premise is per merchant
    holding-no-times          yes   yes      holding() needs a premise that is satisfied at definite times
    total-of-text             yes   yes      .total() takes a numeric column, got Checkout.route
    total-foreign             yes   yes      total(Checkout, ...) cannot use Webhook.size, which belongs to Webhook
    latest-of-bool            yes   no       .latest() takes a numeric column, got Checkout.ok
    quantile-of-text          yes   yes      .quantile() takes a numeric column or a span of time, got Checkout.route
    quantile-of-a-number      yes   yes      .quantile() takes percent(...) above 0 and at most 1 first, got 95
    top-foreign               yes   yes      top(Checkout, ...) cannot use Webhook.host, which belongs to Webhook
    standout-of-other-class   yes   yes      takes a selection of Checkout in against=, got <Selection Webhook
    difference-of-other-keys  yes   yes      one is per merchant, the other per release
    comparison-of-other-keys  yes   yes      >= joins premises about the same key
    share-of-other-keys       yes   yes      .per() joins premises about the same key
    greatest-of-other-keys    yes   yes      greatest() joins premises about the same key
    product                   yes   yes      a measure is multiplied with an int, percent(...) or permille(...)
    measure-and-float         yes   yes      takes a measure, a fact, an int, a Decimal, percent(...) or a span
    measure-and-text          yes   yes      >= takes a fact that is a number, got fact(Webhook.host)
    baseline-of-a-span        yes   yes      takes hour_of_week(...), trailing(...), previous() or before(...)
    before-a-state            yes   yes      before() needs a premise that is satisfied at definite times
    drop-float                yes   yes      .drop() takes p= as permille(...) between 0 and 1, got 0.01
    differs-of-other-keys     yes   yes      .differs() joins premises about the same key
    measure-as-premise        yes   yes      rule 'x' needs a premise in when=, got <Count
    during-no-time            yes   yes      during() takes a time in ends=, got Webhook.size
    during-foreign            yes   yes      during() takes a column of Webhook in ends=, got <Col Checkout.started>
    given-foreign             yes   yes      Checkout, ...) cannot use Webhook.ok, which belongs to Webhook
    given-of-other-key        yes   yes      `&` joins premises about the same key
    if-measure                yes   no       the truth of `number of [Checkout: Checkout.code >= 500 per merchant]
"""
"""What is true today: a change of a checker that stops more, or less, is to be seen here."""

ROWS = [re.split(r"\s{2,}", line.strip(), maxsplit=3) for line in TABLE.strip().splitlines()[1:]]


def mistakes() -> dict[int, str]:
    """Return the name of the mistake by its line."""
    named = {}
    for number, line in enumerate(MISTAKES.read_text("utf-8").splitlines(), 1):
        if found := re.search(r"  # ([a-z-]+)$", line):
            named[number] = found[1]
    return named


@pytest.fixture(scope="module")
def mypy() -> set[str]:
    return _reported(_mypy_lines())


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return _reported(_pyright_lines(tmp_path_factory.mktemp("pyright")))


def _reported(lines: set[int]) -> set[str]:
    named = mistakes()
    assert lines <= set(named), f"reported lines without a mistake: {sorted(lines - set(named))}"
    return {named[line] for line in lines}


def _mypy_lines() -> set[int]:
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--output", "json", str(MISTAKES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    reports = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return {r["line"] for r in reports if r["severity"] == "error"}


def _pyright_lines(folder: Path) -> set[int]:
    # The project's own configuration leaves the mistakes out.
    settings = {
        "include": ["rules.py"],
        "extraPaths": [str(Path(migro.__file__).parent.parent)],
        "pythonVersion": "3.11",
        "reportUnusedExpression": "none",
    }
    (folder / "rules.py").write_bytes(MISTAKES.read_bytes())
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    reports = json.loads(run.stdout)["generalDiagnostics"]
    return {r["range"]["start"]["line"] + 1 for r in reports if r["severity"] == "error"}


def test_the_table_names_every_mistake_once() -> None:
    assert [row[0] for row in ROWS] == list(mistakes().values())


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_mypy_reports_what_the_table_says(row: list[str], mypy: set[str]) -> None:
    assert (row[0] in mypy) == (row[1] == "yes")


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_pyright_reports_what_the_table_says(row: list[str], pyright: set[str]) -> None:
    assert (row[0] in pyright) == (row[2] == "yes")


def _statements() -> Iterator[tuple[str, ast.stmt]]:
    named = mistakes()
    for statement in ast.parse(MISTAKES.read_text("utf-8")).body:
        if statement.lineno in named:
            yield named[statement.lineno], statement


@pytest.fixture(scope="module")
def prelude() -> Iterator[dict[str, Any]]:
    """Return the names that the mistakes use, from the same file."""
    tree = ast.parse(MISTAKES.read_text("utf-8"))
    tree.body = [s for s in tree.body if s.lineno not in mistakes()]
    module = types.ModuleType("mistakes_without_mistakes")
    with pytest.MonkeyPatch.context() as patch:
        # Annotations are looked up in the module by its name.
        patch.setitem(sys.modules, module.__name__, module)
        exec(compile(tree, MISTAKES.name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # our own file
        yield module.__dict__


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_mistake_raises_where_it_is_written_whatever_the_checkers_say(
    row: list[str], prelude: dict[str, Any]
) -> None:
    statement = dict(_statements())[row[0]]
    module = ast.Module([statement], [])
    if isinstance(statement, ast.Expr) and row[0] == "issue-of-other-key":
        # What is wrong between parts of a rule is found by its rule set, with all else that is wrong.
        call = ast.parse("RuleSet('r', None)").body[0]
        assert isinstance(call, ast.Expr)
        assert isinstance(call.value, ast.Call)
        call.value.args[1] = statement.value
        module = ast.fix_missing_locations(ast.Module([call], []))
    with pytest.raises((RuleDefinitionError, RuleSetError, ValidationError)) as caught:
        exec(compile(module, MISTAKES.name, "exec", dont_inherit=True), {**prelude, "RuleSet": RuleSet})  # noqa: S102  # our own file

    assert row[3] in str(caught.value)
