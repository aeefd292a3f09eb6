from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.marks import FILE, LARGEST, OLD, Marks
from tests.model.briefs import NOW

ANN = clean("ann")


def mark(at: float, note: str = "", set_at: float = NOW) -> Mark:
    return Mark(at=at, set_at=set_at, by=ANN, note=clean(note))


def test_marks_are_kept_by_their_moments(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "state")
    assert marks.between(0.0, 1e11) == ()
    marks.add(mark(NOW - 60.0))
    marks.add(mark(NOW - 600.0, set_at=NOW + 10.0))
    assert [one.at for one in marks.between(NOW, NOW + 10.0)] == [NOW - 600.0, NOW - 60.0]
    assert [one.at for one in Marks(tmp_path / "state").between(NOW, NOW)] == [NOW - 60.0]
    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600


def test_a_note_comes_later_and_loses_its_secrets(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    marks.add(mark(NOW))
    marks.add(mark(NOW, " token=hunter22 \x1b[2J", set_at=NOW + 5.0))
    (kept,) = marks.between(NOW, NOW + 5.0)
    assert kept.note.startswith("token=***")
    assert "\x1b" not in kept.note


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"[" * 99 + b'\n{"at": 1}\n\xff\n')
    marks = Marks(tmp_path)
    marks.add(mark(NOW))
    assert marks.between(0.0, 1e11) == (mark(NOW),)


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    marks = Marks(tmp_path)
    (tmp_path / FILE).write_bytes(b"\n" * LARGEST)
    marks.add(mark(NOW))
    marks.add(mark(NOW + 1.0))
    assert len(marks.between(0.0, 1e11)) == 2
    assert (tmp_path / OLD).stat().st_size > LARGEST
    assert (tmp_path / FILE).stat().st_size < 200


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        Marks(tmp_path).add(mark(NOW))


def test_what_is_no_file_takes_no_mark_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    reader = os.open(tmp_path / FILE, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(StoreError, match="is not a regular file"):
            Marks(tmp_path).add(mark(NOW))
    finally:
        os.close(reader)
