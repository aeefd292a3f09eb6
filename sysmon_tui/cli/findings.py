"""What `sysmon-tui doctor` finds: one `Finding` for each thing that can be well or not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sysmon_tui.cli.health import in_words
from sysmon_tui.cli.look import Observed, look, unanswered
from sysmon_tui.model import units
from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.process import ProcessDemand, ProcessRow
from sysmon_tui.model.sample import CollectorState, HostFacts, Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor import pulse
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.source import Untrusted
from sysmon_tui.settings.store import Loaded
from sysmon_tui.storage import open_ledger
from sysmon_tui.ui.terminal import Colours, Terminal

BEATS = 3
"""The I/O of a process is asked for after the first, and its rate needs two readings."""
SAMPLE = 50
"""Processes of others whose I/O is tried."""
AS_ROOT = "Run as root to see it"


class Standing(StrEnum):
    OK = "ok"
    ABSENT = "absent"
    """This machine has no such thing."""
    LIMITED = "limited"
    BROKEN = "broken"

    @property
    def matters(self) -> bool:
        """Something could be better."""
        return self in (Standing.LIMITED, Standing.BROKEN)


class Finding(NamedTuple):
    topic: str
    standing: Standing
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known before the machine is looked at."""

    loaded: Loaded
    dirs: Dirs
    terminal: Terminal
    user: int
    """Our effective user id."""


class Examined(Observed, Protocol):
    def demand(self, demand: ProcessDemand) -> None: ...


def examine(case: Case, monitor: Examined, pause: Callable[[], None]) -> tuple[Finding, ...]:
    """Look at everything and let go of the monitor. `pause` lasts one interval."""
    try:
        first = monitor.beat()
        others = _foreign(first, case.user)
        monitor.demand(ProcessDemand(visible=frozenset(row.pid for row in others)))
        pause()
        ticks = (first, *look(monitor, 0.0, lambda _seconds: pause(), BEATS - 1))
    finally:
        monitor.stop()
    return tuple(_findings(case, monitor, ticks))


def _findings(case: Case, monitor: Observed, ticks: Sequence[Tick]) -> Iterator[Finding]:
    last = ticks[-1]
    yield _machine(monitor.host, last.wall)
    yield _vantage(monitor.host)
    yield from _settings(case.loaded)
    yield from (Finding("settings", Standing.BROKEN, notice) for notice in monitor.notices)
    yield _state(case.dirs.state)
    yield _history(case)
    yield from _recorder(case.dirs.state, last)
    yield from _terminal(case.terminal)
    yield from _processes(last, case.user)
    series = _series(ticks)
    silent = unanswered(last)
    for state in last.collectors:
        yield _collector(state, series.get(state.name, 0), state in silent)
    yield from _gaps(last)


def _machine(host: HostFacts, now: float) -> Finding:
    up = units.duration(now - host.boot_time)
    text = f"{host.hostname}: {host.system}, kernel {host.kernel}, {host.cores} cores, up {up}"
    return Finding("machine", Standing.OK, text)


def _vantage(host: HostFacts) -> Finding:
    limits = [
        f"{name} {units.size(limit) if name == 'memory' else units.number(limit)}"
        for name, limit in sorted(host.limits.items())
    ]
    remote = [f"SSH from {host.remote}"] if host.remote else []
    return Finding("vantage", Standing.OK, ", ".join([host.vantage, *limits, *remote]))


def _settings(loaded: Loaded) -> Iterator[Finding]:
    there = "" if loaded.stamp else " (not there: defaults)"
    yield Finding("settings", Standing.OK, f"{loaded.path}{there}")
    for problem in loaded.problems:
        standing = Standing.LIMITED if isinstance(problem, Untrusted) else Standing.BROKEN
        yield Finding("settings", standing, problem.problem, problem.remedy)


def _state(path: Path) -> Finding:
    """Whether history can be kept; nothing is created to find out."""
    there = next(place for place in (path, *path.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        remedy = "Make it writable, or set SYSMON_TUI_STATE_DIR; until then history is lost"
        return Finding("state", Standing.BROKEN, f"{path} cannot be written", remedy)
    return Finding("state", Standing.OK, f"{path}{'' if there == path else ' (to be created)'}")


def _history(case: Case) -> Finding:
    url = case.loaded.settings.storage.url
    if url == "memory:":
        remedy = "Set storage.url to sqlite: to keep it"
        return Finding("history", Standing.LIMITED, "kept in memory only, lost at the end", remedy)
    try:
        open_ledger(url, state=case.dirs.state)
    except StoreError as error:
        return Finding("history", Standing.BROKEN, error.problem, error.remedy)
    # Sizes only: opening the files here would drop the locks that SQLite holds on them.
    kept = sum(_sizes(case.dirs.state))
    return Finding("history", Standing.OK, f"{url}, {units.size(kept)} in the state directory")


def _recorder(state: Path, tick: Tick) -> Iterator[Finding]:
    """What `sysmon-tui record` says of itself; nothing where none was ever started."""
    path = state / pulse.FILE_NAME
    if not path.exists():
        return
    try:
        said = pulse.read(path)
    except SysmonError as error:
        yield Finding("recorder", Standing.BROKEN, error.problem, error.remedy)
        return
    age = said.age(tick.wall, tick.mono)
    words = in_words(said, age)
    if age <= said.patience:
        yield Finding("recorder", Standing.OK, words)
    else:
        yield Finding("recorder", Standing.BROKEN, words, "Start `sysmon-tui record` again")


def _sizes(path: Path) -> Iterator[int]:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                yield entry.stat(follow_symlinks=False).st_size
    except OSError:
        return


def _terminal(terminal: Terminal) -> Iterator[Finding]:
    if not terminal.interactive:
        yield Finding("terminal", Standing.OK, "none: input or output goes elsewhere")
        return
    mouse = "mouse" if terminal.mouse else "no mouse by default (SSH)"
    colours = {Colours.SIXTEEN: "16", Colours.PALETTE: "256", Colours.TRUE: "16.7 million"}
    count = colours.get(terminal.colours, "no")
    text = f"{terminal.name or 'unnamed'}, {count} colours, {terminal.encoding}, {mouse}"
    yield Finding("terminal", Standing.OK, text)
    if terminal.name in ("dumb", "unknown"):
        yield Finding("terminal", Standing.LIMITED, "cannot place text", "Set TERM to what it is")
    if not terminal.utf8:
        remedy = "Set LC_ALL to a UTF-8 locale, such as C.UTF-8"
        yield Finding("terminal", Standing.LIMITED, "is drawn in ASCII", remedy)


def _foreign(tick: Tick, user: int) -> list[ProcessRow]:
    """Programs of other users, as many as are tried."""
    rows = (row for row in tick.processes.rows if row.uid != user and not row.kernel)
    return list(rows)[:SAMPLE]


def _processes(tick: Tick, user: int) -> Iterator[Finding]:
    table = tick.processes
    if not table.rows:
        return
    text = f"{len(table.rows)} processes, {table.threads} threads"
    yield Finding("processes", Standing.OK, text)
    if table.hidden:
        remedy = "Run as root, or mount /proc with the gid= of a group you are in"
        yield Finding("processes", Standing.LIMITED, "those of other users are hidden", remedy)
    details = [table.details[row.pid] for row in _foreign(tick, user) if row.pid in table.details]
    if details and all(isnan(detail.read_rate) for detail in details):
        text = "the storage traffic of other users' processes is denied"
        yield Finding("processes", Standing.LIMITED, text, AS_ROOT)


def _series(ticks: Iterable[Tick]) -> dict[str, int]:
    """How many series each collector has yielded in its newest good pass."""
    return {
        batch.collector: sum(map(len, batch.families.values()))
        for tick in ticks
        for batch in tick.batches
        if batch.status is Status.OK
    }


_STANDINGS = {Status.OK: Standing.OK, Status.UNSUPPORTED: Standing.ABSENT}


def _collector(state: CollectorState, series: int, silent: bool) -> Finding:
    topic = f"{state.name} collector"
    if silent:
        return Finding(topic, Standing.LIMITED, "has not answered", "Look for a mount that hangs")
    standing = _STANDINGS.get(state.status, Standing.LIMITED)
    if standing is not Standing.OK:
        return Finding(
            topic, standing, f"{state.status}: {state.note}" if state.note else state.status
        )
    cost = f"{units.latency(state.cost)} every {units.latency(state.interval)}"
    text = f"{series} series, {cost}"
    return Finding(topic, Standing.LIMITED if state.note else standing, text, state.note)


def _gaps(tick: Tick) -> Iterator[Finding]:
    """What a collector that is well has nothing to say about."""
    families = tick.families
    if "node_netstat_Tcp_OutSegs" in families and "node_nf_conntrack_entries" not in families:
        text = "connections are not tracked (no nf_conntrack to be seen)"
        yield Finding("netstat collector", Standing.ABSENT, text)
    if "sysmon_cgroup_memory_usage_bytes" in families and not (
        families.keys() & {"sysmon_cgroup_memory_limit_bytes", "sysmon_cgroup_cpu_periods_total"}
    ):
        text = "no control group has a limit of its own"
        yield Finding("cgroup collector", Standing.ABSENT, text)
    if tick.value("node_timex_sync_status") == 0.0:
        text = "nothing keeps the clock in step, so how far it is off is not known"
        remedy = "Run chrony or systemd-timesyncd, unless the hypervisor sets the clock"
        yield Finding("clock collector", Standing.ABSENT, text, remedy)


def report(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each finding, its remedy below it, and a count at the end."""
    width = max(len(finding.topic) for finding in findings)
    for topic, standing, text, remedy in findings:
        yield f"{topic:<{width}}  {standing:<7}  {text}"
        if remedy:
            yield f"{'':<{width}}           {remedy}"
    matter = sum(finding.standing.matters for finding in findings)
    yield f"{matter} of {len(findings)} could be better" if matter else "Nothing is missing"


def as_object(findings: Sequence[Finding]) -> dict[str, Any]:
    """The same as plain values, for `--json`."""
    return {
        "fine": not any(finding.standing.matters for finding in findings),
        "findings": [finding._asdict() for finding in findings],
    }
