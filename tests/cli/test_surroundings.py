"""Rules lie where somebody runs the command, and whatever is wrong with them is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.command import run_command
from tests.conftest import RunPython

# As the installed command does, and unlike `python -m`: the current directory is not on the path by itself.
COMMAND = ("-P", "-c", "import sys; from migro.cli import main; sys.exit(main())")
RULES = """
from my_kinds import down
from migro import RuleSet, Rule, Signal, Attr, minutes, on, supports

class Shot(Signal, kind="shot"):
    code: Attr[int]

bad = on(Shot, Shot.code >= 500, per=Shot.merchant).at_least(3, within=minutes(5))
rules = RuleSet("mine", Rule("shot-burst", when=bad, then=supports(down, 105, family="http")))
"""
KINDS = """
from migro import IssueKind, MerchantId
down = IssueKind[MerchantId]("shop_down", category="checkout")
"""


def test_rules_are_found_in_the_current_directory(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "my_rules.py").write_text(RULES, "utf-8")
    (tmp_path / "my_kinds.py").write_text(KINDS, "utf-8")

    done = run_python(*COMMAND, "rules", "show", "--rules", "my_rules:rules")

    assert done.returncode == 0, done.stderr
    assert "shot-burst" in done.stdout


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("none:rules", 2, "no module 'none' in this directory ("),
        ("none.py:rules", 2, "write the module's name as in an import, without .py"),
        ("broken:rules", 2, "cannot import 'broken': it stopped with SyntaxError"),
        ("needy:rules", 2, "no module 'not_there'"),
        ("lacking:rules", 2, "lacking has no 'rules' - at "),
        ("wrong:rules", 1, "the rule set has 1 mistake"),
        ("..up:rules", 2, "cannot import '..up'"),
    ],
)
def test_rules_that_cannot_be_loaded_say_why(tmp_path: Path, reference: str, code: int, words: str) -> None:
    (tmp_path / "broken.py").write_text("rules = (", "utf-8")
    (tmp_path / "needy.py").write_text("import not_there", "utf-8")
    (tmp_path / "lacking.py").write_text("", "utf-8")
    (tmp_path / "my_kinds.py").write_text(KINDS, "utf-8")
    (tmp_path / "wrong.py").write_text(
        RULES.replace('Rule("shot-burst"', '*2 * [Rule("shot-burst"')[:-2] + "])\n", "utf-8"
    )

    done = run_command(tmp_path, "rules", "show", "--rules", reference, importable=False)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert words in done.stderr


def test_a_module_here_hides_nothing_that_is_installed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from migro.cli.surroundings import load_rules

    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    load_rules(["migro.packs.headless:RULES"])

    assert sys.path == [*before, str(tmp_path)]
