"""One file that holds an incident: figures, process tables, alerts, evidence and the report.

`write_capsule` makes it where an incident ends, `open_capsule` unpacks it where somebody looks at
it later, with no server. A file from somebody else is hostile until shown otherwise: members have
fixed names and sizes, and what is in them is read, never run or trusted.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf, nextafter
from pathlib import Path
from typing import IO

import msgspec

from sysmon_tui.collectors.registry import COLLECTORS
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.incident import Account, Incident
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.ports import Ledger, Past
from sysmon_tui.model.sample import Batch, HostFacts
from sysmon_tui.model.text import SafeText, clean, clean_name
from sysmon_tui.monitor.account import LEAD
from sysmon_tui.monitor.marks import cleaned
from sysmon_tui.processors.registry import derive
from sysmon_tui.security import paths
from sysmon_tui.storage import open_ledger, open_past, open_store

LARGEST = 256 << 20
"""Bytes of a capsule, and of each of its members unpacked."""
SMALL = 1 << 20
"""Bytes of the members that are text."""
FLUSH_EVERY = 2000
"""Batches held in memory while the history is copied."""
VERSION = 1
HISTORY, ALERTS, FACTS, REPORT = "history.sqlite", "alerts.sqlite", "incident.json", "report.md"
_LIMITS = {HISTORY: LARGEST, ALERTS: LARGEST, FACTS: SMALL, REPORT: SMALL}
_REMEDY = "Get the file anew from the machine: sysmon-tui incident report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the other members do not say."""

    version: int
    incident: Incident
    host: HostFacts
    start: float
    """Of the history in it, seconds since the epoch."""
    until: float
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    facts: Facts
    past: Past
    ledger: Ledger


def write_capsule(path: Path, account: Account, report: str, *, past: Past | None) -> None:
    """Make the file, or put it in the place of an older one. Raises `StoreError`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".capsule-", dir=path.parent) as name:
            room = Path(name)
            _fill(room, account, report, past)
            beside = room / "capsule.zip"
            with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as file:
                for member in _LIMITS:
                    if (room / member).exists():
                        file.write(room / member, member)
            beside.chmod(0o600)
            beside.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", "Free space, or name another place"
        ) from None


def _fill(room: Path, account: Account, report: str, past: Past | None) -> None:
    start, until = account.incident.began - LEAD, account.until
    facts = Facts(
        version=VERSION,
        incident=account.incident,
        host=account.host,
        start=start,
        until=until,
        marks=account.marks,
    )
    host = replace(account.host, limits=dict(account.host.limits))
    body = json.dumps(msgspec.to_builtins(replace(facts, host=host)))
    (room / FACTS).write_text(body, encoding="utf-8")
    (room / REPORT).write_text(report, encoding="utf-8", errors="replace")
    if past is not None:
        # The moment at which it ended belongs to it.
        _copy_history(room, past, start, nextafter(until, inf))
    copy = open_ledger("sqlite:", state=room)
    copy.record((*account.before, *account.events))
    for silence in account.silences:
        copy.keep_silence(silence)
    for evidence in account.evidence:
        copy.keep_evidence(evidence)
    _settle(room / HISTORY)
    _settle(room / ALERTS)


def _copy_history(room: Path, past: Past, start: float, until: float) -> None:
    store = open_store("sqlite:", state=room, retention=1e9, quota=LARGEST, derive=derive)
    try:
        held: list[Batch] = []
        for batch in _batches(past, start, until):
            held.append(batch)
            if len(held) >= FLUSH_EVERY:
                store.append(held)
                store.flush()
                held.clear()
        store.append(held)
        store.flush()
    finally:
        store.close()


def _batches(past: Past, start: float, until: float) -> Iterator[Batch]:
    yield from past.read(start, until, collectors=frozenset(COLLECTORS))
    for wall, table in past.processes(start, until):
        yield Batch(collector="process", wall=wall, mono=wall, processes=table)


def _settle(path: Path) -> None:
    """Into the one file what SQLite keeps beside it."""
    if path.exists():
        db = sqlite3.connect(path)
        try:
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be used: {error}") from None
        finally:
            db.close()


def open_capsule(path: Path, room: Path) -> Capsule:
    """Unpack into `room`, an empty directory of ours. Raises `StoreError` naming the file."""
    try:
        if path.stat().st_size > LARGEST:
            raise StoreError(f"{path} is too large", "Capsules have at most 256 MiB")
        with zipfile.ZipFile(path) as file:
            for member, limit in _LIMITS.items():
                _unpack(file, member, room, limit)
        facts = msgspec.convert(json.loads(paths.read(room, FACTS, SMALL)), Facts)
        facts = _cleaned(facts)
        _check(room / HISTORY)
        _check(room / ALERTS)
        ledger = open_ledger("sqlite:", state=room)
        ledger.load()
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from None
    except (SysmonError, *_DAMAGE) as error:
        if isinstance(error, StoreError) and str(path) in str(error):
            raise
        raise StoreError(f"{path} is no capsule of an incident: {error}", _REMEDY) from None
    return Capsule(facts=facts, past=open_past("sqlite:", state=room, derive=derive), ledger=ledger)


def read_report(room: Path) -> str:
    """The report of an unpacked capsule, cleaned; empty where it has none. Raises `SysmonError`."""
    if not (room / REPORT).exists():
        return ""
    text = paths.read(room, REPORT, SMALL).decode("utf-8", "replace")
    return "\n".join(clean(line) for line in text.splitlines())


_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    sqlite3.Error,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    KeyError,
    OverflowError,
)
"""What zipfile and the decoders raise at a damaged file; RecursionError is a RuntimeError."""


def _unpack(file: zipfile.ZipFile, member: str, room: Path, limit: int) -> None:
    """The first `limit` bytes of a member at most, whatever its header says."""
    try:
        info = file.getinfo(member)
    except KeyError:
        if member in (FACTS, ALERTS):
            raise ValueError(f"there is no {member} in it") from None
        return
    with os.fdopen(paths.open_new(room, member), "wb") as out, file.open(info) as source:
        shutil.copyfileobj(_Limited(source, limit, member), out, 1 << 20)


class _Limited:
    """A reader that refuses to give more than was agreed."""

    def __init__(self, source: IO[bytes], limit: int, name: str) -> None:
        self._source = source
        self._left = limit
        self._name = name

    def read(self, size: int = -1) -> bytes:
        part = self._source.read(size)
        self._left -= len(part)
        if self._left < 0:
            raise ValueError(f"{self._name} in it is too large")
        return part


def _check(path: Path) -> None:
    """Whether SQLite finds a file whole, without believing what is defined in it."""
    if not path.exists():
        return
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        db.execute("PRAGMA trusted_schema = OFF")
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise ValueError(f"{path.name} in it is damaged")
        odd = db.execute(
            "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')"
        ).fetchone()
        if odd != (0,):
            raise ValueError(f"{path.name} in it has views or triggers")
    finally:
        db.close()


def _cleaned(facts: Facts) -> Facts:
    """Texts from the file as safe as those of a collector."""
    if facts.version != VERSION or not 0.0 <= facts.start <= facts.until < 1e11:
        raise ValueError("it is of another version, or of no time")
    host, incident = facts.host, facts.incident
    host = replace(
        host,
        hostname=clean_name(host.hostname),
        system=clean_name(host.system),
        kernel=clean_name(host.kernel),
        vantage=clean_name(host.vantage),
        remote=clean_name(host.remote),
    )
    incident = replace(
        incident,
        name=clean_name(incident.name),
        by=clean(incident.by),
        why=clean(incident.why),
        ended_by=clean(incident.ended_by),
        note=clean(incident.note),
    )
    return replace(facts, host=host, incident=incident, marks=tuple(map(cleaned, facts.marks)))


def anonymous(account: Account) -> Account:
    """The same without the name of the machine and of those who acted."""
    names: dict[str, SafeText] = {"": clean("")}

    def alias(name: str) -> SafeText:
        return names.setdefault(name, clean(f"person {len(names)}"))

    incident = replace(
        account.incident,
        by=alias(account.incident.by),
        ended_by=alias(account.incident.ended_by),
    )
    before = tuple(_unnamed(event, alias) for event in account.before)
    events = tuple(_unnamed(event, alias) for event in account.events)
    told = tuple(story._replace(hands=tuple(map(alias, story.hands))) for story in account.stories)
    silences = tuple(replace(one, by=alias(one.by)) for one in account.silences)
    marks = tuple(replace(one, by=alias(one.by)) for one in account.marks)
    host = replace(account.host, hostname="host", remote="")
    return replace(
        account,
        incident=incident,
        before=before,
        events=events,
        stories=told,
        silences=silences,
        marks=marks,
        host=host,
    )


def _unnamed(event: AlertEvent, alias: Callable[[str], SafeText]) -> AlertEvent:
    alert = event.alert
    if alert.ack is not None:
        alert = replace(alert, ack=replace(alert.ack, by=alias(alert.ack.by)))
    if alert.shelf is not None:
        alert = replace(alert, shelf=replace(alert.shelf, by=alias(alert.shelf.by)))
    return replace(event, alert=alert, actor=alias(event.actor))
