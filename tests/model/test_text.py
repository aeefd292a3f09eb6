"""Nothing that could deceive a terminal or a reader passes the gate."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.text import NAME_LIMIT, TEXT_LIMIT, clean, clean_name

HOSTILE = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("a[/]\x1b\x9b\x07\u202e\u200b\ud800\ufe0f\U000e0041\ufffe\u3164\n\t")
)


def deceives(char: str) -> bool:
    code = ord(char)
    return (
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE0FFF
        or char in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    )


def test_no_code_point_that_deceives_passes() -> None:
    passed = [code for code in range(sys.maxunicode + 1) if deceives(clean(chr(code)))]

    assert passed == []


@given(HOSTILE | st.binary())
def test_is_idempotent_encodable_and_free_of_what_deceives(raw: str | bytes) -> None:
    text = clean(raw)

    assert clean(text) == text
    assert text.encode("utf-8").decode("utf-8") == text
    assert not any(map(deceives, text))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], max_codepoint=0xFFF)))
def test_leaves_ordinary_text_alone(text: str) -> None:
    kept = "".join(char for char in text if not deceives(char))

    assert clean(kept) == kept


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("", ""),
        ("sshd: [/]", "sshd: [/]"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("tab\tline\n", "tab␉line␊"),
        ("\x7f\x9b", "␡\ufffd"),
        ("gpj\u202eexe", "gpj\ufffdexe"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        ("\udcff", "\ufffd"),
        ("日本", "日本"),
    ],
)
def test_shows_what_was_there(raw: str | bytes, text: str) -> None:
    assert clean(raw) == text


@pytest.mark.parametrize("raw", ["x" * 9999, b"x" * 9999, "é" * 9999, "é".encode() * 9999])
def test_cuts_at_the_limit(raw: str | bytes) -> None:
    assert len(clean(raw)) == TEXT_LIMIT
    assert len(clean_name(raw)) == NAME_LIMIT


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.integers(0, 12))
def test_bytes_are_cut_as_their_text_is(text: str, limit: int) -> None:
    assert clean(text.encode(), limit) == clean(text, limit)
