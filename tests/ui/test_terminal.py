"""What is taken from the environment and the streams, and what follows from it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from sysmon_tui.ui.terminal import (
    Colours,
    Terminal,
    Unfit,
    inspect_terminal,
    make_printable,
    output_stream,
    without_colour,
)

XTERM = {"TERM": "xterm-256color"}


@pytest.fixture
def tty() -> Iterator[TextIO]:
    master, slave = os.openpty()
    with open(slave, "w", encoding="utf-8") as stream:
        yield stream
    os.close(master)


def inspect(environ: dict[str, str], tty: TextIO) -> Terminal:
    return inspect_terminal(environ, tty, tty, tty)


def test_a_modern_terminal(tty: TextIO) -> None:
    terminal = inspect(XTERM | {"COLORTERM": "truecolor"}, tty)
    assert terminal == Terminal(
        name="xterm-256color",
        interactive=True,
        encoding="utf-8",
        colours=Colours.TRUE,
        remote=False,
    )
    assert (terminal.theme, terminal.glyphs, terminal.mouse) == ("sysmon-dark", "unicode", True)
    terminal.require_screen()


@pytest.mark.parametrize(
    ("environ", "colours", "theme"),
    [
        ({"TERM": "xterm-256color"}, Colours.PALETTE, "sysmon-dark"),
        ({"TERM": "screen-256color", "COLORTERM": "24bit"}, Colours.TRUE, "sysmon-dark"),
        ({"TERM": "xterm-kitty"}, Colours.PALETTE, "sysmon-dark"),
        ({"TERM": "xterm"}, Colours.SIXTEEN, "sysmon-ansi"),
        ({"TERM": "linux"}, Colours.SIXTEEN, "sysmon-ansi"),
        ({}, Colours.SIXTEEN, "sysmon-ansi"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, Colours.NONE, "sysmon-ansi"),
        ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "256"}, Colours.PALETTE, "sysmon-dark"),
        ({"TERM": "xterm", "TEXTUAL_COLOR_SYSTEM": "auto"}, Colours.SIXTEEN, "sysmon-ansi"),
    ],
)
def test_colours(environ: dict[str, str], colours: Colours, theme: str, tty: TextIO) -> None:
    terminal = inspect(environ, tty)
    assert terminal.colours is colours
    assert terminal.theme == theme


@pytest.mark.parametrize(
    ("locale", "glyphs"),
    [
        ({}, "unicode"),
        ({"LANG": ""}, "unicode"),
        ({"LANG": "en_US.UTF-8"}, "unicode"),
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"LC_CTYPE": "C.UTF-8"}, "unicode"),
        ({"LC_CTYPE": "POSIX", "LANG": "en_US.UTF-8"}, "ascii"),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, "unicode"),
        ({"LC_ALL": "C"}, "ascii"),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "unicode"),
        ({"TERM": "linux"}, "ascii"),
    ],
)
def test_glyphs(locale: dict[str, str], glyphs: str, tty: TextIO) -> None:
    assert inspect(XTERM | locale, tty).glyphs == glyphs


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1", "utf-16", "cp437"])
def test_an_output_that_is_not_utf8_gets_ascii(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    terminal = inspect_terminal(XTERM, stream, stream, stream)
    assert terminal.encoding == encoding
    assert not terminal.utf8
    assert terminal.glyphs == "ascii"


def test_a_stream_without_a_known_encoding_gets_ascii() -> None:
    terminal = Terminal(
        name="", interactive=True, encoding="none such", colours=Colours.TRUE, remote=False
    )
    assert terminal.glyphs == "ascii"


def test_a_remote_terminal_is_not_asked_for_mouse_reports(tty: TextIO) -> None:
    assert not inspect(XTERM | {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, tty).mouse


def test_a_terminal_that_cannot_place_text_is_refused(tty: TextIO) -> None:
    with pytest.raises(Unfit, match=r"TERM=dumb.*--plain"):
        inspect({"TERM": "dumb"}, tty).require_screen()


def test_no_terminal_is_refused(tty: TextIO) -> None:
    pipe = io.StringIO()
    for streams in ((pipe, tty, tty), (tty, pipe, pipe), (None, None, None)):
        terminal = inspect_terminal(XTERM, *streams)
        with pytest.raises(Unfit, match="not a terminal"):
            terminal.require_screen()


def test_the_screen_is_drawn_where_there_is_a_terminal(tty: TextIO) -> None:
    pipe, closed = io.StringIO(), io.StringIO()
    closed.close()
    assert output_stream(tty, pipe) is tty
    assert output_stream(tty, closed) is tty
    assert output_stream(pipe, tty) is tty
    assert output_stream(pipe, None) is pipe
    assert output_stream(None, None) is None


def test_streams_are_made_printable() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    utf8 = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    make_printable(stream, utf8, None, io.StringIO())
    stream.write("a─b")
    stream.flush()
    assert raw.getvalue() == b"a?b"
    assert utf8.errors == "strict"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\x1b[31mx\x1b[0m", "x\x1b[0m"),
        ("\x1b[1;38;5;9;4;48;2;1;2;3;7mx", "\x1b[1;4;7mx"),
        ("\x1b[39;49;97;107mx", "x"),
        ("\x1b[;38;5mx", "\x1b[mx"),
        ("\x1b[5;5Hx\x1b[?25l", "\x1b[5;5Hx\x1b[?25l"),
    ],
)
def test_colours_are_left_out(before: str, after: str) -> None:
    assert without_colour(before) == after
