"""Acts on processes: allowed or not, done, and written down whatever came of them.

The screen takes hold of a process through `Monitor.hold`; everything blocks, so on a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_hold import ProcessHold, take_hold
from sysmon_tui.model.errors import Refused, StoreError, SysmonError
from sysmon_tui.model.ports import Clock, Hold
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Ourselves, ProcessAct, Signal, Target
from sysmon_tui.model.text import SafeText, clean
from sysmon_tui.storage.act_log import ActLog

DONE = "done"

Result = TypeVar("Result")


class RecordedHold:
    """A `model.ports.Hold`."""

    def __init__(self, hold: ProcessHold, log: ActLog, clock: Clock) -> None:
        self.unwritten = ""
        self._hold = hold
        self._log = log
        self._clock = clock

    @property
    def target(self) -> Target:
        return self._hold.target

    @property
    def us(self) -> Ourselves:
        return self._hold.us

    @property
    def refusal(self) -> str:
        return self._hold.refusal

    @property
    def certain(self) -> bool:
        return self._hold.certain

    def send(self, signal: Signal, by: SafeText) -> None:
        self._recorded(lambda: self._hold.send(signal), by, signal)

    def renice(self, step: int, by: SafeText) -> tuple[int, int]:
        return self._recorded(lambda: self._hold.renice(step), by, f"nice {step:+d}")

    def _recorded(self, act: Callable[[], Result], by: SafeText, name: str) -> Result:
        outcome = DONE
        try:
            return act()
        except SysmonError as error:
            outcome = clean(error.problem)
            raise
        finally:
            self._write(ProcessAct(self._clock.wall(), by, name, self.target, outcome))

    def _write(self, act: ProcessAct) -> None:
        """A full disk is what one may have to kill a process for: it does not keep one from it."""
        try:
            self._log.append(act)
            self.unwritten = ""
        except StoreError as error:
            self.unwritten = str(error)

    def close(self) -> None:
        self._hold.close()


class Acting:
    def __init__(self, roots: Roots, state: Path, clock: Clock, *, allowed: bool) -> None:
        self._roots = roots
        self._log = ActLog(state)
        self._clock = clock
        self._allowed = allowed

    def hold(self, key: ProcessKey) -> Hold:
        """Raises `Gone`, or `Refused` where nothing may be done to processes from here."""
        if not self._allowed:
            raise Refused("the settings forbid it", "Set processes = true under [acts]")
        return RecordedHold(take_hold(key, self._roots), self._log, self._clock)
