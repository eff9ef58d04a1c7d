"""`migro rules export`, `lock` and `schema`, as their user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migro.cli import main

SHOP = """
from migro import Attr, IssueKind, Rule, RuleSet, Signal, on, supports


class Page(Signal, kind="shop.page"):
    code: Attr[int]


DOWN = IssueKind[str]("page_down", category="checkout")
RULES = RuleSet(
    "shop",
    Rule("shop.{id}", when=on(Page, Page.code == {code}, per=Page.merchant), then=supports(DOWN, 50, family="http")),
)
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with rules of somebody's own in modules shop_one and so on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name, id, code in (("one", "page", 500), ("two", "page", 501), ("three", "other", 500)):
        (tmp_path / f"documents_{name}.py").write_text(SHOP.replace("{id}", id).replace("{code}", str(code)))
    return tmp_path


def run(*arguments: str, rules: str = "one") -> int:
    return main(["rules", *arguments, "--rules", f"documents_{rules}:RULES"])


def test_export_prints_yaml_that_reads_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export") == 0

    assert capsys.readouterr().out.endswith(
        """
rules:
  - id: shop.page
    when:
      signal: shop.page
      where:
        - eq: [code, 500]
      per: merchant
    then:
      supports: page_down
      points: 50
      family: http
"""
    )


def test_a_document_is_checked_and_written_anew_in_the_other_form(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "-o", "shop.yaml") == 0
    assert run("export", "shop.yaml", "--format", "json", "-o", "shop.json") == 0
    assert run("export", "shop.json") == 0

    assert capsys.readouterr().out == (shop / "shop.yaml").read_text("utf-8")
    assert json.loads((shop / "shop.json").read_text("utf-8"))["rules"][0]["id"] == "shop.page"
    assert sorted(p.suffix for p in shop.iterdir() if p.is_file()) == [".json", ".py", ".py", ".py", ".yaml"]


def test_a_wrong_document_is_told_with_its_places(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("export", "-o", "shop.yaml")
    text = (shop / "shop.yaml").read_text("utf-8").replace("code, 500", "cod, 5.0").replace("points:", "pionts:")
    (shop / "shop.yaml").write_text(text)

    assert run("export", "shop.yaml") == 1
    told = capsys.readouterr().err
    assert "the rule set has 4 mistakes" in told
    assert "shop.yaml:" in told
    assert "did you mean 'code'?" in told
    assert "did you mean 'points'?" in told


def test_a_file_that_cannot_be_read_is_wrong_usage(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "latin.yaml").write_bytes(b"name: caf\xe9")

    assert run("export", "nothing.yaml") == 2
    assert run("export", "latin.yaml") == 2
    assert run("export", "-o", "no/such/place.yaml") == 2
    assert "byte 0xe9" in capsys.readouterr().err


def test_the_lock_is_written_and_checked(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lock", "--check") == 2
    assert run("lock") == 0
    assert run("lock", "--check") == 0
    assert run("lock", "--check", rules="two") == 1
    before = (shop / "migro-rules.lock").read_text("utf-8")
    assert run("lock", rules="two") == 1

    assert (shop / "migro-rules.lock").read_text("utf-8") == before
    assert "write revision=2" in capsys.readouterr().err


def test_a_rule_that_is_gone_is_locked_only_with_its_name(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("lock", "--lock", "shop.lock")

    assert run("lock", "--lock", "shop.lock", rules="three") == 1
    assert "--removed shop.page" in capsys.readouterr().err
    assert run("lock", "--lock", "shop.lock", "--removed", "shop.page", rules="three") == 0
    assert run("lock", "--lock", "shop.lock", "--check", rules="three") == 0


def test_programs_get_the_findings_of_a_lock_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    run("lock")
    capsys.readouterr()

    assert run("lock", "--check", "--format", "json", rules="two") == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["code"], found["rule"]) == ("meaning", "shop.page")


def test_a_lock_that_is_none_is_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "migro-rules.lock").write_text("[rules")

    assert run("lock", "--check") == 1
    assert "expected a lock as TOML" in capsys.readouterr().err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "schema"]) == 0

    assert json.loads(capsys.readouterr().out)["title"] == "Rules of migro, migro-rules/1"
