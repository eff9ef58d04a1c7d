"""Cases: what one target was given, as bytes that can be kept, compared and made smaller."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import attrs

__all__ = ["CORPUS", "SEEDS", "SIGNED", "Case", "Signed", "kept", "seeds", "signed_seeds"]

CORPUS = Path(__file__).parent / "corpus"
SEEDS = Path(__file__).parent / "seeds.jsonl"
SIGNED = Path(__file__).parent / "signed.jsonl"


@attrs.frozen(kw_only=True)
class Case:
    """
    What a target was given.

    Attributes:
        target: Name of the target, such as ``observe``.
        kind: Wire format or form, for targets that have several.
        headers: As sent.
        body: As sent.
        planted: Names of the personal data that `body` and `headers` carry.
    """

    target: str
    kind: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes
    planted: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the case as one JSON object; a body that is no UTF-8 is written in base64."""
        data = attrs.asdict(self)
        try:
            data["body"] = self.body.decode()
        except UnicodeDecodeError:
            data["body"] = base64.b64encode(self.body).decode()
            data["base64"] = True
        return json.dumps(data, sort_keys=True, indent=1) + "\n"

    @classmethod
    def read(cls, text: str) -> Case:
        """Return the case that `text` wrote."""
        data = json.loads(text)
        body = base64.b64decode(data.pop("body")) if data.pop("base64", False) else data.pop("body").encode()
        return cls(**{**data, "planted": tuple(data["planted"])}, body=body)

    @property
    def name(self) -> str:
        """What the case is called among the kept ones: made from its content."""
        return f"{self.target}-{hashlib.sha256(self.text().encode()).hexdigest()[:12]}"

    def keep(self, place: Path) -> Path:
        """Write the case to a corpus."""
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{self.name}.json"
        path.write_text(self.text(), "utf-8")
        return path


@attrs.frozen(kw_only=True)
class Signed:
    """A made-up delivery with the secrets and the time that prove it."""

    kind: str
    headers: Mapping[str, str]
    body: str
    secrets: tuple[str, ...]
    at: str


def kept() -> list[Case]:
    """Return the cases of the corpus."""
    return [Case.read(path.read_text("utf-8")) for path in sorted(CORPUS.glob("*.json"))]


def seeds() -> list[Case]:
    """Return made-up payloads of every wire format."""
    found = []
    for line in SEEDS.read_text("utf-8").splitlines():
        data = json.loads(line)
        body = data["body"].encode("utf-8", "replace")
        found.append(Case(target="observe", kind=data["kind"], headers=data["headers"], body=body))
    return found


def signed_seeds() -> list[Signed]:
    """Return made-up deliveries that prove their sender."""
    lines = SIGNED.read_text("utf-8").splitlines()
    return [Signed(**{**data, "secrets": tuple(data["secrets"])}) for data in map(json.loads, lines)]
