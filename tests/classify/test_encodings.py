"""Bytes of exports: what spreadsheets and help desks write besides UTF-8."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migro.classify import decode_export
from tests.effort import cases

TABLE = "Nr;Betreff;Größe\r\n1;Zahlung schlägt fehl;für alle\r\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "utf-8"),
    ],
)
def test_what_a_program_wrote_is_read(mark: bytes, encoding: str) -> None:
    assert decode_export(mark + TABLE.encode(encoding)) == (TABLE, encoding)


def test_what_is_no_utf_8_is_what_spreadsheets_write_in_the_west_of_europe() -> None:
    assert decode_export(TABLE.encode("cp1252")) == (TABLE, "windows-1252")


def test_a_broken_byte_among_good_ones_breaks_only_itself() -> None:
    assert decode_export(TABLE.encode() + b"\xff") == (TABLE + "\ufffd", "utf-8")


@given(st.binary(max_size=60))
@settings(max_examples=cases(100))
def test_any_bytes_are_some_text(data: bytes) -> None:
    text, encoding = decode_export(data)

    assert isinstance(text, str)
    assert encoding


@given(st.text(alphabet=st.characters(exclude_characters="\x00\ufeff\ufffd", exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=cases(100))
def test_text_without_zeros_in_utf_8_comes_back(text: str) -> None:
    assert decode_export(text.encode()) == (text, "utf-8")
