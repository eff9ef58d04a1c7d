"""Dashboards: marks that are found again, and incidents that notify nobody."""

from __future__ import annotations

from tests.act.cases import CASES, World


def test_an_annotation_stands_at_the_time_of_the_action_under_its_issue_and_key(world: World) -> None:
    case = world.begin("grafana")
    done = case.make(world.address).execute(case.action)
    (note,) = world.receiver.kept.values()

    assert done.detail == "grafana annotation 1"
    assert (note["time"], note["tags"]) == (1772355600000, ["migro", "iss_1", "act_1"])
    assert note["text"].startswith("SEV2 Checkout is down\n")


def test_an_incident_notifies_nobody_and_says_no_more_than_the_action(world: World) -> None:
    case = world.begin("statuspage")
    done = case.make(world.address).execute(case.action)
    (incident,) = world.receiver.kept.values()

    assert done.detail == "statuspage incident inc1"
    assert (incident["deliver_notifications"], incident["auto_tweet_at_beginning"]) == (False, False)
    assert (incident["name"], incident["body"]) == ("SEV2 Checkout is down",) * 2
    assert incident["metadata"] == {"migro": {"issue": "iss_1", "key": "act_1"}}


def test_a_page_that_lists_no_more_than_it_shows_does_not_say_that_an_incident_is_not_there(world: World) -> None:
    case = world.begin("statuspage")
    for number in range(100):
        world.receiver.kept[str(number)] = {"id": str(number)}
    standing: str = case.make(world.address).check(CASES["statuspage"].action)  # type: ignore[attr-defined]

    assert standing == "unknown"
