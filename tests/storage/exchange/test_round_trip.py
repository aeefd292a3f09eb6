"""What is written is what is read back, in every format, and in memory that does not grow."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from sysmon_tui.model.process import ProcessDetail, ProcessLife, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.text import clean
from sysmon_tui.storage.exchange import parquet, sorter
from sysmon_tui.storage.exchange.forms import Form, batches_in, text_of, write_parquet
from tests.storage.exchange.samples import histories, machine, plain, read_back, written

ALIKE = 400_000
"""Bytes: garbage not yet collected, runs that are open, Parquet's list of row groups."""
WRITTEN = (Form.CSV, Form.JSONL, Form.OPENMETRICS, Form.PARQUET)


@pytest.mark.parametrize("form", [Form.CSV, Form.JSONL, Form.PARQUET])
@settings(deadline=None, max_examples=60)
@given(history=histories())
def test_every_sample_comes_back(form: Form, history: list[Batch]) -> None:
    assert plain(read_back(written(history, form), form)) == plain(history)


@settings(deadline=None, max_examples=60)
@given(history=histories())
def test_through_openmetrics_all_but_the_collector_comes_back(history: list[Batch]) -> None:
    found = plain(read_back(written(history, Form.OPENMETRICS), Form.OPENMETRICS), collectors=False)
    # There a label that is empty is none, and so two series may be one.
    expected = {
        (wall, "", name, tuple(pair for pair in key if pair[1])): value
        for wall, _, name, key, value in plain(history, collectors=False)
    }
    assert {row[:4] for row in found} == set(expected)


@pytest.mark.parametrize("form", WRITTEN)
def test_an_empty_history(form: Form) -> None:
    assert list(read_back(written([], form), form)) == []


@pytest.mark.parametrize("form", [Form.CSV, Form.JSONL, Form.OPENMETRICS])
def test_what_was_gzipped_is_read(form: Form) -> None:
    history = list(machine(5))
    content = gzip.compress(written(history, form))
    found = read_back(content, form)
    assert plain(found, collectors=False) == plain(history, collectors=False)


def test_json_lines_lose_nothing() -> None:
    row = ProcessRow(7, 1.0, 1, 0, clean("sh"), "S", 0.5, 1.0, 4096, 1, 0, False)
    table = ProcessTable(
        rows=(row,),
        details={7: ProcessDetail(clean("sh -c x"), clean("root"), 1.0, 2.0, clean("a"))},
        states={"S": 1},
        threads=1,
        hidden=True,
        lives=(ProcessLife(5.0, True, row, clean("sh -c x"), clean("root"), clean("a")),),
    )
    history = [
        replace(one, processes=table, note="one hides") if one.collector == "cpu" else one
        for one in machine(3)
    ]
    history.append(replace(history[-1], families={}, processes=None, status=Status.TIMEOUT))
    assert list(read_back(written(history, Form.JSONL), Form.JSONL)) == history


def test_a_new_session_grows_on() -> None:
    again = b"".join(
        line.replace(b'"session":1', b'"session":2') for line in text_of(Form.JSONL, machine(2))
    )
    found = list(read_back(written(machine(3), Form.JSONL) + again, Form.JSONL))
    monos = [one.mono for one in found]
    assert monos[:3] == [1000.0, 1001.0, 1002.0]
    assert monos[3] > 1e6
    assert monos[4] - monos[3] == 1.0


def test_processes_from_outside_are_made_safe() -> None:
    row = ProcessRow(7, 1.0, 1, 0, clean("x"), "S", 0.5, 1.0, 4096, 1, 0, False)
    table = ProcessTable(rows=(row,), lives=(ProcessLife(5.0, True, row, clean("x"), clean("x")),))
    (line,) = text_of(Form.JSONL, [replace(next(machine(1)), processes=table, note="x")])
    hostile = line.replace(b'"x"', b'"\\u001b[31m"')
    (found,) = read_back(hostile, Form.JSONL)
    assert found.processes is not None
    assert "\x1b" not in repr(found).replace("\\x1b", "\x1b")


class TestMemory:
    """The peak of a file and of one seven times as long, whose samples take three megabytes."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sorter, "HELD", 100)
        monkeypatch.setattr(sorter, "FAN", 4)
        monkeypatch.setattr(sorter, "BUFFER", 512)
        monkeypatch.setattr(parquet, "GROUP", 1000)

    @pytest.mark.parametrize("form", WRITTEN)
    def test_writing(self, form: Form, tmp_path: Path) -> None:
        def write(count: int) -> None:
            with (tmp_path / "out").open("wb") as file:
                if form is Form.PARQUET:
                    write_parquet(machine(count), file)
                else:
                    for line in text_of(form, machine(count), directory=tmp_path):
                        file.write(line)

        write(10)
        assert peak(lambda: write(1500)) < peak(lambda: write(200)) + ALIKE

    @pytest.mark.parametrize("form", WRITTEN)
    def test_reading(self, form: Form, tmp_path: Path) -> None:
        for count in (10, 200, 1500):
            (tmp_path / str(count)).write_bytes(written(machine(count), form))

        def read(count: int) -> None:
            with (tmp_path / str(count)).open("rb") as file:
                found = batches_in(file, form, "file", lambda name: "cpu", tmp_path)
                assert sum(1 for _ in found) == count

        read(10)
        assert peak(lambda: read(1500)) < peak(lambda: read(200)) + ALIKE


def peak(work: Callable[[], None]) -> int:
    """Bytes of Python objects at their most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
