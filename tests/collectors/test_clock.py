from __future__ import annotations

import ctypes
import errno
import subprocess
import sys

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.clock import (
    ESTIMATED_ERROR,
    MAX_ERROR,
    OFFSET,
    SYNCED,
    LinuxClock,
    NoClock,
    Timex,
    create,
)
from sysmon_tui.model.errors import Denied, Unsupported

KEPT = Timex(state=0, status=0x2001, offset=-1_500_000, max_error=250_000, estimated_error=120)


def test_offset_in_nanoseconds() -> None:
    collector = LinuxClock(lambda: KEPT)
    families = collector.collect().families
    assert families[OFFSET][()] == pytest.approx(-0.0015)
    assert families[SYNCED] == {(): 1.0}
    assert families[MAX_ERROR][()] == pytest.approx(0.25)
    assert families[ESTIMATED_ERROR][()] == pytest.approx(120e-6)
    collector.close()


def test_offset_in_microseconds_of_a_clock_nobody_keeps() -> None:
    families = LinuxClock(lambda: KEPT._replace(state=5, status=0x41)).collect().families
    assert families[OFFSET][()] == pytest.approx(-1.5)
    assert families[SYNCED] == {(): 0.0}


@pytest.mark.parametrize(
    ("code", "expected"),
    [(errno.EPERM, Denied), (errno.EACCES, Denied), (errno.ENOSYS, Unsupported)],
)
def test_a_kernel_that_refuses(code: int, expected: type[Exception]) -> None:
    def refuse() -> Timex:
        raise OSError(code, "no")

    with pytest.raises(expected):
        LinuxClock(refuse).collect()


@pytest.mark.skipif(sys.platform != "linux", reason="adjtimex")
def test_the_real_call_sets_nothing_and_is_kept() -> None:
    collector = create(Roots())
    assert isinstance(collector, LinuxClock)
    try:
        families = collector.collect().families
    except Denied:
        pytest.skip("adjtimex is refused here")
    assert families[SYNCED][()] in (0.0, 1.0)
    assert 0.0 <= families[MAX_ERROR][()] < 3600.0
    kept = collector._ask
    collector.collect()
    assert collector._ask is kept


def test_a_c_library_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_options: object())
    with pytest.raises(Unsupported, match="C library"):
        LinuxClock().collect()


def test_a_call_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def adjtimex(self, _timex: object) -> int:
            ctypes.set_errno(errno.EPERM)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_options: Library())
    with pytest.raises(Denied, match="seccomp"):
        LinuxClock().collect()


def test_ctypes_is_not_loaded_before_the_clock_is_read() -> None:
    code = (
        "import sys; from sysmon_tui.collectors import clock, base;"
        "clock.create(base.Roots()); print('ctypes' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_elsewhere_it_is_unsupported() -> None:
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, NoClock)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
