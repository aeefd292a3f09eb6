"""Signals to real processes, and to none that only has the pid of one."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from sysmon_tui.collectors import process_target_linux, process_target_portable
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_hold import PidfdOpen, take_hold
from sysmon_tui.collectors.process_stat import TICK, parse_stat
from sysmon_tui.model.errors import Denied, Gone, Refused, SysmonError, Unsupported
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Signal, Target
from tests.collectors.process_tree import FakeProc, FakeProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc and pidfd")

# Not `print`, which a signal may come into the middle of.
SLEEPER = "import os, signal; signal.signal(signal.SIGUSR1, lambda *_: os.write(1, b'usr1\\n'))"
SLEEPER += "; print('ready', flush=True)\nwhile True: signal.pause()"


def no_pidfd(_: int) -> int:
    raise OSError(errno.ENOSYS, "Function not implemented")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-c", SLEEPER, "--password=canary77"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def key_of(pid: int) -> ProcessKey:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_bytes())
    assert stat is not None
    return ProcessKey(pid, stat.start * TICK)


def state_of(pid: int) -> str:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_bytes())
    return stat.state if stat is not None else ""


WAYS = pytest.mark.parametrize("pidfd_open", [os.pidfd_open, no_pidfd, None])


@WAYS
def test_signals_arrive(child: subprocess.Popen[str], pidfd_open: PidfdOpen | None) -> None:
    with closing(take_hold(key_of(child.pid), Roots(), pidfd_open)) as hold:
        assert hold.certain is (pidfd_open is os.pidfd_open)
        assert hold.refusal == ""
        hold.send(Signal.USR1)
        assert child.stdout is not None
        assert child.stdout.readline() == "usr1\n"
        hold.send(Signal.STOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        assert state_of(child.pid) == "T"
        hold.send(Signal.CONT)
        os.waitid(os.P_PID, child.pid, os.WCONTINUED)
        hold.send(Signal.TERM)
        assert child.wait() == -signal.SIGTERM
        with pytest.raises(Gone):
            hold.send(Signal.KILL)
    with pytest.raises(Gone):
        take_hold(ProcessKey(child.pid, 1.0), Roots(), pidfd_open)


def test_kill_ends_what_is_stopped(child: subprocess.Popen[str]) -> None:
    with closing(take_hold(key_of(child.pid), Roots())) as hold:
        hold.send(Signal.STOP)
        hold.send(Signal.KILL)
        assert child.wait() == -signal.SIGKILL


def test_what_is_known_of_it(child: subprocess.Popen[str]) -> None:
    with closing(take_hold(key_of(child.pid), Roots())) as hold:
        target = hold.target
        assert target.key == key_of(child.pid)
        assert target.uid == os.geteuid()
        assert "--password=***" in target.command
        assert "canary77" not in target.command
        assert not target.kernel
        assert {os.getppid(), 1} <= hold.us.ancestors
        assert hold.us.pid == os.getpid()


def test_nothing_is_left_open(child: subprocess.Popen[str]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    take_hold(key_of(child.pid), Roots()).close()
    with pytest.raises(Gone):
        take_hold(ProcessKey(child.pid, 1.0), Roots())
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_was_let_go_gets_no_signal(child: subprocess.Popen[str]) -> None:
    hold = take_hold(key_of(child.pid), Roots())
    hold.close()
    with pytest.raises(Refused):
        hold.send(Signal.TERM)
    assert child.poll() is None


@pytest.mark.parametrize("pid", [1, os.getpid(), os.getppid()], ids=["init", "us", "parent"])
def test_refused(pid: int) -> None:
    with closing(take_hold(key_of(pid), Roots())) as hold:
        assert hold.refusal
        with pytest.raises(Refused):
            hold.send(Signal.CONT)


def test_another_user_by_now(child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(take_hold(key_of(child.pid), Roots())) as hold:
        monkeypatch.setattr(
            hold._processes, "target", lambda _pid: hold.target._replace(uid=hold.target.uid + 1)
        )
        with pytest.raises(Refused, match="runs as"):
            hold.send(Signal.TERM)
    assert child.poll() is None


def test_foreign_pids_are_refused(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.processes[300] = FakeProcess()
    with pytest.raises(Refused, match="not those of this program"):
        take_hold(ProcessKey(300, 5.0), Roots(proc=tmp_path, foreign=True))
    (tmp_path / "self").mkdir()
    for line in ("NSpid:\t300\t7\n", f"NSpid:\t{os.getpid()}\t1\n", "Name:\tx\n"):
        (tmp_path / "self/status").write_text(line)
        with pytest.raises(Refused):
            take_hold(ProcessKey(300, 5.0), Roots(proc=tmp_path, foreign=True))


@pytest.mark.parametrize(
    ("raised", "wanted", "why"),
    [
        (PermissionError(errno.EPERM, "x"), Denied, "somebody else"),
        (PermissionError(errno.EACCES, "x"), Denied, "only root"),
        (psutil.AccessDenied(1), Denied, "somebody else"),
        (ProcessLookupError(), Gone, "ended"),
        (psutil.NoSuchProcess(1), Gone, "ended"),
        (OSError(errno.EINVAL, "Invalid argument"), SysmonError, "Invalid argument"),
    ],
)
def test_failures_are_explained(
    child: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    wanted: type[SysmonError],
    why: str,
) -> None:
    def refuse(*_: object) -> None:
        raise raised

    monkeypatch.setattr(signal, "pidfd_send_signal", refuse)
    monkeypatch.setattr(os, "setpriority", refuse)
    with closing(take_hold(key_of(child.pid), Roots())) as hold:
        with pytest.raises(wanted, match=why):
            hold.send(Signal.TERM)
        with pytest.raises(wanted, match=why):
            hold.renice(1)


def test_a_system_without(child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(take_hold(key_of(child.pid), Roots())) as hold:
        monkeypatch.delattr(signal, "SIGUSR2")
        with pytest.raises(Unsupported, match="SIGUSR2"):
            hold.send(Signal.USR2)
        monkeypatch.delattr(os, "setpriority")
        with pytest.raises(Unsupported, match="nice"):
            hold.renice(1)


def test_every_thread_is_reniced() -> None:
    code = "import threading; threading.Thread(target=input).start(); print('ready', flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threads = [int(name) for name in os.listdir(f"/proc/{process.pid}/task")]
        with closing(take_hold(key_of(process.pid), Roots())) as hold:
            before, after = hold.renice(1)
            assert after == before + 1
            assert len(threads) == 2
            for thread in threads:
                assert os.getpriority(os.PRIO_PROCESS, thread) == after
            assert hold.renice(40) == (after, 19)
            assert hold.renice(1) == (19, 19)
        process.kill()


def test_the_portable_way_says_the_same(child: subprocess.Popen[str]) -> None:
    roots = Roots()
    with (
        closing(process_target_portable.create(roots)) as portable,
        closing(process_target_linux.create(roots)) as linux,
    ):
        one, other = portable.target(child.pid), linux.target(child.pid)
        assert isinstance(one, Target)
        assert isinstance(other, Target)
        assert abs(one.key.start_time - other.key.start_time) <= portable.slack
        assert one.uid == other.uid
        assert one.command == other.command
        assert portable.ancestors(child.pid) == linux.ancestors(child.pid)
        assert portable.threads(child.pid) == (child.pid,)
        child.kill()
        child.wait()
        assert portable.target(child.pid) is None
        assert linux.target(child.pid) is None
        assert portable.ancestors(child.pid) == linux.ancestors(child.pid) == frozenset()


def test_where_there_is_no_proc(child: subprocess.Popen[str], tmp_path: Path) -> None:
    process = psutil.Process(child.pid)
    key = ProcessKey(child.pid, process.create_time() - psutil.boot_time())
    with closing(take_hold(key, Roots(proc=tmp_path), None)) as hold:
        assert not hold.certain
        hold.renice(1)
        hold.send(Signal.TERM)
        assert child.wait() == -signal.SIGTERM


def test_gone_between_reading_and_holding(
    child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanished(pid: int) -> psutil.Process:
        raise psutil.NoSuchProcess(pid)

    key = key_of(child.pid)
    monkeypatch.setattr(psutil, "Process", vanished)
    with pytest.raises(Gone):
        take_hold(key, Roots(), None)


# A pid that is used again, in the same tick of the clock if it can be had

REUSE = """
import os, signal, sys
from pathlib import Path
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_hold import take_hold
from sysmon_tui.collectors.process_stat import TICK, parse_stat
from sysmon_tui.model.errors import Gone
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Signal

def sleeper():
    pid = os.fork()
    if not pid:
        signal.pause()
    return pid

def started(pid):
    return parse_stat(Path(f"/proc/{pid}/stat").read_bytes()).start

refused = wrong = same_tick = 0
for _ in range(int(sys.argv[1])):
    first = sleeper()
    start = started(first)
    hold = take_hold(ProcessKey(first, start * TICK), Roots())
    assert hold.certain
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(first - 1))
    second = sleeper()
    assert second == first, (first, second)
    same_tick += started(second) == start
    # The kernel's own answer, without the look at the start time before it.
    try:
        signal.pidfd_send_signal(hold._pidfd, signal.SIGTERM)
        wrong += 1
    except ProcessLookupError:
        pass
    try:
        hold.send(Signal.TERM)
        wrong += 1
    except Gone:
        refused += 1
    hold.close()
    assert os.waitpid(second, os.WNOHANG) == (0, 0)
    os.kill(second, signal.SIGKILL)
    os.waitpid(second, 0)
print(refused, wrong, same_tick)
"""
UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def reuse(rounds: int) -> list[int]:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("needs root and unshare, to use pids again at will")
    argv = [*UNSHARE, sys.executable, "-c", REUSE, str(rounds)]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=100, check=False)
    if "unshare failed" in ran.stderr:
        pytest.skip(ran.stderr.strip())
    assert ran.returncode == 0, ran.stderr
    return [int(word) for word in ran.stdout.split()]


def test_a_pid_used_again_is_not_hit() -> None:
    refused, wrong, _ = reuse(20)
    assert (refused, wrong) == (20, 0)


@pytest.mark.slow
def test_200_pids_used_again_are_not_hit() -> None:
    refused, wrong, same_tick = reuse(200)
    assert (refused, wrong) == (200, 0)
    assert same_tick > 0, "the start time alone would not have told them apart"
