"""Composes the witness of this machine; `assemble` calls it.

What reads logs and processes is loaded when the first alert fires, not at start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sysmon_tui.collectors.base import Roots
from sysmon_tui.model.evidence import STEP, Log, Suspect
from sysmon_tui.model.ports import Clock, EvidenceLedger
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.evidence import Sources, Witness
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.replay import replay
from sysmon_tui.monitor.writer import Writer


def create_witness(
    ledger: EvidenceLedger,
    writer: Writer,
    roots: Roots,
    rules: Iterable[Rule],
    clock: Clock,
    host: HostFacts,
    lanes: Iterable[Lane],
) -> Witness:
    """Not yet running."""
    collectors = frozenset(lane.name for lane in lanes)

    def past(start: float, end: float) -> Iterator[Tick]:
        return replay(writer.read(start, end, collectors=collectors, step=STEP), STEP)

    def logs() -> tuple[Log, ...]:
        from sysmon_tui.collectors.journal import read_journal
        from sysmon_tui.collectors.kernel_log import read_kernel_log

        # The kernel's clock runs with the monotonic one.
        return read_kernel_log(roots, clock.wall() - clock.mono()), read_journal(roots)

    return Witness(
        ledger,
        Sources(past=past, logs=logs, look=_look(roots)),
        rules,
        clock,
        boot_time=host.boot_time,
        judges=writer.judges,
    )


def _look(roots: Roots) -> Callable[[Suspect], Suspect]:
    if not (roots.proc / "stat").exists():
        return lambda suspect: suspect

    def look(suspect: Suspect) -> Suspect:
        from sysmon_tui.collectors.process_look import ProcessLook

        return ProcessLook(roots)(suspect)

    return look
