"""The kernel's lines: from its ring, else from journalctl, else from a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path

import pytest

from sysmon_tui.collectors import kernel_log as module
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.kernel_log import parse_record, read_kernel_log
from sysmon_tui.model.evidence import LINES, Log, LogLine
from sysmon_tui.model.text import NO_TEXT, clean

NOTHING = Log("kernel", (), clean("none"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "var/log").mkdir(parents=True)
    return tmp_path


def read(root: Path, journal: Callable[[], Log] = lambda: NOTHING) -> Log:
    return read_kernel_log(Roots(root=root), 1000.0, journal)


@contextmanager
def ring(monkeypatch: pytest.MonkeyPatch, *answers: bytes | OSError) -> Iterator[None]:
    """Each read of the device gives the next answer, as each read of the kernel's is a record."""
    left = list(answers)

    def one(_fd: int, _size: int) -> bytes:
        answer = left.pop(0) if left else BlockingIOError(11, "again")
        if isinstance(answer, OSError):
            raise answer
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", one)
        yield


def test_records_of_the_ring(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "dev/kmsg").touch()
    records = (
        b"6,339,5140900,-;NET: Registered\n SUBSYSTEM=acpi\n",
        BrokenPipeError(32, "overwritten"),
        b"junk",
        b"3,340,6000000,-,caller=T1;I/O error, dev sda\\x0a \\xff\n",
    )
    with ring(monkeypatch, *records):
        log = read(root)
    assert log == Log(
        "kernel",
        (
            LogLine(1005.1409, clean("NET: Registered")),
            LogLine(1006.0, clean("I/O error, dev sda\n \ufffd")),
        ),
        NO_TEXT,
    )


def test_only_the_newest_of_the_ring(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "dev/kmsg").touch()
    with ring(monkeypatch, *(b"6,%d,%d,-;line %d\n" % (n, n, n) for n in range(LINES + 9))):
        assert read(root).lines[0].text == "line 9"


def test_a_flood_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "dev/kmsg").touch()
    monkeypatch.setattr(module, "RECORDS", 5)
    with ring(monkeypatch, *[b"6,1,1,-;again\n"] * 50):
        assert len(read(root).lines) == 5


@pytest.mark.parametrize(
    "record", [b"", b"x", b"6,1;x", b"6,1,99999999999999999999999,-;x", b"-6,1,1,-;x"]
)
def test_what_is_no_record(record: bytes) -> None:
    assert parse_record(record, 0.0) is None


def test_hostile_bytes_are_cleaned() -> None:
    line = parse_record(b"6,1,1000000,-;\x1b[2J \\x1b]0;t\\x07 [/b] \xe2\x80\xae\xff\n", 0.0)
    assert line is not None
    assert line.text == "\u241b[2J \u241b]0;t\u2407 [/b] \ufffd\ufffd"


def test_else_the_journal(root: Path) -> None:
    found = Log("kernel", (LogLine(1.0, clean("oom")),))
    assert read(root, lambda: found) == found


def test_else_a_file(root: Path) -> None:
    (root / "var/log/kern.log").write_bytes(
        b"".join(b"2026-03-26T03:02:16.123456+00:00 h kernel: %d\n" % n for n in range(50))
    )
    (root / "var/log/messages").write_text("not this one\n")
    lines = read(root).lines
    assert [line.text for line in lines] == [f"kernel: {n}" for n in range(30, 50)]
    assert lines[0].at == pytest.approx(1774494136.123456)
    (root / "var/log/kern.log").write_text("Mar 26 03:02:16 h kernel: oom \x1b[2J\n")
    (line,) = read(root).lines
    assert line.text == "Mar 26 03:02:16 h kernel: oom \u241b[2J"
    assert isnan(line.at)


def test_the_end_of_a_large_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL", 100)
    (root / "var/log/messages").write_text("x" * 5000 + "\nlast\n")
    assert read(root).lines[-1].text == "last"


def test_what_is_refused_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: Path, flags: int) -> int:
        if path.name == "kmsg":
            raise PermissionError(1, "Operation not permitted")
        return opened(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert read(root) == Log("kernel", (), clean(f"{read(root).note}"))
    assert "CAP_SYSLOG" in read(root).note


def test_there_may_be_none(root: Path) -> None:
    assert read(root).note == "no kernel lines can be read"


def test_by_default_it_is_journalctl_that_is_asked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def journal(_roots: Roots, *, kernel: bool) -> Log:
        asked.append(kernel)
        return NOTHING

    monkeypatch.setattr(module, "read_journal", journal)
    assert not read_kernel_log(Roots(root=root), 0.0).lines
    assert asked == [True]
