"""Targets: everything that reads what strangers sent, and what has to hold for it."""

from __future__ import annotations

import json
import signal as signals_of_the_system
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import attrs
from pydantic import ValidationError

from migro.documents import dump, load
from migro.documents.document import DocumentForm
from migro.errors import InputError, RuleSetError, UnsupportedFormat
from migro.expressions.features import FeatureSet
from migro.models import Signal, read_input
from migro.observe import (
    KINDS,
    EndpointSettings,
    Envelope,
    Failure,
    Observer,
    ObserveSettings,
    features_of,
    guess_kind,
    payload_envelopes,
    read_envelope,
    read_envelopes,
    scrub,
)
from migro.observe.drafts import Scope
from migro.observe.formats import NORMALISERS
from migro.observe.parsing import read_json
from migro.observe.resemblance import bands_of
from migro.observe.ticket_fields import own_words, plain_text
from migro.remember import VolatileMemory
from migro.remember.forms import input_from
from tests.documents.generation import CLASSES, FEATURES
from tests.receive.shop import ENDPOINTS, RULES, receiver

from .cases import Case, Signed, signed_seeds
from .laws import Broken, check_failures, check_signals, place_of
from .planting import leaks

__all__ = ["TARGETS", "broken", "rule_documents"]

NOW: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_KEY: Final = b"a key for fuzzing, and only that"
_FEATURES: Final = FeatureSet(FEATURES)
_OBSERVER: Final = Observer(pseudonym_key=_KEY)
_SECONDS: Final = 3.0
"""Of the processor, for one case of at most 60,000 bytes: what is linear takes a hundredth of it."""
_STOP: Final = 30
_MEMORY: Final = 48 << 20
_FIELDS_SIGNED: Final = ("adyen_notification", "cloudwatch_sns", "easypost_webhook")
"""Formats whose senders sign some fields, or the body as written anew, not the bytes."""

_UNTIMED: Final = ("csp_report", "web_vitals")
"""What browsers report says how long ago it was, and nothing tells two reports apart but when they came."""


class _Hung(Exception):
    pass


def _envelope(case: Case, received_at: datetime | None = NOW, *, parsed: bool = False) -> Envelope | None:
    text = case.body.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    body: Any = text
    if parsed:
        try:
            body = read_json(text)
        except InputError:
            return None
    kind = case.kind if case.kind != "unnamed" else guess_kind(case.headers, text)
    return Envelope(
        received_at=received_at, kind=kind, headers=case.headers, body=body, raw=None if parsed else case.body
    )


def _observe(case: Case) -> None:
    envelope = _envelope(case)
    assert envelope is not None
    found = _OBSERVER.observe(envelope)
    _check(envelope, found.signals, case)
    check_failures(found.failures, case.planted)
    again = _OBSERVER.observe(envelope)
    if [s.json_line() for s in again.signals] != [s.json_line() for s in found.signals]:
        raise Broken("twice the same gives the same", envelope.kind)
    later = _OBSERVER.observe(envelope.model_copy(update={"received_at": NOW + timedelta(hours=1)}))
    if envelope.kind not in _UNTIMED and _ids(later.signals) != _ids(found.signals):
        raise Broken("a redelivery has the same ids", envelope.kind)


def _check(envelope: Envelope, signals: Iterable[Signal], case: Case) -> None:
    try:
        check_signals(signals, case.planted, len(case.body))
    except Broken as e:
        raise (_cause(envelope) if e.law == "a refusal has a reason" else None) or e from e


def _ids(signals: Iterable[Signal]) -> list[str]:
    # A host that states no time means the time of receipt, and that is a part of what it states.
    return [s.id for s in signals if not s.normalizer.startswith("host/")]


def _cause(envelope: Envelope) -> Broken | None:
    """Return what made a normaliser stop, found by reading once more without the net below it."""
    normaliser = NORMALISERS.get(envelope.kind)
    if normaliser is None:
        return None
    scope = Scope(endpoint=EndpointSettings(), received_at=NOW)
    try:
        body = read_json(envelope.body) if isinstance(envelope.body, str) else envelope.body
    except InputError:
        body = envelope.body
    for given in (envelope.body, body, *(body if isinstance(body, list) else ())):
        try:
            list(normaliser.read(envelope.model_copy(update={"body": given}), scope))
        except InputError:
            continue
        except Exception as e:
            return Broken(f"{envelope.kind} reads it: {place_of(e)}", str(e)[:200])
    return None


def _parsed(case: Case) -> None:
    text, value = _envelope(case), _envelope(case, parsed=True)
    if value is None:
        return
    assert text is not None
    if isinstance(value.body, str):
        return  # JSON in JSON: a text again, which is read as one
    found = _OBSERVER.observe(value)
    _check(value, found.signals, case)
    if case.kind in ("web_access_log", "web_error_log", "ticket_eml", "unnamed", *_UNTIMED):
        return  # these are text; a value is another document
    first = [s.id for s in _OBSERVER.observe(text).signals if s.kind != "unknown"]
    if first != [s.id for s in found.signals if s.kind != "unknown"]:
        raise Broken(f"{case.kind}: text and its value give the same ids")


def _files(case: Case) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{case.kind}__x.json"
        path.write_bytes(case.body)
        sidecar = path.with_name(path.name + ".meta.json")
        sidecar.write_bytes(
            case.body if case.headers.get("sidecar") else json.dumps({"headers": dict(case.headers)}).encode()
        )
        found: list[Any] = []
        for reader in (payload_envelopes, read_envelopes):
            found += reader(path)
    check_failures([f for f in found if isinstance(f, Failure)], case.planted)
    for envelope in found[:3]:
        if isinstance(envelope, Envelope):
            check_signals(_OBSERVER.observe(envelope, now=NOW).signals, case.planted, len(case.body))


def _line(case: Case) -> None:
    found = read_envelope(case.body, where="a file:1")
    if isinstance(found, Failure):
        check_failures([found], case.planted)
    else:
        check_signals(_OBSERVER.observe(found, now=NOW).signals, case.planted, len(case.body))


def _receive(case: Case) -> None:
    memory = VolatileMemory()
    lines: list[str] = []
    endpoints = {**ENDPOINTS, "any": EndpointSettings(), "named": EndpointSettings(kind=_known(case.kind))}
    taking = receiver(memory, endpoints=endpoints, notice=lines.append)
    path = case.headers.get(":path", "/in/named")
    method = case.headers.get(":method", "POST")
    sent = {n: v for n, v in case.headers.items() if n not in (":path", ":method")}
    first = taking.receive(method, path, sent, case.body)
    second = taking.receive(method, path, sent, case.body)
    if first.status not in (200, 202, 400, 401, 404, 405, 409, 413, 415, 429, 503):
        raise Broken("an answer is one of those documented", str(first.status))
    if first.status != second.status:
        raise Broken("a redelivery is answered alike", f"{first.status} {second.status}")
    if (which := leaks("\n".join(lines), case.planted)) is not None:
        raise Broken(f"{which} stays out of notices", lines[-1])


def _known(kind: str) -> str | None:
    return kind if kind in KINDS else None


@lru_cache(maxsize=1)
def _signed() -> tuple[Signed, ...]:
    return tuple(signed_seeds())


def _signature(case: Case) -> None:
    given = _signed()[int(case.headers.get(":seed", "0")) % len(_signed())]
    settings = ObserveSettings(
        endpoints={"e": EndpointSettings(secrets_env=tuple(map(str, range(len(given.secrets)))))}
    )
    observer = Observer(settings, secrets={str(n): s for n, s in enumerate(given.secrets)}, pseudonym_key=_KEY)

    def auth(headers: Mapping[str, str], raw: bytes, kind: str) -> set[str]:
        text = raw.decode("utf-8", "replace")
        at = datetime.fromisoformat(given.at)
        envelope = Envelope(received_at=at, kind=kind, endpoint="e", headers=headers, body=text, raw=raw)
        return {s.auth for s in observer.observe(envelope).signals}

    if auth(given.headers, given.body.encode(), given.kind) - {"verified"}:
        raise Broken("what was signed is verified", given.kind)
    sent = {n: v for n, v in case.headers.items() if n != ":seed"}
    found = auth(sent, case.body, given.kind)
    if found - {"verified", "failed", "unchecked"}:
        raise Broken("where a secret is configured it decides", str(found))
    if "verified" in found and given.kind not in _FIELDS_SIGNED and case.body != given.body.encode():
        raise Broken("other bytes are not verified", given.kind)
    for kind in ("stripe_event", "slack_interactive", "ticket", case.kind):
        if kind != given.kind and "verified" in auth(sent, case.body, kind) and case.body != given.body.encode():
            raise Broken("another format verifies nothing either", kind)


def _json(case: Case) -> None:
    text = case.body.decode("utf-8", "replace")
    try:
        value = read_json(text)
    except InputError as e:
        if (which := leaks(str(e), case.planted)) is not None:
            raise Broken(f"{which} stays out of messages", str(e)) from e
        return
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, float):
            raise Broken("no number is a float")
        if isinstance(here, str):
            here.encode()
        waiting += here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()


def _rules(case: Case) -> None:
    form: DocumentForm | None = "json" if case.kind == "json" else "yaml" if case.kind == "yaml" else None
    try:
        found = load(case.body.decode("utf-8", "replace"), signals=CLASSES, features=_FEATURES, form=form)
    except (RuleSetError, UnsupportedFormat):
        return
    text = dump(found, "json")
    if dump(load(text, signals=CLASSES, features=_FEATURES), "json") != text:
        raise Broken("a rule set that was read is written and read alike")


def rule_documents() -> Iterator[tuple[str, bytes]]:
    """Yield documents of rule sets, with their form."""
    forms: tuple[DocumentForm, ...] = ("json", "yaml")
    for form in forms:
        yield form, dump(RULES, form).encode()


def _inputs(case: Case) -> None:
    text = case.body.decode("utf-8", "replace")
    try:
        found = input_from(text, "record 1")
    except InputError:
        return
    line = found.json_line()
    if input_from(line, "record 1").json_line() != line:
        raise Broken("an input that was read is written and read alike", found.input)


def _tickets(case: Case) -> None:
    text = case.body.decode("utf-8", "replace")
    clean = scrub(text)
    if scrub(clean) != clean:
        raise Broken("scrubbing twice changes nothing")
    own = own_words(plain_text(text))
    features = features_of(own)
    told = "\n".join([clean if set(case.planted) <= {"email", "phone", "card", "token"} else "", *features])
    if (which := leaks(told, case.planted)) is not None:
        raise Broken(f"{which} is scrubbed", told[:300])
    if len(own) > len(plain_text(text)) or len(features) > 2000:
        raise Broken("no text grows by reading it")
    bands_of(own)


def _read_raw(case: Case) -> None:
    """What the union of inputs refuses, it refuses with pydantic's error alone."""
    try:
        data = json.loads(case.body)
    except (ValueError, RecursionError):
        return
    try:
        read_input(data)
    except ValidationError:
        return


TARGETS: Final[Mapping[str, Callable[[Case], None]]] = {
    "observe": _observe,
    "parsed": _parsed,
    "files": _files,
    "envelope": _line,
    "receive": _receive,
    "signature": _signature,
    "json": _json,
    "rules": _rules,
    "inputs": _inputs,
    "read_input": _read_raw,
    "tickets": _tickets,
}


@contextmanager
def _stopped_after(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Hung

    before = signals_of_the_system.signal(signals_of_the_system.SIGVTALRM, stop)
    signals_of_the_system.setitimer(signals_of_the_system.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signals_of_the_system.setitimer(signals_of_the_system.ITIMER_VIRTUAL, 0)
        signals_of_the_system.signal(signals_of_the_system.SIGVTALRM, before)


def broken(case: Case, *, measured: bool = False) -> Broken | None:
    """Return the law that a case breaks, or None; with `measured` its memory is looked at too, which takes longer."""
    begun = time.process_time()
    if measured:
        tracemalloc.start()
    try:
        with _stopped_after(_STOP):
            TARGETS[case.target](case)
        if measured and (peak := tracemalloc.get_traced_memory()[1]) > _MEMORY:
            return Broken(f"{case.target} needs little memory", f"{peak} bytes for {len(case.body)}")
    except Broken as e:
        return e
    except _Hung as e:
        return Broken(f"{case.target} ends: {place_of(e)}", f"{len(case.body)} bytes")
    except Exception as e:
        return Broken(f"{case.target} raises nothing: {place_of(e)}", str(e)[:300])
    finally:
        if measured:
            tracemalloc.stop()
    took = time.process_time() - begun
    if took > _SECONDS and not measured:
        return Broken(f"{case.target} is fast: {case.kind}", f"{took:.1f} s for {len(case.body)} bytes")
    return None


def dataless(case: Case) -> Case:
    """Return the case without the promise that something is planted in it."""
    return attrs.evolve(case, planted=())
