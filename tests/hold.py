"""A process to act on that is none."""

from __future__ import annotations

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Ourselves, Signal, Target
from sysmon_tui.model.text import SafeText, clean


def target(
    pid: int = 4113,
    name: str = "postgres",
    *,
    uid: int = 70,
    state: str = "S",
    kernel: bool = False,
    command: str = "postgres: writer",
) -> Target:
    return Target(
        ProcessKey(pid, 86400.0),
        uid,
        clean(name),
        clean("postgres"),
        clean(command),
        state,
        0,
        kernel,
    )


def ourselves(uid: int = 1000, person: int = -1) -> Ourselves:
    return Ourselves(100, frozenset({1, 50, 99}), uid, person)


class FakeHold:
    """Remembers what was done through it; `problem` is raised by every act."""

    def __init__(
        self,
        of: Target,
        us: Ourselves,
        *,
        refusal: str = "",
        certain: bool = True,
        problem: SysmonError | None = None,
        unwritten: str = "",
    ) -> None:
        self.target = of
        self.us = us
        self.refusal = refusal
        self.certain = certain
        self.unwritten = unwritten
        self.problem = problem
        self.nice = 0
        self.sent: list[tuple[Signal, str]] = []
        self.closed = 0

    def send(self, signal: Signal, by: SafeText) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append((signal, by))

    def renice(self, step: int, by: SafeText) -> tuple[int, int]:
        if self.problem is not None:
            raise self.problem
        before, self.nice = self.nice, max(0, self.nice + step)
        return before, self.nice

    def close(self) -> None:
        self.closed += 1
