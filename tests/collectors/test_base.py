from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sysmon_tui.collectors.base import KernelFile, Roots
from sysmon_tui.model.errors import Denied, Unsupported


def test_default_roots_are_the_machine_we_run_on() -> None:
    assert Roots() == Roots(Path("/proc"), Path("/sys"), Path("/"), foreign=False)


def test_reads_what_the_file_holds_now(tmp_path: Path) -> None:
    path = tmp_path / "stat"
    path.write_bytes(b"one two\nthree\n")
    file = KernelFile(path)
    assert file.read() == b"one two\nthree\n"
    path.write_bytes(b"four\n")
    assert file.read() == b"four\n"
    file.close()


def test_opens_once_however_often_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stat"
    path.write_bytes(b"x")
    opened: list[str] = []
    real = os.open

    def record(path: str, flags: int) -> int:
        opened.append(str(path))
        return real(path, flags)

    monkeypatch.setattr(os, "open", record)
    file = KernelFile(path)
    for _ in range(5):
        file.read()
    file.close()
    file.close()
    assert opened == [str(path)]


@pytest.mark.parametrize("length", [0, 2047, 2048, 4095, 4096, 4097, 100_000])
def test_reads_whole_files_of_any_length(tmp_path: Path, length: int) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * (length // 256) + b"x" * (length % 256))
    file = KernelFile(path, 4096)
    assert file.read() == path.read_bytes()
    file.close()


def test_puts_together_what_the_kernel_answers_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pieces"
    path.write_bytes(b"a" * 3000 + b"b" * 3000 + b"c" * 100)
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: real(fd, min(size, 3000), at))
    file = KernelFile(path)
    assert file.read() == path.read_bytes()
    file.close()


def test_says_that_a_file_is_missing_and_finds_it_later(tmp_path: Path) -> None:
    file = KernelFile(tmp_path / "late")
    with pytest.raises(Unsupported, match="does not exist"):
        file.read()
    (tmp_path / "late").write_bytes(b"here")
    assert file.read() == b"here"
    file.close()


def test_says_that_a_file_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Denied) as caught:
        KernelFile(tmp_path / "secret").read()
    assert caught.value.remedy


def test_other_errors_pass_and_the_file_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(b"back")
    file = KernelFile(path)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "bad")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", fail)
        with pytest.raises(OSError, match="bad"):
            file.read()
    assert file.read() == b"back"
    file.close()
