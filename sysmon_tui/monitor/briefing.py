"""Gathers what changed on this machine since a user last looked, from all that knows of it.

The screen asks once at start, on a thread, `sysmon-tui brief` from the login shell. What a source
cannot say is a remark in the brief, never an error: the rest is worth telling all the more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TypeVar

from sysmon_tui.alerts.mute import Mutes
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.listening import Listening, find_owners, read_listening
from sysmon_tui.model import brief as told
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.brief import Brief, NewPort, Usage
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.metric import Families, Labels, label
from sysmon_tui.model.ports import AlertLedger, Past
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import NOTHING, Batch, HostFacts
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.model.standing import UNIT_STATE, Standing, standing
from sysmon_tui.model.text import NO_TEXT
from sysmon_tui.monitor.lookback import as_they_stood

EVENTS = 2000
"""Alert events looked through, newest."""
TABLES = 60
"""Process tables looked through."""
BUCKETS = 48
CONSUMERS = 4
AWHILE = 8 * 3600.0
"""Seconds told of to somebody who never looked before."""
FLUSHED = 12.0
"""Seconds until what was read can be read back."""
SOURCES = frozenset({"cpu", "memory", "filesystem", "unit"})
"""The collectors whose figures a standing is made of."""
_BOOT_TIME = "node_boot_time_seconds"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How the machine stands, and the sockets that says so by their inodes."""

    standing: Standing
    listening: tuple[Listening, ...] = ()


def take_standing(families: Families, at: float, host: HostFacts, roots: Roots) -> Now:
    """From the newest figures and a look at what listens."""
    try:
        listening = read_listening(roots)
    except SysmonError:
        unknown = standing(families, at=at, boot_time=host.boot_time)
        return Now(standing=unknown)
    ports = (one.port for one in listening)
    stands = standing(families, at=at, boot_time=host.boot_time, ports=ports)
    return Now(standing=stands, listening=listening)


def families_of(batches: Iterable[Batch]) -> Families:
    """The newest raw figures among batches in the order recorded."""
    merged: dict[str, dict[Labels, float]] = {}
    for batch in batches:
        merged |= {name: dict(family) for name, family in batch.families.items()}
    return merged


class Briefing:
    """One gathering; every source is asked once."""

    def __init__(
        self,
        ledger: AlertLedger,
        past: Past | None,
        host: HostFacts,
        roots: Roots,
        rules: Sequence[Rule] = (),
    ) -> None:
        """`rules` are what the figures of alerts are told by."""
        self._ledger = ledger
        self._past = past
        self._host = host
        self._roots = roots
        self._rules = rules
        self._remarks: list[str] = []

    def since(self, then: Standing | None, now: Now) -> Brief:
        """What changed since a look; without one in the last `AWHILE`, as far as is recorded."""
        before = then or self._recorded(now.standing.at - AWHILE, now.standing)
        return self._tell(before, now, looked=then is not None)

    def over(self, seconds: float, now: Now) -> Brief:
        """What changed in the last `seconds`, as far as is recorded."""
        before = self._recorded(now.standing.at - seconds, now.standing)
        return self._tell(before, now, looked=False)

    def _tell(self, then: Standing, now: Now, *, looked: bool) -> Brief:
        stands = now.standing
        usage = self._ask(lambda past: self._usage(past, then.at, stands.at), Usage())
        none: tuple[float, ...] = ()
        recorded = self._ask(lambda past: self._boots(past, then.at, stands.at), none)
        failed = self._ask(lambda past: self._failed(past, then.at, stands.at), set[str]())
        return Brief(
            host=self._host.hostname,
            since=then.at,
            until=stands.at,
            looked=looked,
            stories=self._stories(then.at, stands.at),
            boots=told.boots(then.boot_time, recorded, stands.boot_time, then.at),
            oom_kills=told.oom_kills(then, stands),
            units=told.units(then, stands, failed),
            growth=told.growth(then, stands),
            ports=self._ports(then, now),
            cpu=usage.cpu(CONSUMERS),
            memory=usage.memory(CONSUMERS),
            remarks=tuple(dict.fromkeys(self._remarks)),
        )

    def _stories(self, since: float, now: float) -> tuple[told.Story, ...]:
        try:
            events = self._ledger.history(EVENTS)
            alerts = self._muted(self._ledger.load(), now)
        except SysmonError as error:
            self._remarks.append(str(error))
            return ()
        at = now - FLUSHED
        told_now = self._ask(
            lambda past: as_they_stood(alerts, past, self._ledger, self._rules, at), tuple(alerts)
        )
        return told.stories(events, told_now, since)

    def _muted(self, alerts: Collection[Alert], now: float) -> list[Alert]:
        mutes = Mutes(())
        mutes.silences = self._ledger.silences()
        reasons = mutes.reasons(alerts, now)
        return [replace(one, muted=reasons.get(one.fingerprint, NO_TEXT)) for one in alerts]

    def _ports(self, then: Standing, now: Now) -> tuple[NewPort, ...]:
        fresh = frozenset(told.new_ports(then, now.standing))
        inodes = {one.port: one.inode for one in now.listening if one.port in fresh}
        owners = find_owners(self._roots, inodes.values()) if inodes else {}
        return tuple(NewPort(port, owners.get(inodes[port], "")) for port in sorted(inodes))

    def _ask(self, question: Callable[[Past], T], unknown: T) -> T:
        if self._past is None:
            return unknown
        try:
            return question(self._past)
        except (SysmonError, OSError) as error:
            self._remarks.append(str(error))
            return unknown

    def _recorded(self, at: float, now: Standing) -> Standing:
        """How it stood then, else the first that is known after; empty where nobody recorded."""
        families = self._ask(lambda past: families_of(_first(past, at, now.at)), NOTHING)
        boot = families.get(_BOOT_TIME, {}).get((), nan)
        return standing(families, at=at, boot_time=boot)

    @staticmethod
    def _usage(past: Past, start: float, end: float) -> Usage:
        usage = Usage()
        for _, table in past.processes(start, end, step=(end - start) / TABLES):
            usage.add(table)
        return usage

    @staticmethod
    def _boots(past: Past, start: float, end: float) -> tuple[float, ...]:
        curves = past.series(_BOOT_TIME, start, end, BUCKETS).values()
        return tuple(
            figure for curve in curves for pair in (curve.minimum, curve.last) for figure in pair
        )

    @staticmethod
    def _failed(past: Past, start: float, end: float) -> set[str]:
        state = Matcher("state", MatchOp.EQUAL, "failed")
        found = past.series(UNIT_STATE, start, end, BUCKETS, matchers=(state,))
        return {
            label(key.labels, "name")
            for key, curve in found.items()
            if any(figure > 0.0 for figure in curve.maximum)
        }


def _first(past: Past, at: float, end: float) -> list[Batch]:
    """Of every collector a standing is made of, the newest batch then or the first one after."""
    found = {batch.collector: batch for batch in past.moment(at).batches}
    for name in SOURCES - found.keys():
        found |= {batch.collector: batch for batch in _next(past, name, at, end)}
    return [batch for name, batch in found.items() if name in SOURCES]


def _next(past: Past, collector: str, at: float, end: float) -> Iterator[Batch]:
    for batch in past.read(at, end, collectors=frozenset({collector})):
        yield batch
        return
