from __future__ import annotations

import fcntl
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.collectors.process_files import (
    FLOOR,
    MOST_DESCRIPTORS,
    RESERVE,
    ProcessFiles,
    raise_descriptor_limit,
)
from tests.collectors.process_tree import FakeProc, open_descriptors, watch


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path)
    for pid in range(10, 20):
        proc.begin(pid)
    return proc


def limits(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> list[tuple[int, int]]:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: set_to.append(pair))
    return set_to


def test_the_soft_limit_is_raised_to_the_hard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to = limits(monkeypatch, 1024, 20000)
    assert raise_descriptor_limit() == 20000
    assert set_to == [(20000, 20000)]


@pytest.mark.parametrize("hard", [resource.RLIM_INFINITY, 1 << 30])
def test_a_vast_hard_limit_is_not_used_up(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    set_to = limits(monkeypatch, 1024, hard)
    assert raise_descriptor_limit() == MOST_DESCRIPTORS
    assert set_to == [(MOST_DESCRIPTORS, hard)]


def test_a_limit_that_is_high_enough_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to = limits(monkeypatch, 4096, 4096)
    assert raise_descriptor_limit() == 4096
    limits(monkeypatch, resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert raise_descriptor_limit() == MOST_DESCRIPTORS
    assert set_to == []


def test_a_refusal_leaves_the_limit_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, 1024, 20000)

    def refuse(_: int, __: tuple[int, int]) -> None:
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_descriptor_limit() == 1024


@pytest.fixture
def room() -> Iterator[None]:
    """Descriptors beyond the floor."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * FLOOR:
        pytest.skip("the hard limit of open files is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * FLOOR, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("room")
def test_kept_descriptors_leave_the_low_numbers_free(proc: FakeProc) -> None:
    files = ProcessFiles(proc.root, 4 * FLOOR)
    fd = files.keep(10)
    try:
        assert fd >= FLOOR
        assert os.pread(fd, 1024, 0) == proc.processes[10].line(10)
    finally:
        files.release(fd)
        files.close()


def test_no_more_are_kept_than_the_limit_less_a_reserve(proc: FakeProc) -> None:
    files = ProcessFiles(proc.root, RESERVE + 2)
    fds = [files.keep(pid) for pid in (10, 11, 12)]
    assert fds[2] == -1
    assert files.kept == 2
    files.release(fds[0])
    fds[0] = files.keep(13)
    assert fds[0] >= 0
    for fd in fds[:2]:
        files.release(fd)
    files.close()


def test_a_failure_to_move_a_descriptor_leaks_none(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ProcessFiles(proc.root, 4 * FLOOR)
    files.names()
    before = open_descriptors()

    def refuse(*_: int) -> int:
        raise OSError(24, "too many")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    with pytest.raises(OSError, match="too many"):
        files.keep(10)
    assert (open_descriptors(), files.kept) == (before, 0)
    files.close()


def test_every_read_closes_what_it_opened(proc: FakeProc) -> None:
    proc.file(10, "cmdline", b"x" * 100)
    (proc.root / "10/fd").mkdir()
    (proc.root / "10/fd/3").touch()
    (proc.root / "10/exe").symlink_to("/bin/true")
    files = ProcessFiles(proc.root, 1024)
    files.names()
    before = open_descriptors()
    assert files.read(10, "cmdline", 8) == b"x" * 8
    assert files.count(10, "fd") == 1
    assert files.link(10, "exe") == b"/bin/true"
    assert files.owner(10) == os.getuid()
    with pytest.raises(OSError, match="directory"):
        files.read(10, "fd")
    assert open_descriptors() == before
    files.close()
    files.close()
    assert open_descriptors() == before - 1


def test_the_directory_is_opened_once(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = watch(monkeypatch)
    files = ProcessFiles(proc.root, 1024)
    assert {"10", "19", "stat"} <= set(files.names())
    files.names()
    assert calls.counts["open"] == 1
    files.close()
