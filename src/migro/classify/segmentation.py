"""
What in a ticket somebody said, and what only stands beside it: code, traces, logs, lists of packages, forms, quotes.

Each part of a text gets a kind. What was said counts in full, what a machine wrote counts half, and what says nothing
about the fault (the headings of a form, a list of plugins, somebody else's words) does not count.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, Final, Literal

import attrs
import re2

__all__ = ["LONGEST", "Segment", "SegmentKind", "cut", "segments", "text_of"]

SegmentKind = Literal[
    "prose", "code", "trace", "log", "answer", "packages", "data", "form", "quote", "signature", "markup"
]
"""An answer is JSON in which a server told what went wrong; data is any other."""

LONGEST: Final = 60_000
"""Characters of a body that are read: two thirds of them from its beginning, the rest from its end."""

_SAYS_NOTHING: Final = frozenset(("packages", "data", "form", "quote", "signature", "markup"))
_TECHNICAL: Final = frozenset(("code", "trace", "log"))


@attrs.frozen
class Segment:
    """
    A part of a text.

    Attributes:
        kind: What it is.
        start: Where it begins, in characters.
        end: Where it ends.
    """

    kind: SegmentKind
    start: int
    end: int

    @property
    def says(self) -> Literal["all", "half", "nothing"]:
        """How much of its points counts."""
        return "nothing" if self.kind in _SAYS_NOTHING else "half" if self.kind in _TECHNICAL else "all"


_FENCE: Final = re.compile(r"^[ \t]{0,3}(?:```|~~~)")
_TRACE: Final = re2.compile(
    r'^\s*(?:at\s+[\w.$<>\[\]/@ ]{1,200}[(:]|File "[^"]{1,300}", line \d+|#\d{1,3}\s+\S|Traceback \(most recent'
    r"|Caused by:|from /\S+:\d+|\.{3}\s\d+ more|[\w./\\-]{1,200}\.(?:rb|py|php|js|ts|java|cs|go):\d+)"
)
_LOG: Final = re2.compile(
    r"(?i)^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d|npm (?:err!|warn)|yarn error"
    r"|\d{1,4} (?:info|verbose|silly|error) |(?:debug|info|notice|warn|warning|trace|fatal)\b\s*[:\]|-]"
    r"|(?:GET|POST|PUT|DELETE|PATCH|OPTIONS) /?\S+ (?:HTTP|\d{3})"
    r"|HTTP/[12]|[\w-]{2,40}: \S+;|\$ |> \w+@\d)"
)
_PACKAGE: Final = re2.compile(
    r"^\s*(?:\"[@\w./-]{1,100}\"\s*:\s*\"[~^<>=v*\d][^\"]{0,60}\",?|[\w .&/|-]{2,100}: by .{1,100}\d"
    r"|[@\w./-]{1,80}\s*[@=]{1,2}\s*[~^v]?\d+\.\d[\w.-]*"
    r"|[-*]?\s*[@\w][\w ./-]{0,40}\s*(?:version)?\s*[:|]\s*[~^v]?\d+\.\d[\w.-]*)\s*$"
)
_FORM: Final = re2.compile(
    r"(?i)^\s*(?:#{1,6}\s|\*\*[^*]{1,80}\*\*:?\s*$|[-*]\s*\[[ x]\]|_{3,}|-{3,}$|={3,}$)"
    r"|^\s*(?:steps? to reproduce|expected (?:result|behaviou?r)|actual (?:result|behaviou?r)|describe the bug"
    r"|to reproduce|screenshots?|additional (?:context|information)|environment|preconditions?"
    r"|system information|prerequisites)"
    r"\s*(?:\(\*\))?\s*:?\s*$"
)
_VERSION: Final = re2.compile(
    r"^\s*[A-Za-z][\w .+-]{0,40}?[\s:v@-]{1,3}\d+(?:\.\d+){1,4}[\w.+-]{0,20}\s*$|^\s*v?\d+(?:\.\d+)*[\w.+-]{0,20}\s*$"
)
_TICKED: Final = re2.compile(
    r"(?i)^\s*(?:[-*]\s*)?\[x\][\s*_]*(?:this is )?(?:an? )?"
    r"(?:bug|feature|enhancement|question|documentation|docs|support|regression|improvement|suggestion)\b.{0,60}$"
)
_INDENTED: Final = re2.compile(r"^(?: {4,}|\t+)\S.*[;{}()=<>]\s*$")
_DATA: Final = re2.compile(r'^\s*[{}\[\],]+\s*$|^\s*"[\w@./-]{1,80}"\s*:\s*[\[{"\d].*$')
_QUOTED: Final = re.compile(r"^\s*>")
_REPLY: Final = re2.compile(
    r"(?i)^\s*(?:on\b.{4,200}\bwrote:|am\b.{4,200}\bschrieb\b.{0,100}:|el\b.{4,200}\bescribi[oó]:"
    r"|le\b.{4,200}\ba écrit\s?:"
    r"|-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|mensaje original).{0,40})\s*$"
)
_SIGNED: Final = re2.compile(
    r"(?i)^\s*(?:--|—|(?:best|kind|warm|many)? ?(?:regards|wishes)|cheers|sincerely|thanks(?: in advance)?"
    r"|thank you(?: very much)?|mit freundlichen grüßen|viele grüße|saludos(?: cordiales)?|un saludo"
    r"|gracias de antemano|sent from my \w+.*)\s*[,.!]*\s*$"
)
_MAIL_HEADER: Final = re2.compile(
    r"(?i)^\s*(?:from|to|cc|bcc|sent|date|subject|reply-to|message-id|x-[\w-]{1,40}|content-type|mime-version|received"
    r"|return-path|dkim-signature|user-agent|accept(?:-\w+)?|authorization|host|cookie)\s?:\s"
)

# On one line, as texts that were pasted or shortened have it.
_INLINE: Final[tuple[tuple[SegmentKind, tuple[str, ...], Any], ...]] = (
    ("markup", ("<",), re2.compile(r"(?i)</?[a-z][^<>]{0,300}>")),
    # Where something is told says nothing of it: docs.shop.example is no complaint about documentation.
    ("markup", ("://",), re2.compile(r"(?i)https?://[^\s<>()\"'`]{1,900}")),
    (
        "data",
        ('"',),
        re2.compile(
            r'\{\s*"[^{}]{20,900}\}'
            r'|(?:"[@\w./:-]{1,60}"\s*:\s*(?:"[^"]{0,120}"|[\[{\d]|true|false|null),?\s*){3,}'
        ),
    ),
    (
        "packages",
        (": by ",),
        re2.compile(
            r"[\w&/|() -]{2,80}: by [\w.,&' -]{1,60} [–-] \d[\d.]*"
            r"(?: [–-] Not tested with[\w ]{1,60}| \(update[^)]{1,60}\))?"
        ),
    ),
    (
        "form",
        ("##", "a clear and concise", "[e.g.", "go to ", "click on ", "scroll down to ", "please complete"),
        re2.compile(
            r"(?i)#{2,6} (?:describe the bug|to reproduce|steps to reproduce[\w ]{0,20}|expected behaviou?r"
            r"|actual behaviou?r|screenshots?|environment|package\.json file|prerequisites"
            r"|additional (?:context|information)|system (?:info|information))"
            r"|a clear and concise description of what[\w ]{0,60}"
            r"|(?:go to|click on|scroll down to) ['\"‘“][.…]{1,3}['\"’”]"
            r"|\[e\.g\.[^\]]{0,60}\]|please complete the following information"
        ),
    ),
)
# Looked for by hand: an expression would go to the end of the text once more for each beginning without an end.
_BLOCKS: Final[tuple[tuple[SegmentKind, str, str], ...]] = (
    ("markup", "<!--", "-->"),
    ("markup", "<script", "</script>"),
    ("markup", "<style", "</style>"),
    ("markup", "<head>", "</head>"),
    ("quote", "<blockquote", "</blockquote>"),
    ("code", "```", "```"),
    ("code", "~~~", "~~~"),
)
_HUGE_REFERENCE: Final = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
_ANSWER: Final = re.compile(r'"(?:errors?|message|error_description|code|reason|detail)"\s*:', re.IGNORECASE)
_MARKED: Final = ("<", "://", "```", "~~~", '"', ": by ", "##", "clear and concise", "[e.g.", "o to ", "lease complete")


def cut(text: str) -> str:
    """Return a text that is not longer than what is read: of a longer one the beginning and the end."""
    if len(text) <= LONGEST:
        return text
    head = LONGEST * 2 // 3
    return f"{text[:head]}\n{text[head - LONGEST + 1 :]}"


def segments(text: str) -> tuple[Segment, ...]:
    """
    Return the parts of a text in order; together they are the whole text. Takes linear time.

    Words of a kind between them are one part; where nothing is marked, all of it is prose.
    """
    if "\n" in text.strip():
        parts = _joined(_lines(text))
    else:
        parts = [Segment("prose", 0, len(text))] if text else []
    found: list[Segment] = []
    for part in parts:
        piece = text[part.start : part.end]
        if part.kind == "prose" and any(mark in piece for mark in _MARKED):
            found += _inline(piece, part.start)
        else:
            found.append(part)
    return tuple(_joined(found))


def text_of(text: str, parts: tuple[Segment, ...], says: Literal["all", "half"]) -> str:
    """Return what of a text says so much, its parts a line each, with references such as ``&amp;`` resolved."""
    kept = "\n\n".join(text[p.start : p.end] for p in parts if p.says == says)
    # The standard library refuses numbers of thousands of digits with an error.
    return html.unescape(_HUGE_REFERENCE.sub("", kept)) if "&" in kept and ";" in kept else kept


def _joined(parts: Iterator[Segment] | list[Segment]) -> list[Segment]:
    joined: list[Segment] = []
    for part in parts:
        if part.start >= part.end:
            continue
        if joined and joined[-1].kind == part.kind:
            joined[-1] = Segment(part.kind, joined[-1].start, part.end)
        else:
            joined.append(part)
    return joined


def _inline(piece: str, offset: int) -> Iterator[Segment]:
    marks = list(_blocks(piece))
    folded = piece.lower()
    for kind, signs, pattern in _INLINE:
        # Text that holds none of what an expression asks for is most text.
        if not any(sign in folded for sign in signs):
            continue
        for found in pattern.finditer(piece):
            answers = kind == "data" and _ANSWER.search(found.group())
            marks.append((found.start(), found.end(), "answer" if answers else kind))
    at = 0
    for start, end, kind in sorted(marks, key=lambda mark: (mark[0], -mark[1])):
        if start >= at:
            yield Segment("prose", offset + at, offset + start)
            yield Segment(kind, offset + start, offset + end)
            at = end
    yield Segment("prose", offset + at, offset + len(piece))


def _blocks(piece: str) -> Iterator[tuple[int, int, SegmentKind]]:
    folded = piece.lower() if piece.isascii() else piece
    for kind, begin, end in _BLOCKS:
        at = folded.find(begin)
        while at >= 0:
            close = folded.find(end, at + len(begin))
            if close < 0:
                break
            yield at, close + len(end), kind
            at = folded.find(begin, close + len(end))


def _lines(text: str) -> Iterator[Segment]:
    place, fenced, quoted, signed = 0, False, False, False
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        start, place = place, place + len(line)
        looked = line[:2_000]
        if _FENCE.match(looked):
            yield Segment("code", start, place)
            fenced = not fenced
        elif fenced:
            kind = _machine(looked)
            yield Segment(kind if kind in ("trace", "log", "packages", "data") else "code", start, place)
        elif quoted or signed:
            yield Segment("quote" if quoted else "signature", start, place)
        elif _REPLY.match(looked):
            quoted = True
            yield Segment("quote", start, place)
        elif _QUOTED.match(looked):
            yield Segment("quote", start, place)
        elif number and len(lines) - number <= 12 and _SIGNED.match(looked):
            signed = True
            yield Segment("signature", start, place)
        elif not looked.strip():
            yield Segment("form", start, place)
        else:
            yield Segment(_machine(looked), start, place)


def _machine(line: str) -> SegmentKind:
    if _TRACE.match(line):
        return "trace"
    if _PACKAGE.match(line) or _VERSION.match(line):
        return "packages"
    if _DATA.match(line):
        return "answer" if _ANSWER.search(line) else "data"
    if _MAIL_HEADER.match(line):
        return "form"
    if _LOG.match(line):
        return "log"
    if _FORM.match(line):
        # What somebody ticks is said, if it tells what kind of post it is.
        return "prose" if _TICKED.match(line) else "form"
    return "code" if _INDENTED.match(line) else "prose"
