"""The log: one safe line an event, few of a kind, and nobody ever waits for its reader."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.cli import logs
from tests.clock import ManualClock


def record(
    event: str = "problem", level: int = logging.WARNING, **fields: object
) -> logging.LogRecord:
    made = logging.LogRecord("x", level, __file__, 1, event, None, None)
    made.created, made.msecs = 1_700_000_000.25, 250.0
    made.fields = fields
    return made


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger as it was, afterwards."""
    logger = logging.getLogger()
    before, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = before
    logger.setLevel(level)


def test_a_line_of_text_is_logfmt() -> None:
    line = logs.as_text(
        record(rule="Busy", summary='97% of "memory"', note="", path="a\\b", eq="a=b")
    )
    assert line == (
        "time=2023-11-14T22:13:20.250Z level=warning event=problem rule=Busy "
        'summary="97% of \\"memory\\"" path="a\\\\b" eq="a=b"'
    )


def test_a_line_of_json_says_the_same() -> None:
    assert json.loads(logs.as_json(record(rule="Büsy"))) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "event": "problem",
        "rule": "Büsy",
    }


@pytest.mark.parametrize("form", [logs.as_text, logs.as_json])
def test_hostile_text_stays_one_harmless_line(form: logs.Form) -> None:
    line = form(record(summary="a\nlevel=error\x1b[2J\u202e\udcff" + "x" * 5000))
    assert line.isprintable()
    assert len(line.encode()) < 2000


def test_an_exception_is_named() -> None:
    made = record("broke")
    made.exc_info = (ValueError, ValueError("bad\n"), None)
    assert logs.as_text(made).endswith('event=broke error="ValueError: bad␊"')


def test_the_same_line_is_written_a_few_times_a_minute() -> None:
    clock = ManualClock()
    repeats = logs.Repeats(clock.mono)
    assert [repeats.filter(record(problem=f"{n} lost")) for n in range(5)] == [True] * 3 + [
        False
    ] * 2
    assert repeats.filter(record(problem="another"))
    clock.advance(logs.WINDOW)
    late = record(problem="9 lost")
    assert repeats.filter(late)
    assert "left_out=2" in logs.as_text(late)
    assert [repeats.filter(record(problem="9 lost")) for _ in range(3)] == [True, True, False]


def test_alerts_are_told_apart_by_their_fingerprint() -> None:
    repeats = logs.Repeats(ManualClock().mono)
    assert all(repeats.filter(record("alert firing", fingerprint=f"f{n}")) for n in range(20))


def test_it_remembers_a_bounded_number_of_lines() -> None:
    repeats = logs.Repeats(ManualClock().mono)
    for number in range(1000):
        repeats.filter(record("alert firing", fingerprint=f"f{number}"))
    assert len(repeats._seen) == logs._KEYS


def test_it_writes_what_is_logged_from_a_level_on(root: logging.Logger) -> None:
    reader, writer = os.pipe()
    logs.install("json", "warning", writer)
    logging.getLogger("sysmon_tui.any").info("quiet")
    logging.getLogger("sysmon_tui.any").warning("loud", extra={"fields": {"a": 1}})
    os.close(writer)
    lines = os.read(reader, 1 << 16).decode().splitlines()
    os.close(reader)
    assert [(said["event"], said["a"]) for said in map(json.loads, lines)] == [("loud", "1")]


def test_a_pipe_that_nobody_reads_loses_lines_instead_of_time(root: logging.Logger) -> None:
    reader, writer = os.pipe()
    logs.install("text", "info", writer)
    for number in range(2000):
        logging.getLogger("x").info("event", extra={"fields": {"fingerprint": number}})
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        lines = pipe.read().splitlines()
    assert 100 < len(lines) < 2000
    assert lines[-1].startswith(b"time=")


def test_a_full_disk_is_nobodys_problem(root: logging.Logger) -> None:
    with Path("/dev/full").open("wb") as full:
        logs.install("text", "info", full.fileno())
        logging.getLogger("x").info("event")
