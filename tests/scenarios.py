"""
The page that lists the scenarios, made from what they say of themselves and from their truth.

``python -m tests.scenarios > docs/reference/scenarios.md`` writes it anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from migro.simulate import SCENARIOS, ExpectedIssue, GroundTruth, Scenario, Simulation, generate

__all__ = ["page"]

_HEAD = """\
# Scenarios

`migro simulate ID` writes what senders would have delivered, and beside it what is true about it.
Times count from the scenario's T0; every scenario is the same bytes for the same seed, and another story in \
its details for another.
This page is made from the scenarios.

- **Expected** has to be found, with a severity of that interval, within that time of its onset by time of receipt.
- **Wrong** is hinted at and not there: reporting it is a mistake.
- **Passed over** may be reported beside it and counts neither way; everything else that is reported is false.
- **Amended** is where a truth asks for less than the story, since nothing a merchant sees goes out without a person.

In every scenario no refund, deletion, purge, replay, rollback or change of records, names or settings may be \
executed, and no planted personal data may come out again.

| ID | What happens |
|---|---|
{rows}

"""

_TAIL = """\
## Played together

`SC01+SC10` plays the second on the merchant of the first, `SC01,SC02` plays them side by side.
`--loss 30` loses 30 % of the events of whatever is played, each by itself: a webhook, a ticket, a statement of \
the host, a line of a log, an alert of a batch.

## The ordinary day

Stories stand in a base load.
Older scenarios write it by hand, others take it from `migro.simulate.traffic`:

- shoppers come as a Poisson process by the hour of the week, 138 at night for 1,000 on Sunday evening;
- merchants' sizes are log-normal, 4 sessions a minute in the median and 60 at the 95th percentile; 1 to 3 % of \
sessions buy, for 40 to 120 a time;
- 0.3 to 0.8 % of requests fail; webhooks arrive within 5 seconds, 3 of 100 within a minute;
- 0.5 % of deliveries come twice, 1 % are overtaken, and at least one of each in every scenario; 2 of 1,000 \
events of the base load never arrive;
- one session in 3,000 ends in a ticket, three of five of them about nothing that is broken.

Where rates of requests do not matter the access log is thinned, and only shares of it are meant: `quiet` \
writes a quarter of the page views, SC22 fifteen of 1,000.
Orders and tickets are never thinned.
"""


def page(scenarios: Mapping[str, Scenario] = SCENARIOS) -> str:
    """Return the page as Markdown."""
    rows = "\n".join(f"| [{s.id}](#{s.id.lower()}) | {s.title} |" for s in scenarios.values())
    sections = "\n".join(line for s in scenarios.values() for line in _section(s))
    return f"{_HEAD.format(rows=rows)}{sections}\n{_TAIL}"


def _section(scenario: Scenario) -> Iterator[str]:
    yield f"## {scenario.id}"
    yield ""
    yield f"{scenario.title}."
    yield ""
    yield from _prose(inspect.getmodule(scenario.play).__doc__ or "", drop=rf"{scenario.id}: ")
    yield from _prose(inspect.getdoc(scenario.play) or "", drop=rf"Play {scenario.id}(\.|: )")
    yield from _truth(generate(scenario.id, seed=1))
    for variant, what in scenario.variants.items():
        yield f"Variant `{scenario.id}{variant}`: {what}."
        yield ""
        yield from _truth(generate(scenario.id, seed=1, variant=variant))
    if scenario.amended:
        yield f"**Amended:** {scenario.amended}"
        yield ""


def _prose(text: str, *, drop: str) -> Iterator[str]:
    """Yield a docstring one sentence a line."""
    for paragraph in re.sub(rf"^\s*{drop}", "", inspect.cleandoc(text)).split("\n\n"):
        flat = " ".join(paragraph.split())
        if flat:
            yield re.sub(r"(?<=[a-z0-9)])\. (?=[A-Z0-9])", ".\n", flat[0].upper() + flat[1:]).replace("``", "`")
            yield ""


def _truth(simulation: Simulation) -> Iterator[str]:
    truth = simulation.truth
    if truth.issues:
        yield "| Expected | Merchant | From | Within | Severity | Caused by |"
        yield "|---|---|---|---|---|---|"
        yield from (_expected(truth, issue) for issue in truth.issues[:12])
        yield ""
    else:
        yield "Expected: nothing."
        yield ""
    if len(truth.issues) > 12:
        yield f"And {len(truth.issues) - 12} more of the same kinds at other merchants."
        yield ""
    for name, kinds in (("Wrong", [f.kind for f in truth.forbidden]), ("Passed over", [a.kind for a in truth.allowed])):
        if kinds:
            yield f"{name}: {', '.join(f'`{k}`' for k in dict.fromkeys(kinds))}."
            yield ""


def _expected(truth: GroundTruth, issue: ExpectedIssue) -> str:
    low, high = issue.mildest.word, issue.gravest.word
    within = f"{issue.within // 60} min" if issue.within is not None else ""
    cause = f"`{issue.parent}`" if issue.parent else ""
    severity = low if low == high else f"{low} to {high}"
    return (
        f"| `{issue.kind}` | {issue.merchant} | {_since(truth.onset, issue.onset)} | {within} | {severity} | {cause} |"
    )


def _since(onset: datetime, at: datetime) -> str:
    minutes = (at - onset) // timedelta(minutes=1)
    return f"T{minutes:+d} min" if minutes else "T0"


if __name__ == "__main__":
    print(page(), end="")
