"""What journalctl says, in all the ways it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.journal import parse_iso_lines, read_journal
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.evidence import LINE_LIMIT, LINES, Log

SOME = (
    b"2026-03-26T03:02:16+00:00 db-7 systemd[1]: Started x.service.\n"
    b"2026-03-26T04:02:17+0100 db-7 cron[9]: second\n"
)


def read(text: bytes, *, kernel: bool = False) -> Log:
    return read_journal(Roots(), kernel=kernel, ask=lambda _argv, _deadline: text)


def test_lines_with_their_moments() -> None:
    log = read(SOME)
    assert [(line.at, line.text) for line in log.lines] == [
        (1774494136.0, "systemd[1]: Started x.service."),
        (1774494137.0, "cron[9]: second"),
    ]
    assert (log.source, log.note) == ("journal", "")


def test_only_the_newest_and_only_so_much_of_each() -> None:
    text = b"".join(
        b"2026-03-26T03:02:16+00:00 db-7 a: %d %s\n" % (n, b"x" * 9999) for n in range(LINES + 5)
    )
    log = read(text)
    assert len(log.lines) == LINES
    assert log.lines[0].text.startswith("a: 5 ")
    assert max(len(line.text) for line in log.lines) == LINE_LIMIT


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (b"No journal files were found.\n-- No entries --\n", "No journal files were found."),
        (b"-- No entries --\n", "No entries"),
        (b"", "no lines"),
        (
            b"Hint: You are currently not seeing messages from other users and the system.\n"
            b"      Users in groups 'adm', 'systemd-journal' can see all messages.\n"
            b"-- No entries --\n",
            "Other users' lines are hidden: run as root or join the group systemd-journal",
        ),
        (b"\xff\x1b]0;x\x07 journal damaged", "\ufffd\u241b]0;x\u2407 journal damaged"),
    ],
)
def test_why_there_are_none(text: bytes, note: str) -> None:
    assert read(text) == Log("journal", (), read(text).note)
    assert read(text).note == note


def test_some_lines_and_a_hint() -> None:
    log = read(b"Hint: You are currently not seeing messages from other users.\n" + SOME)
    assert len(log.lines) == 2
    assert "systemd-journal" in log.note


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (Unsupported("journalctl is not installed"), "journalctl is not installed"),
        (TimeoutError(), "journalctl did not answer within 2 s"),
        (OSError(5, "I/O error"), "journalctl did not answer within 2 s"),
    ],
)
def test_one_that_cannot_answer(error: Exception, note: str) -> None:
    def ask(_argv: Sequence[str], _deadline: float) -> bytes:
        raise error

    assert read_journal(Roots(), ask=ask) == Log("journal", (), read_journal(Roots(), ask=ask).note)
    assert read_journal(Roots(), ask=ask).note == note


@pytest.mark.parametrize(
    ("roots", "kernel", "more"),
    [
        (Roots(), False, []),
        (Roots(), True, ["-k"]),
        (
            Roots(proc=Path("/host/proc"), root=Path("/host"), foreign=True),
            True,
            ["-k", "-D", "/host/var/log/journal"],
        ),
    ],
)
def test_what_is_asked(roots: Roots, kernel: bool, more: list[str]) -> None:
    asked: list[list[str]] = []

    def ask(argv: Sequence[str], deadline: float) -> bytes:
        assert deadline == 2.0
        asked.append(list(argv))
        return SOME

    assert read_journal(roots, kernel=kernel, ask=ask).source == ("kernel" if kernel else "journal")
    assert asked == [["journalctl", "-n", "20", "--no-pager", "-o", "short-iso", *more]]


def test_hostile_bytes_are_cleaned() -> None:
    (line,) = parse_iso_lines([b"2026-03-26T03:02:16+00:00 h a: \x1b[2J\xff\x9b[/red]\xe2\x80\xae"])
    assert line.text == "a: \u241b[2J\ufffd\ufffd[/red]\ufffd"


def test_a_moment_that_is_none() -> None:
    (line,) = parse_iso_lines([b"2026-99-99T03:02:16+00:00 h a: x"])
    assert isnan(line.at)
    assert line.text == "a: x"


def test_secrets_are_masked() -> None:
    raw = b"2026-03-26T03:02:16+00:00 h sudo: ann : COMMAND=/x --password=hunter2 " + b"y" * 300
    (line,) = parse_iso_lines([raw])
    assert "hunter2" not in line.text
    assert line.text.startswith("sudo: ann : COMMAND=/x --password=*** yyy")
    assert len(line.text) == LINE_LIMIT
