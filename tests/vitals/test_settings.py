"""Where a run listens, and whose id at Slack is whose: what the configuration says, and what it changes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from migro.configuration import Configuration
from migro.models.validation import explain_validation
from migro.vitals.settings import host_and_port


def test_where_a_run_listens_changes_no_version() -> None:
    places = {"deliveries": "127.0.0.1:8787", "metrics": "[::1]:9787", "telemetry": True}

    assert Configuration.model_validate({"serve": places}).version == Configuration().version


def test_who_says_no_id_at_slack_has_the_version_of_before() -> None:
    plain = Configuration.model_validate({"people": {"Ada": ["on_call"]}})
    told = Configuration.model_validate({"people": {"Ada": {"roles": ["on_call"], "slack": "U1"}}})

    assert "slack" not in plain.model_dump()["people"]["Ada"]
    assert plain.version != told.version
    assert plain.to_policy().people == told.to_policy().people
    assert (plain.slack_names, told.slack_names) == ({}, {"U1": "Ada"})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"serve": {"metrics": "9787"}}, "expected HOST:PORT"),
        ({"serve": {"deliveries": "here:70000"}}, "expected HOST:PORT"),
        ({"people": {"Ada": {"roles": ["owner"], "slack": "ada"}}}, "should match pattern"),
        (
            {"people": {n: {"roles": ["owner"], "slack": "U1"} for n in ("Ada", "Ben")}},
            "expected each id at Slack for one of",
        ),
    ],
)
def test_what_cannot_be_is_refused(data: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Configuration.model_validate(data)


@pytest.mark.parametrize(
    "place", ["::1:0", "[127.0.0.1]:80", "[::1:80", ":80", "h:00080x", "h:", "[]:80", "a:" + "9" * 5000]
)
def test_a_place_is_said_once_and_shortly(place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Configuration.model_validate({"serve": {"metrics": place}})
    told = explain_validation(caught.value, quoting=True)

    assert told.startswith("serve.metrics: expected HOST:PORT, such as 127.0.0.1:9787 or [::1]:9787, got ")
    assert told.count(", got ") == 1
    assert len(told) < 120


@pytest.mark.parametrize(("place", "parts"), [("[::1]:0", ("::1", 0)), ("localhost:00080", ("localhost", 80))])
def test_a_place_is_a_host_and_a_port(place: str, parts: tuple[str, int]) -> None:
    assert host_and_port(place) == parts
