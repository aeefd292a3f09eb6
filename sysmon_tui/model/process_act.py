"""What may be done to a process, by whom, and what must be asked before: decisions, no deeds.

`collectors.process_hold` finds out and acts, `monitor.acting` writes it down, the signal dialog
of the screen asks. A wrong signal cannot be taken back, so whatever could end the machine, the
session or the wrong process is refused here with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.text import SafeText

TYPED_LIMIT = 32
"""Characters of a name that one can be asked to type."""


class Signal(StrEnum):
    """The signals offered, the usual one first; names as in signal(7)."""

    TERM = "SIGTERM"
    HUP = "SIGHUP"
    INT = "SIGINT"
    STOP = "SIGSTOP"
    CONT = "SIGCONT"
    USR1 = "SIGUSR1"
    USR2 = "SIGUSR2"
    QUIT = "SIGQUIT"
    KILL = "SIGKILL"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Signal.TERM: "end in order",
    Signal.HUP: "read the settings again, or end",
    Signal.INT: "interrupt, as Ctrl+C",
    Signal.STOP: "stop until SIGCONT",
    Signal.CONT: "go on",
    Signal.USR1: "what the program makes of it",
    Signal.USR2: "what the program makes of it",
    Signal.QUIT: "end with a core dump",
    Signal.KILL: "end at once, nothing saved",
}


class Target(NamedTuple):
    """A process as it was found when it was taken hold of."""

    key: ProcessKey
    uid: int
    """Effective; -1 where the system has no numeric ids."""
    name: SafeText
    user: SafeText
    command: SafeText
    """The argument vector joined by blanks, secrets masked."""
    state: str
    nice: int
    kernel: bool


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who would act."""

    pid: int
    ancestors: frozenset[int]
    """Our parents up to the first process: the shell, the SSH session."""
    uid: int
    person: int
    """Uid of whoever called sudo; -1 where nobody did."""


def refusal(target: Target, us: Ourselves) -> str:
    """Why no signal goes there; empty where one may."""
    pid = target.key.pid
    if pid == 1:
        return "it is process 1: the whole system would end with it"
    if pid == us.pid:
        return "it is this program: leave it with q"
    if pid in us.ancestors:
        return "this program runs below it: our own session would end"
    if target.kernel:
        return "it is a kernel thread: no signal takes effect"
    if target.state == "Z":
        return "it is a zombie: it has ended, and its parent must ask how"
    return ""


def typed(targets: Sequence[Target], us: Ourselves) -> str:
    """What must be typed before a signal goes to these; empty where Enter is enough.

    Root may hit everything, so root types the name unless the process is of the person behind
    sudo. A name that no keyboard has gives way to the pid, and several processes to their number.
    """
    if us.uid != 0 or all(us.person > 0 and target.uid == us.person for target in targets):
        return ""
    if len(targets) > 1:
        return str(len(targets))
    name = targets[0].name
    typable = name.isascii() and name.isprintable() and name == name.strip()
    return name if typable and 0 < len(name) <= TYPED_LIMIT else str(targets[0].key.pid)


@dataclass(frozen=True, slots=True)
class ProcessAct:
    """Something that was done to a process, or tried: a line of the audit log."""

    at: float
    """Seconds since the epoch."""
    by: SafeText
    act: str
    """A signal's name, or `nice` and the step."""
    target: Target
    outcome: str
    """`done`, or why not."""
