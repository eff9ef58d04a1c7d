"""The bytes of an export as text: what spreadsheets and help desks write besides UTF-8."""

from __future__ import annotations

import codecs
from typing import Final

__all__ = ["decode_export"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    # The mark of UTF-32 begins like that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT: Final = 4_000
_LOST: Final = "\ufffd"


def decode_export(data: bytes) -> tuple[str, str]:
    """
    Return the text of a file and the encoding that it was read in.

    A byte order mark decides. Without one it is UTF-16 where every other byte is zero, as in a table of a spreadsheet,
    and UTF-8 unless more of it fails to be than succeeds: then it is Windows-1252, which spreadsheets write in the
    west of Europe. A byte that is nothing becomes U+FFFD.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), name
    head = data[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 > len(head) and min(even, odd) * 10 < max(even, odd):
        name = "utf-16-be" if even > odd else "utf-16-le"
        return data.decode(name, "replace"), name
    text = data.decode("utf-8", "replace")
    lost = text.count(_LOST)
    if lost and lost > sum(not one.isascii() for one in text) - lost:
        return data.decode("cp1252", "replace"), "windows-1252"
    return text, "utf-8"
