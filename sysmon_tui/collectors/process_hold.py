"""A firm hold on one process: what is done through it never hits another that got its pid.

`monitor.acting` takes one when the screen opens its dialog, and lets it go when that closes. On
Linux a pidfd (pidfd_open(2), since 5.3) is bound to the process itself; the start time alone does
not tell two processes apart that began in one tick of the kernel's clock. Without it psutil
compares start times, which the dialog says. Everything here blocks on /proc.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, cast

import psutil

from sysmon_tui.collectors.base import Roots
from sysmon_tui.model.errors import Denied, Gone, Refused, SysmonError, Unsupported
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Ourselves, Signal, Target, refusal

SUDO = "Run it with sudo"
ENDED = "it has ended already"

PidfdOpen = Callable[[int], int]
PIDFD_OPEN: PidfdOpen | None = getattr(os, "pidfd_open", None)


class Processes(Protocol):
    """Reads what must be known before an act, afresh each time."""

    slack: float
    """Seconds by which the start time of one process may differ from reading to reading."""

    def target(self, pid: int) -> Target | None:
        """None where there is no such process. Raises `Refused` where pids are not ours."""

    def ancestors(self, pid: int) -> frozenset[int]: ...

    def threads(self, pid: int) -> tuple[int, ...]:
        """Ids of what has a priority of its own; the pid alone where threads have none."""

    def close(self) -> None: ...


class ProcessHold:
    def __init__(self, processes: Processes, target: Target, us: Ourselves, pidfd: int) -> None:
        """`pidfd` is -1 where there is none."""
        self.target = target
        self.us = us
        self.refusal = refusal(target, us)
        """Why it gets no signal; empty where it may."""
        self._processes = processes
        self._pidfd = pidfd
        # Made now: it remembers when the process began, and refuses another one with its pid.
        self._process = _psutil(target) if pidfd < 0 else None

    @property
    def certain(self) -> bool:
        """Nothing else can be hit, however pids are used again."""
        return self._pidfd >= 0

    def send(self, wanted: Signal) -> None:
        """Raises `Refused`, `Gone`, `Denied`, or `Unsupported` where there is no such signal."""
        if self.refusal:
            raise Refused(self.refusal)
        number = getattr(signal, wanted, None)
        if number is None:
            raise Unsupported(f"this system has no {wanted}")
        self._check()
        with _explained():
            if self._process is not None:
                self._process.send_signal(number)
            else:
                signal.pidfd_send_signal(self._pidfd, number)

    def renice(self, step: int) -> tuple[int, int]:
        """Add to the nice value of every thread; the first one's before and after.

        Linux has a nice value for each thread (sched(7)), and no call takes a pidfd for it: the
        process is looked at just before. Raises like `send`.
        """
        if not hasattr(os, "setpriority"):
            raise Unsupported("this system has no nice values")
        self._check()
        pid = self.target.key.pid
        with _explained():
            before = os.getpriority(os.PRIO_PROCESS, pid)
            for thread in self._processes.threads(pid):
                value = os.getpriority(os.PRIO_PROCESS, thread) + step
                os.setpriority(os.PRIO_PROCESS, thread, max(-20, min(19, value)))
            return before, os.getpriority(os.PRIO_PROCESS, pid)

    def _check(self) -> None:
        """That it is still the same process, of the same user."""
        now = self._processes.target(self.target.key.pid)
        if now is None or not _same(now.key, self.target.key, self._processes.slack):
            raise Gone(ENDED)
        if now.uid != self.target.uid:
            raise Refused(f"it runs as {now.user} by now", "Look at it again")

    def close(self) -> None:
        self._processes.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
            self.refusal = self.refusal or "it was let go"


def take_hold(
    key: ProcessKey, roots: Roots, pidfd_open: PidfdOpen | None = PIDFD_OPEN
) -> ProcessHold:
    """Raises `Gone`, or `Refused` where the pids of `roots` are not those of this program."""
    variant = "linux" if (roots.proc / "stat").exists() else "portable"
    # Imported by name: the Linux variant needs modules that other platforms lack.
    module = import_module(f"sysmon_tui.collectors.process_target_{variant}")
    processes = cast("Processes", module.create(roots))
    pidfd = -1
    try:
        us = _ourselves(processes)
        pidfd = _open(key.pid, pidfd_open)
        # Read after it was opened: what is read is then of the process that is held.
        target = processes.target(key.pid)
        if target is None or not _same(target.key, key, processes.slack):
            raise Gone(ENDED)
        return ProcessHold(processes, target, us, pidfd)
    except BaseException:
        processes.close()
        if pidfd >= 0:
            os.close(pidfd)
        raise


def _same(one: ProcessKey, other: ProcessKey, slack: float) -> bool:
    return one.pid == other.pid and abs(one.start_time - other.start_time) <= slack


def _open(pid: int, pidfd_open: PidfdOpen | None) -> int:
    """-1 where the kernel, or what filters its calls, has no pidfd."""
    if pidfd_open is None:
        return -1
    try:
        return pidfd_open(pid)
    except ProcessLookupError:
        raise Gone(ENDED) from None
    except OSError:
        return -1


def _ourselves(processes: Processes) -> Ourselves:
    pid = os.getpid()
    uid = os.geteuid() if hasattr(os, "geteuid") else -1
    person = os.environ.get("SUDO_UID", "")
    return Ourselves(pid, processes.ancestors(pid), uid, int(person) if person.isdecimal() else -1)


def _psutil(target: Target) -> psutil.Process:
    try:
        return psutil.Process(target.key.pid)
    except psutil.Error:
        raise Gone(ENDED) from None


@contextmanager
def _explained() -> Iterator[None]:
    """System calls fail in three ways that a person must tell apart."""
    try:
        yield
    except (ProcessLookupError, psutil.NoSuchProcess):
        raise Gone(ENDED) from None
    except (PermissionError, psutil.AccessDenied) as error:
        if getattr(error, "errno", None) == errno.EACCES:
            # setpriority(2): to lower a nice value takes CAP_SYS_NICE, also for one's own.
            raise Denied("only root may raise its priority", SUDO) from None
        raise Denied("it belongs to somebody else", SUDO) from None
    except OSError as error:
        raise SysmonError(f"the system refused: {error.strerror}") from None
