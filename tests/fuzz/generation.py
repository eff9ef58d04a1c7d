"""Making cases: seeds of every target, mutated by a seeded source of chance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any, Final

from migro.observe import KINDS, Envelope, Observer

from .cases import Case, Signed, seeds, signed_seeds
from .mutation import bytes_mutated, headers_mutated, json_mutated, opened, written
from .planting import PLANTS, SHAPED, carries, plant
from .targets import NOW, TARGETS, rule_documents

__all__ = ["SHARES", "made"]

SHARES: Final = {
    "observe": 40, "parsed": 12, "files": 4, "envelope": 6, "receive": 8, "signature": 6, "json": 6, "rules": 5,
    "inputs": 4, "read_input": 2, "tickets": 7,
}  # fmt: skip
"""How often each target comes, in a hundred cases."""

_PATHS: Final = (
    "/in/named", "/in/any", "/in/shop", "/in/monitor", "/in/parcels/in-the-path", "/in/parcels/wrong", "/in/",
    "/in/shop?challenge=abc", "/in/named?challenge=%3Cscript%3E", "/in/../x", "//in/shop", "/in/shop/%00", "",
    "/in/" + "a" * 3000,
)  # fmt: skip
_METHODS: Final = ("POST", "POST", "POST", "POST", "GET", "PUT", "post", "", "HEAD")
_TEXTS: Final = (
    "Hello, since this morning I cannot check out: after paying the cart is empty.\n\nOn Mon, Jo wrote:\n> hi\n",
    "<p>Checkout <b>broken</b></p><blockquote>old words</blockquote><div class=gmail_quote>more</div>",
    "### Steps to reproduce\n1. Open /cart\n### Expected\nworks\n```\nTypeError: x is null\n  at y (z.js:1:2)\n```",
    "Von: Jo\nGesendet: gestern\nAn: Support\nBetreff: Bestellung 1001\n\nDie Zahlung schlägt fehl. Danke!\n-- \nJo",
)


@lru_cache(maxsize=1)
def _seeds() -> tuple[tuple[Case, ...], tuple[Any, ...], tuple[str, ...]]:
    cases = tuple(seeds())
    trees = tuple(opened(c.body) for c in cases)
    names: dict[str, None] = {}
    waiting = list(trees)
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            names.update(dict.fromkeys(here))
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    for case in cases:
        names.update(dict.fromkeys(case.headers))
    return cases, trees, (*names, "", "__proto__", "a.b", "\ud800", "é")


@lru_cache(maxsize=1)
def _signed() -> tuple[Signed, ...]:
    return tuple(signed_seeds())


@lru_cache(maxsize=1)
def _documents() -> tuple[tuple[str, bytes], ...]:
    return tuple(rule_documents())


@lru_cache(maxsize=1)
def _inputs() -> tuple[bytes, ...]:
    observer = Observer(pseudonym_key=b"a key of sixteen bytes")
    found: list[bytes] = []
    for case in _seeds()[0][::5]:
        envelope = Envelope(received_at=NOW, kind=case.kind, headers=case.headers, body=case.body.decode())
        for signal in observer.observe(envelope).signals[:1]:
            data = {"input": "signal_received", "format": 1, "at": "2026-03-01T12:00:00Z", "duplicate_of": None}
            found.append(json.dumps({**data, "signal": json.loads(signal.json_line())}).encode())
    others: Sequence[dict[str, Any]] = (
        {"input": "tick", "format": 1, "at": "2026-03-01T12:00:00Z"},
        {"input": "erasure_requested", "format": 1, "at": "2026-03-01T12:00:00Z", "pseudonym": "a" * 20},
        {"input": "person_acted", "format": 1, "at": "2026-03-01T12:00:00Z", "person": "jo", "act": "approve"},
    )
    return (*found, *(json.dumps(o).encode() for o in others))


def _payload(rng: Random, headers: bool = True) -> Case:
    cases, trees, names = _seeds()
    number = rng.randrange(len(cases))
    case, tree = cases[number], trees[number]
    planted: tuple[str, ...] = ()
    if tree is None or rng.random() < 0.15:
        body = bytes_mutated(rng, case.body)
        if rng.random() < 0.2 and tree is None:
            which = rng.choice(SHAPED)
            place = rng.randrange(len(body) + 1)
            body = body[:place] + b" " + plant(rng, which).encode() + b" " + body[place:]
            planted = (which,)
    else:
        body, planted = json_mutated(rng, tree, [t for t in trees if t is not None], names)
        if rng.random() < 0.1:
            body = bytes_mutated(rng, body)
    kind = case.kind
    if rng.random() < 0.12:
        kind = rng.choice(KINDS) if rng.random() < 0.4 else rng.choice(("unnamed", "unnamed", "unnamed", "unheard_of"))
    sent = headers_mutated(rng, case.headers, names) if headers else dict(case.headers)
    return Case(target="observe", kind=kind, headers=_sendable(sent), body=body[:60_000], planted=planted)


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    # What a case is kept as has to be UTF-8.
    return {n.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for n, v in headers.items()}


def made(rng: Random, target: str | None = None) -> Case:
    """Return a case of a target, or of one drawn by its share."""
    name = target or rng.choices(list(SHARES), weights=list(SHARES.values()))[0]
    payload = _payload(rng)
    kind, headers, body, planted = payload.kind, dict(payload.headers), payload.body, payload.planted
    match name:
        case "files" if rng.random() < 0.3:
            headers["sidecar"] = "1"
        case "envelope":
            envelope: dict[str, Any] = {
                "received_at": "2026-03-01T09:00:03Z", "kind": kind, "endpoint": None, "headers": headers,
                "body": opened(body) or body.decode("utf-8", "replace"),
            }  # fmt: skip
            try:
                body, _ = json_mutated(rng, envelope, [], _seeds()[2]) if rng.random() < 0.5 else (
                    written(envelope).encode("utf-8", "replace"), ())  # fmt: skip
            except RecursionError:
                body = b"{}"
            body = body.replace(b"\n", b" ")[:60_000]
        case "receive":
            headers = {":path": rng.choice(_PATHS), ":method": rng.choice(_METHODS), **headers}
        case "signature":
            number = rng.randrange(len(_signed()))
            given = _signed()[number]
            body = bytes_mutated(rng, given.body.encode()) if rng.random() < 0.7 else given.body.encode()
            headers = _sendable({":seed": str(number), **headers_mutated(rng, given.headers, _seeds()[2])})
            headers[":seed"] = str(number)
            kind, planted = rng.choice(KINDS), ()
        case "rules":
            kind, text = rng.choice(_documents())
            tree = opened(text)
            planted = ()
            body = (
                bytes_mutated(rng, text)
                if tree is None or rng.random() < 0.2
                else json_mutated(rng, tree, [], _seeds()[2])[0]
            )
        case "inputs" | "read_input":
            text = rng.choice(_inputs())
            body, planted = (
                json_mutated(rng, opened(text), [], _seeds()[2])
                if rng.random() < 0.8
                else (bytes_mutated(rng, text), ())
            )
        case "tickets":
            body = bytes_mutated(rng, rng.choice(_TEXTS).encode()) if rng.random() < 0.7 else body
            planted = ()
            if rng.random() < 0.6:
                which = rng.choice(tuple(PLANTS) if rng.random() < 0.2 else SHAPED)
                body, planted = body + b" " + plant(rng, which).encode(), (which,)
        case _:
            pass
    assert name in TARGETS
    body = body[:60_000]
    planted = tuple(p for p in planted if carries(body, p, as_text=name == "tickets"))
    return Case(target=name, kind=kind, headers=headers, body=body, planted=planted)
