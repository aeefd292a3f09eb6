from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.figures import counter, names_in, read_integer, read_small


@given(st.integers(0, 2**64 - 1))
def test_a_counter_is_what_was_printed(value: int) -> None:
    assert counter(b"%d" % value) == float(value)


@pytest.mark.parametrize(
    "field", [b"", b"-1", b"+1", b"1.5", b"nan", b"inf", b"1_0", b" 1", b"0x1", b"9" * 21, b"\xb2"]
)
def test_nothing_but_digits_is_a_counter(field: bytes) -> None:
    with pytest.raises(ValueError, match="not a counter"):
        counter(field)


@pytest.mark.parametrize(
    ("text", "value"),
    [("42\n", 42), (" -5 \n", -5), ("", None), ("-", None), ("4 2", None), ("9" * 21, None)],
)
def test_read_integer(tmp_path: Path, text: str, value: int | None) -> None:
    (tmp_path / "value").write_text(text)
    assert read_integer(tmp_path / "value") == value


def test_what_cannot_be_read_is_empty(tmp_path: Path) -> None:
    assert read_small(tmp_path / "missing") == b""
    assert read_small(tmp_path) == b""
    assert read_small("with\0nul") == b""
    assert read_integer(tmp_path / "missing") is None
    assert names_in(tmp_path / "missing") == []


def test_reads_no_more_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 10_000)
    assert read_small(tmp_path / "long", 100) == b"x" * 100


def test_a_named_pipe_does_not_hold_the_pass(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_small(tmp_path / "pipe") == b""


def test_names_are_sorted(tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        (tmp_path / name).touch()
    assert names_in(tmp_path) == ["a", "b", "c"]
