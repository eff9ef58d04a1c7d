"""
Log events: what a program wrote into its log, whatever the log's form, and the draft that comes of it.

The text itself never passes. It becomes features, a severity, a class of route, and a pseudonym of its pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs
import re2

from ..models.scales import Environment, Hint
from .codes import log_features
from .drafts import Draft
from .hints import severity_hint
from .hits import target_of
from .parsing import word
from .privacy import scrub
from .routes import route_of

__all__ = ["LogEvent", "level_hint", "log_draft", "name_of"]

_LEVELS: Final[Mapping[str, str]] = {
    "crit": "critical", "panic": "critical", "severe": "high", "trace": "info", "verbose": "info", "deprecated": "low",
    "http": "info", "silly": "info", "parse": "critical", "strict": "low",
}  # fmt: skip
_NUMBERED: Final = re2.compile(r"^(trace|debug|info|warn|error|fatal)[1-8]$")
_NAME: Final = re2.compile(r"^[\w][\w .:/@-]{0,60}$")
_STACK: Final = re2.compile(
    r"(?m)^\s+at .+|^#\d+ .+|Stack trace:|Traceback \(most recent call last\)|^\s*Caused by: |^goroutine \d+ "
)
_EXCEPTION: Final = re2.compile(
    r"(?m)Uncaught (?:[A-Za-z_$][\w$]*[.\\])*([A-Z]\w*)\b"
    r"|(?:^|\s|\[|: )(?:[A-Za-z_$][\w$]*[.\\])*((?:[A-Z]\w*)?(?:Error|Exception))\b"
)
_THROWN: Final = re2.compile(r"(?m)^(?:[A-Za-z_$][\w$]*[.\\])*((?:[A-Z]\w*)?(?:Error|Exception))\b")
_VARIABLE: Final = re2.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]{1,60}|[A-Z]{3}[A-Z0-9]{1,30})\b")
_NO_VARIABLES: Final = frozenset("ERROR FATAL WARN WARNING ERR_ UNDEFINED REQUIRED MISSING PHP NODE_ENV".split())
_CART: Final = re2.compile(r"(?i)\(cart_id\)=\(([\w-]{6,64})\)")
_QUOTED: Final = re2.compile(
    r"\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|`[^`\n]{0,200}`|\([^()\n]{0,200}\)=\([^()\n]{0,200}\)"
)
_VARYING: Final = re2.compile(r"(?i)\b[0-9a-f]{6,}\b|\b0x[0-9a-f]+\b|\d+|<\w+>|[?&][^ \n]*")
_FRAME: Final = re2.compile(r"(?m)^(?:\s+at |#\d+ |\s+File ).+$")
_PAYER: Final = re2.compile(r"(?i)\b(adyen|braintree|klarna|mollie|paypal|stripe)\b")
_FAULTS: Final = ("env.missing", "pay.race")
"""Codes that rules look for among faults; every other known code is counted by line."""
_FRAMES: Final = 3
_SIZE: Final = 8_000


@attrs.frozen(kw_only=True)
class LogEvent:
    """
    One thing that a program wrote.

    Attributes:
        text: All of it, a stack trace included.
        dedup: What makes it the same event when it is read again.
        at: When, where the log says; `zoneless` where it names no zone, so that UTC is assumed.
        level: The log's own word.
        worker: Which program wrote it.
        request: The request line that it is about.
        status: What was answered to that.
        severe: The hint, where the level is no word that is known.
        raw_topic: The sender's word for such an event, where it has one.
    """

    text: str
    dedup: tuple[Any, ...]
    at: datetime | None = None
    zoneless: bool = False
    level: str | None = None
    severe: Hint | None = None
    merchant: str | None = None
    worker: str | None = None
    request: str | None = None
    status: int | None = None
    env: Environment | None = None
    release: str | None = None
    ids: Mapping[str, str | None] = attrs.field(factory=dict)
    exception: str | None = None
    raw_topic: str | None = None


def level_hint(level: str | None) -> Hint | None:
    """Return the hint of a log's level, such as ``crit``, ``warn`` or ``trace4``."""
    if level is None:
        return None
    lowered = level.strip().lower()
    match = _NUMBERED.match(lowered)
    if match is not None:
        lowered = match.group(1)
    return severity_hint(_LEVELS.get(lowered, lowered))


def name_of(text: object) -> str | None:
    """Return the name of a program, logger or pool; None for what is no name."""
    named = word(text)
    return named if named is not None and _NAME.match(named) else None


def _pattern(event: LogEvent, exception: str | None) -> str:
    """Return what equal faults have in common: the first line without what varies, and the uppermost frames."""
    lines = event.text[:_SIZE].split("\n")
    first = next((line for line in lines if exception is not None and exception in line), lines[0])
    frames = _FRAME.findall(event.text[:_SIZE])[:_FRAMES]
    words = [exception or "", _QUOTED.sub("?", scrub(first[:1000])), *(f.strip()[:300] for f in frames)]
    return "\n".join(_VARYING.sub("#", w) for w in words)


def _exception(event: LogEvent, text: str) -> str | None:
    if event.exception is not None:
        return name_of(event.exception.rsplit("\\", 1)[-1])
    # At the beginning of a line first: an excerpt of the source above it may name another.
    for pattern in (_THROWN, _EXCEPTION):
        match = pattern.search(text)
        if match is not None:
            return next(str(name) for name in match.groups() if name)
    return None


def _variable(text: str) -> str | None:
    return next((v for v in _VARIABLE.findall(text) if v not in _NO_VARIABLES), None)


def _payer(event: LogEvent, text: str) -> str | None:
    """Return the payment provider that a line is about: the one in the path, or else the first that it names."""
    match = _PAYER.search(event.request or "") or _PAYER.search(text)
    return str(match.group(1)).lower() if match is not None else None


def log_draft(event: LogEvent) -> Draft:
    """
    Return the draft of an event.

    A missing variable, a race of payments, and an exception that no known code explains are an ``app.fault``;
    everything else is a ``log.line`` that counts once.
    """
    text = event.text[:_SIZE]
    features = log_features(text)
    codes = sorted(f.removeprefix("code.") for f in features if f.startswith("code."))
    exception = _exception(event, text)
    thrown = event.exception is not None or (exception is not None and _STACK.search(text) is not None)
    code = next((c for c in _FAULTS if c in codes), None) or ("exception" if thrown and not codes else None)
    method, target = target_of(event.request) if event.request else ("-", "/")
    route = route_of(target) if method != "-" else None
    shared: dict[str, Any] = {
        "level": name_of(event.level),
        "worker": event.worker,
        "payer": _payer(event, text),
        "release": event.release,
        "error_type": exception,
        "time_zone": "unknown" if event.zoneless else None,
    }
    exact = {} if route is None else {"method": method, "route_class": route.name, "route": route.template}
    raw_topic = "http_error" if route is not None else "exception" if thrown else "log_line"
    cart = _CART.search(text)
    faulty = code is not None
    return Draft(
        kind="app.fault" if faulty else "log.line",
        topic="app.fault" if faulty else "log.line",
        raw_topic=event.raw_topic or raw_topic,
        merchant=event.merchant,
        occurred_at=event.at,
        dedup=event.dedup,
        ids={
            **event.ids,
            "subject": _variable(text) if code == "env.missing" else None,
            "cart_ref": str(cart.group(1)) if faulty and cart is not None else None,
        },
        people={"fingerprint": _pattern(event, exception)},
        hint=event.severe or level_hint(event.level),
        status=event.status if event.status is not None and 100 <= event.status <= 599 else None,
        env=event.env,
        metrics={} if faulty else {"lines": 1},
        attrs=shared | ({"code": code, "stage": "run"} if faulty else {}),
        exact=exact,
        features=features,
    )
