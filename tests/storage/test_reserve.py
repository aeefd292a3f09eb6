"""The piece of disk held back for the day it is full."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sysmon_tui.storage.reserve import LARGEST, PLENTY, SHARE, Reserve

QUOTA = 4 << 20
SIZE = QUOTA // SHARE
Free = Callable[[int], None]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Free:
    def say(amount: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=amount))

    say(1 << 40)
    return say


def test_it_is_taken_once_and_given_up_on_a_full_disk_alone(tmp_path: Path, free: Free) -> None:
    reserve = Reserve(tmp_path / "history", QUOTA)
    file = tmp_path / "history.reserve"
    assert [reserve.take(), reserve.take()] == [True, False]
    assert file.stat().st_size == SIZE
    assert file.stat().st_blocks * 512 >= SIZE
    assert file.stat().st_mode & 0o777 == 0o600
    assert not reserve.give_up()
    free(0)
    assert [reserve.give_up(), reserve.give_up()] == [True, False]
    assert reserve.spent
    assert not file.exists()
    free(PLENTY * SIZE - 1)
    assert not reserve.take()
    free(PLENTY * SIZE)
    assert reserve.take()
    assert not reserve.spent


def test_the_one_of_the_run_before_is_found(tmp_path: Path, free: Free) -> None:
    assert Reserve(tmp_path / "history", QUOTA).take()
    free(0)
    assert Reserve(tmp_path / "history", QUOTA).give_up()


def test_it_is_a_part_of_the_quota_and_not_too_large(tmp_path: Path) -> None:
    assert Reserve(tmp_path / "history", 1 << 40).size == LARGEST
    small = Reserve(tmp_path / "history", SHARE)
    assert small.size == 0
    assert not small.take()


def test_what_cannot_be_had_leaves_nothing_behind(tmp_path: Path, free: Free) -> None:
    reserve = Reserve(tmp_path / "history", QUOTA)
    target = tmp_path / "elsewhere"
    (tmp_path / "history.reserve").symlink_to(target)
    assert not reserve.take()
    assert list(tmp_path.iterdir()) == []
    assert not Reserve(tmp_path / "none" / "history", QUOTA).take()


def test_one_that_somebody_else_removed_is_no_room(tmp_path: Path, free: Free) -> None:
    reserve = Reserve(tmp_path / "history", QUOTA)
    reserve.take()
    (tmp_path / "history.reserve").unlink()
    free(0)
    assert not reserve.give_up()
