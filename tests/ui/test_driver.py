"""The driver on a real terminal: the same screen as with Textual's own, for fewer bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.pty import KEYS, Pty

COLUMNS, ROWS = 90, 30


def specimen(
    kind: str,
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    synchronized: bool = True,
    encoding: str = "utf-8",
) -> Pty:
    argv = [sys.executable, "-m", "tests.ui.specimen", kind, *arguments]
    return Pty(
        argv,
        columns=COLUMNS,
        rows=ROWS,
        environ=environ,
        synchronized=synchronized,
        encoding=encoding,
    )


def ready(term: Pty) -> Pty:
    term.wait_for(r"step \d")
    term.settle()
    return term


def step(term: Pty, number: int) -> None:
    term.send("\x0e")
    term.wait_for(rf"step {number}\b")


def leave(term: Pty) -> None:
    term.send("\x11")
    assert term.exit_status() == 0
    assert term.left_behind() == []


def assert_nothing_is_amiss(term: Pty) -> None:
    """What is shown is what is shown after everything is sent again."""
    # Once it answers, it has dealt with all that came before.
    term.send(KEYS["f7"])
    term.wait_for("<f7>")
    term.settle()
    shown = term.screen.cells
    mark = len(term.output)
    term.send("\x12")
    term.wait_for_output(b"\x1b[2J", mark)
    term.wait_for(lambda term: "<ctrl+r>" in term.screen.text)
    term.settle()
    fresh = term.screen.cells
    for y in range(term.rows):
        if "<ctrl+r>" not in term.screen.lines[y]:
            assert shown[y] == fresh[y], y


@pytest.mark.parametrize("kind", ["diff", "whole"])
def test_the_screen_is_that_of_the_stock_driver_after_every_frame(kind: str) -> None:
    with specimen("stock") as stock, specimen(kind) as ours:
        ready(stock)
        ready(ours)
        for number in range(1, 61):
            if number % 9 == 0:
                size = (COLUMNS - number % 5 * 11, ROWS - number % 4 * 2)
                for term in (stock, ours):
                    term.resize(*size)
            step(stock, number)
            step(ours, number)

            def is_same(term: Pty, stock: Pty = stock) -> bool:
                stock.pump()
                return (term.screen.cells, term.screen.cursor) == (
                    stock.screen.cells,
                    stock.screen.cursor,
                )

            ours.wait_for(is_same)
        stock.settle()
        ours.settle()
        assert is_same(ours)
        leave(ours)


def test_the_difference_is_a_fraction_of_the_frames() -> None:
    written = {}
    for kind in ("stock", "diff"):
        with specimen(kind) as term:
            ready(term)
            mark = len(term.output)
            for number in range(1, 21):
                step(term, number)
            term.settle()
            written[kind] = len(term.output) - mark
    assert written["diff"] < 0.75 * written["stock"]


def test_a_frame_is_one_synchronized_update() -> None:
    with specimen("diff") as term:
        ready(term)
        mark = len(term.output)
        step(term, 1)
        term.settle()
        frames = term.output[mark:].count(b"\x1b[?2026h")
        assert frames == term.output[mark:].count(b"\x1b[?2026l") > 0
        mark = len(term.output)
        term.send("\x0b")
        term.wait_for("<ctrl\\+k>")
        term.settle()
        again = len(term.output)
        term.send("\x0b")
        term.settle()
        assert again > mark
        assert len(term.output) == again


def test_the_keyboard_protocol_can_be_switched_off() -> None:
    with specimen("diff", environ={"TEXTUAL_DISABLE_KITTY_KEY": "1"}) as term:
        ready(term)
        assert term.modes.keyboard == 0
        leave(term)


def test_a_terminal_without_synchronized_updates_is_sent_none() -> None:
    with specimen("diff", synchronized=False) as term:
        ready(term)
        step(term, 1)
        assert b"\x1b[?2026h" not in term.output
        leave(term)


@pytest.mark.parametrize("kind", ["diff", "whole"])
def test_what_is_not_understood_is_sent_as_it_is(kind: str) -> None:
    with specimen(kind) as term:
        ready(term)
        term.send("\x14")
        term.wait_for("FOREIGN")
        term.send("\x18")
        term.wait_for(r"^UNKNOWN")
        if kind == "diff":
            for number in range(1, 10):
                step(term, number)
            assert_nothing_is_amiss(term)
        leave(term)


def test_the_bell_and_the_clipboard_are_not_held_back() -> None:
    with specimen("diff") as term:
        ready(term)
        mark = len(term.output)
        term.send("\x02")
        term.wait_for_output(b"\x07", mark)
        term.wait_for_output(b"\x1b]52;c;Y29waWVk\x07", mark)
        assert_nothing_is_amiss(term)


def test_the_title_is_kept_set_once_and_given_back() -> None:
    with specimen("diff") as term:
        ready(term)
        mark = len(term.output)
        term.send("\x10")
        term.wait_for_output(b"\x1b[22;2t\x1b]2;step 0\x1b\\\x1b]9;told\x07", mark)
        term.send("\x10")
        term.wait_for_output(b"\x1b]9;told\x07", mark + term.output[mark:].index(b"told") + 5)
        assert term.output[mark:].count(b"\x1b]2;") == 1, "it has not changed"
        step(term, 1)
        mark = len(term.output)
        term.send("\x10")
        term.wait_for_output(b"\x1b]2;step 1\x1b\\", mark)
        assert b"\x1b[22;2t" not in term.output[mark:]
        assert_nothing_is_amiss(term)
        mark = len(term.output)
        leave(term)
        assert b"\x1b]2;\x1b\\\x1b[23;2t" in term.output[mark:]


def test_redraw_clears_and_sends_everything() -> None:
    with specimen("whole") as term:
        ready(term)
        term.screen.feed("\x1b[3;3Hgarbage\x1b[20;3Hgarbage")
        term.send("\x12")
        term.wait_for(lambda term: "garbage" not in term.screen.text)
        term.wait_for("filter")


@pytest.mark.parametrize("kind", ["diff", "whole"])
def test_no_colour_code_is_sent_where_colours_are_not_wanted(kind: str) -> None:
    with specimen(kind, environ={"NO_COLOR": "1"}) as term:
        ready(term)
        for number in range(1, 12):
            step(term, number)
        codes = {code for codes in re.findall(rb"\x1b\[([\d;]*)m", term.output)
                 for code in codes.split(b";")}  # fmt: skip
        assert b"7" in codes
        assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"22", b"23", b"24", b"27"}
        leave(term)


ASCII_ENVIRONMENTS = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C"},
    {"LC_ALL": "", "LC_CTYPE": "", "LANG": "POSIX"},
    {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LC_ALL": "POSIX"},
]


@pytest.mark.parametrize("environ", ASCII_ENVIRONMENTS)
@pytest.mark.parametrize("kind", ["diff", "whole"])
def test_no_escaped_character_is_written_where_the_output_is_ascii(
    kind: str, environ: dict[str, str]
) -> None:
    with specimen(kind, environ=environ, encoding="ascii") as term:
        ready(term)
        for number in range(1, 6):
            step(term, number)
        assert term.output.isascii()
        assert b"\\u" not in term.output
        leave(term)


def test_what_latin_1_has_is_written_in_latin_1() -> None:
    environ = {"PYTHONIOENCODING": "latin-1", "LC_ALL": "", "LC_CTYPE": "", "LANG": ""}
    with specimen("diff", environ=environ, encoding="latin-1") as term:
        ready(term)
        term.send("°é")
        term.settle()
        assert b"\\u" not in term.output
        leave(term)


def test_standard_output_is_drawn_on_when_only_that_is_a_terminal(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m tests.ui.specimen diff 2>{tmp_path}/errors"
    with Pty(["sh", "-c", command], columns=COLUMNS, rows=ROWS) as term:
        ready(term)
        step(term, 1)
        leave(term)
    assert (tmp_path / "errors").read_text() == ""
