"""Terminals as they are: without colour, with sixteen, without UTF-8, without a cursor."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.integration.live import FIRST_DATA, live
from tests.pty import Pty

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")

SGR = re.compile(rb"\x1b\[([\d;]*)m")
ESCAPES = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|[=>78cDEHM])")


OURS_ALONE = """
[collection]
disabled = ["process", "filesystem", "unit", "netstat", "cgroup", "network", "disk"]
"""
"""Settings without all that others may give names to: in ASCII a name in Chinese is `???` too."""


def shown(home: Path, *arguments: str, settings: str = "", **extra: str) -> bytes:
    """Everything the program wrote from start to end, with the help opened once."""
    (home / "config").mkdir(mode=0o700)
    (home / "config" / "settings.toml").write_text(settings)
    with live(home, *arguments, extra=extra) as term:
        term.wait_for(FIRST_DATA)
        term.wait_for("q Quit")
        term.send("?")
        term.wait_for("Every key|GENERAL")
        term.send("q")
        term.wait_for("q Quit")
        term.send("q")
        assert term.exit_status() == 0
        assert term.left_behind() == []
        return bytes(term.output)


def colours(output: bytes) -> set[str]:
    """The kinds of colour codes in it: `16`, `256`, `true`."""
    found = set()
    for match in SGR.finditer(output):
        codes = match[1].decode().split(";")
        if "38" in codes or "48" in codes:
            index = codes.index("38") if "38" in codes else codes.index("48")
            found.add({"2": "true", "5": "256"}.get("".join(codes[index + 1 : index + 2]), "odd"))
        elif any(c.isdigit() and (30 <= int(c) < 50 or 90 <= int(c) < 108) for c in codes):
            found.add("16")
    return found


def test_no_color_sends_no_colour_code(tmp_path: Path) -> None:
    output = shown(tmp_path, NO_COLOR="1", COLORTERM="truecolor")
    assert colours(output) == set()
    assert SGR.search(output), "severity is still told by bold and reverse"


def test_sixteen_colours_are_the_terminals_own(tmp_path: Path) -> None:
    assert colours(shown(tmp_path, TERM="xterm")) <= {"16"}


def test_256_colours_without_colorterm(tmp_path: Path) -> None:
    assert "true" not in colours(shown(tmp_path))


def test_true_colour_where_it_is_announced(tmp_path: Path) -> None:
    assert "true" in colours(shown(tmp_path, COLORTERM="truecolor"))


@pytest.mark.parametrize(
    "extra",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "LANG": "", "LC_ALL": "C"},
    ],
    ids=["C", "POSIX", "ascii", "no-utf8"],
)
def test_what_is_not_utf8_gets_ascii(tmp_path: Path, extra: dict[str, str]) -> None:
    output = shown(tmp_path, **extra)
    assert output.isascii()
    assert b"\\u" not in ESCAPES.sub(b"", output)


def test_ascii_on_request(tmp_path: Path) -> None:
    output = shown(tmp_path, "--ascii", settings=OURS_ALONE)
    assert output.isascii()
    at = output.find(b"???")
    assert at < 0, f"frames and charts have ASCII of their own\n{screen_at(output, at + 3)}"


def screen_at(output: bytes, end: int) -> str:
    """What the terminal showed when it had got so much."""
    screen = Emulator(120, 40, wrap=True)
    screen.feed(output[:end].decode())
    return screen.text


def test_a_dumb_terminal_gets_lines(tmp_path: Path) -> None:
    with live(tmp_path, extra={"TERM": "dumb"}) as term:
        term.wait_for(lambda t: t.output.count(b"\n") >= 2)
        assert b"\x1b" not in term.output
        term.send(b"\x03")
        assert term.exit_status() == 130


def test_plain_lines_on_request_name_cpu_and_memory(tmp_path: Path) -> None:
    with live(tmp_path, "--plain", "--count", "2") as term:
        assert term.exit_status() == 0
        text = bytes(term.output).decode()
    assert "\x1b" not in text
    assert re.search(r"cpu.*\d%", text)
    assert re.search(r"mem.*\d%", text)


def test_no_diff_shows_the_same(tmp_path: Path) -> None:
    def panels(term: Pty) -> list[str]:
        return re.findall(r"─ ([A-Z]\w+)", term.screen.text)

    with live(tmp_path) as one, live(tmp_path / "b", "--no-diff") as two:
        for term in (one, two):
            term.wait_for(FIRST_DATA)
            term.wait_for("q Quit")
            term.wait_for("Files .*%")
            term.wait_for("─ CPU")  # a chart's title comes with its second sample
        assert "Processes" in panels(one)

        def alike(term: Pty) -> bool:
            # A panel comes with what it shows, which may be later in the one than in the other.
            one.pump()
            return panels(one) == panels(term)

        two.wait_for(alike)
        one.wait_for(lambda t: t.output.count(b"\x1b[?2026h") >= 4)
        two.wait_for(lambda t: len(t.output) > len(one.output))
        for term in (one, two):
            term.send("q")
            assert term.exit_status() == 0
