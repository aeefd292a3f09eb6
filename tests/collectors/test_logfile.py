from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sysmon_tui.collectors import logfile
from sysmon_tui.collectors.logfile import LINES, MATCHES, SKIPPED, Logfile
from sysmon_tui.model.metric import labels
from sysmon_tui.processors.logfile import logs_of

LOG = labels(log="web")
ERRORS = labels(log="web", pattern="")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "web.log"
    path.write_text("error of before\n")
    return path


@pytest.fixture
def collector(path: Path) -> Iterator[Logfile]:
    made = make(path)
    made.collect()
    yield made
    made.close()


def make(path: Path, clock: Callable[[], float] = lambda: 0.0) -> Logfile:
    paths = {"web": str(path)}
    return Logfile(paths, logs_of(paths, {"web": "error"}, "x"), clock)


def counts(collector: Logfile) -> tuple[float, float]:
    """Lines, and those with an error."""
    families = collector.collect().families
    return families[LINES][LOG], families.get(MATCHES, {}).get(ERRORS, 0.0)


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_only_what_comes_after_the_beginning_counts(collector: Logfile, path: Path) -> None:
    assert counts(collector) == (0.0, 0.0)
    append(path, "fine\nan error\npar")
    assert counts(collector) == (2.0, 1.0)
    append(path, "tial error\n")
    assert counts(collector) == (3.0, 2.0)
    assert counts(collector) == (3.0, 2.0)


def test_rename_and_create_loses_no_line(collector: Logfile, path: Path) -> None:
    append(path, "one error\n")
    path.rename(path.with_suffix(".1"))
    append(path.with_suffix(".1"), "late error\nleft")
    path.write_text("new error\n")
    assert counts(collector) == (3.0, 3.0)
    append(path, "more\n")
    assert counts(collector) == (4.0, 3.0)


def test_renamed_and_not_yet_there_again(collector: Logfile, path: Path) -> None:
    path.rename(path.with_suffix(".1"))
    append(path.with_suffix(".1"), "late error\n")
    assert counts(collector) == (1.0, 1.0)
    path.write_text("new error\n")
    assert counts(collector) == (2.0, 2.0)


def test_copy_and_truncate(collector: Logfile, path: Path) -> None:
    append(path, "error\n" * 10)
    assert counts(collector) == (10.0, 10.0)
    os.truncate(path, 0)
    append(path, "error\n")
    assert counts(collector) == (11.0, 11.0)


def test_a_file_that_comes_later_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "late.log"
    collector = make(path)
    reading = collector.collect()
    assert reading.note == f"{path} does not exist"
    path.write_text("error\n")
    assert counts(collector) == (1.0, 1.0)
    assert collector.collect().note == ""
    collector.close()


def test_no_regular_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    collector = make(fifo)
    assert collector.collect().note == f"{fifo} is no regular file"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "cannot be read: Too many levels" in make(loop).collect().note


def test_a_pass_reads_so_much(
    collector: Logfile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "PIECE", 60)
    monkeypatch.setattr(logfile, "PASS", 600)
    append(path, "no error.\n" * 100)
    assert counts(collector) == (60.0, 60.0)
    assert counts(collector) == (100.0, 100.0)


def test_what_is_too_far_behind_is_left_out_and_counted(
    collector: Logfile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "PIECE", 60)
    monkeypatch.setattr(logfile, "PASS", 600)
    monkeypatch.setattr(logfile, "BEHIND", 2000)
    append(path, "no error.\n" * 300)
    families = collector.collect().families
    assert families[LINES][LOG] == 60.0
    assert families[SKIPPED][LOG] == 2400.0
    assert counts(collector) == (60.0, 60.0)


def test_a_pass_takes_so_long(path: Path) -> None:
    times = iter([0.0, 0.0, 0.0, 99.0] + [100.0] * 100)
    collector = make(path, lambda: next(times))
    collector.collect()
    append(path, "error\n" * 10)
    assert counts(collector)[1] < 10.0
    collector.close()


def test_a_pattern_that_was_given_up_is_told(path: Path) -> None:
    paths = {"web": str(path)}
    collector = Logfile(paths, logs_of(paths, {"web": "(a|aa)+$"}, "x"), lambda: 0.0)
    collector.collect()
    append(path, ("a" * 2000 + "b\n") * 5)
    assert collector.collect().note == "A pattern of web takes too long and is given up"
    collector.close()
