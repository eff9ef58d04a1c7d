"""What stands in payloads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from .envelopes import RawEnvelope

__all__ = ["held"]


def held(planted: Mapping[str, tuple[str, ...]], envelopes: Sequence[RawEnvelope]) -> dict[str, tuple[str, ...]]:
    """Return those of the planted values that some payload holds, by kind; kinds of which none is left are left out."""
    raw = "\n".join(
        e.body if isinstance(e.body, str) else json.dumps(dict(e.body), ensure_ascii=False) for e in envelopes
    )
    # Most stand alone between quotes or blanks. Only what is longer is searched, each piece of it once: a value that
    # was lost would cost a look at everything.
    pieces = frozenset(raw.split('"'))
    longer = "\n".join(sorted(p for p in pieces if not re.fullmatch(r"[\w.@+-]*", p)))
    words = pieces.union(longer.split())
    left = {kind: tuple(v for v in values if v in words or v in longer) for kind, values in planted.items()}
    return {kind: values for kind, values in left.items() if values}
