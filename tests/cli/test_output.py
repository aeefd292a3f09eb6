"""What is printed where it cannot be printed as it is."""

from __future__ import annotations

import errno
import io
import json
import sys
from math import inf, nan

import click
import pytest

from sysmon_tui.cli.output import encodable, say, say_json
from sysmon_tui.model.errors import SysmonError


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("utf-8", "— 45°C é"), ("iso8859-1", "- 45 C é"), ("ascii", "- 45 C ?")],
)
def test_what_the_encoding_lacks_is_replaced(encoding: str, text: str) -> None:
    assert encodable("— 45°C é", encoding) == text


class Broken(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, _text: str) -> int:
        raise OSError(self._number, "it is so")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO])
def test_a_reader_that_left_ends_it_quietly(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(number))
    with pytest.raises(click.exceptions.Exit) as caught:
        say("x")
    assert caught.value.exit_code == 141


def test_any_other_failure_to_write_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(errno.ENOSPC))
    with pytest.raises(SysmonError, match="the output cannot be written: it is so"):
        say("x")


def test_json_has_no_word_for_what_is_not_finite(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"a": nan, 1: (inf, 2.5, "é")})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"a": None, "1": [None, 2.5, "é"]}
    assert "é" in printed
