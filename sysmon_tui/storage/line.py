"""One batch as one line of JSON and back: what `jsonl` keeps and `jq` reads.

    {"wall": 1700000000.0, "mono": 1000.0, "session": 1, "collector": "cpu",
     "families": {"node_load1": [[{}, 0.25]], ...}}

`status`, `note` and `processes` are there where they say something. JSON has no NaN and no
infinity: those are the strings "NaN", "Infinity" and "-Infinity", as in protobuf's JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import inf, isfinite, nan
from typing import NamedTuple

import msgspec

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.process import ProcessDetail, ProcessLife, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.text import SafeText
from sysmon_tui.storage.lately import REMEMBERED, Lately

_HEAD = re.compile(rb'\{"wall":(-?[0-9.eE+-]+),')
_WORDS = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}


class DamagedLine(ValueError):
    """A line that is not one of ours, or not all of it."""


class _Detail(NamedTuple):
    command: str
    user: str
    read_rate: float | None
    write_rate: float | None
    cgroup: str = ""


class _Table(msgspec.Struct, omit_defaults=True):
    rows: tuple[ProcessRow, ...] = ()
    details: dict[int, _Detail] = {}
    states: dict[str, int] = {}
    threads: int = 0
    hidden: bool = False
    lives: tuple[ProcessLife, ...] = ()


class _Line(msgspec.Struct, omit_defaults=True):
    wall: float
    mono: float
    session: int
    collector: str
    families: dict[str, list[tuple[msgspec.Raw, float | str]]] = {}
    status: str = "ok"
    note: str = ""
    processes: _Table | None = None


_decoder = msgspec.json.Decoder(_Line)
_labels_decoder = msgspec.json.Decoder(dict[str, str])


def wall_of(line: bytes) -> float:
    """The time a line begins with, without reading the rest. Raises `DamagedLine`."""
    head = _HEAD.match(line)
    if head is None:
        raise DamagedLine("no time")
    try:
        return float(head[1])
    except ValueError as error:
        raise DamagedLine(str(error)) from None


class LineCodec:
    """Lines of one history. Its series are the same in each, so labels are understood once."""

    def __init__(self) -> None:
        self._raw = lru_cache(REMEMBERED)(_raw)
        self._labels = Lately(_labels)

    def encode(self, batch: Batch, session: int) -> bytes:
        """With its line feed."""
        raw = self._raw
        line = _Line(
            wall=batch.wall,
            mono=batch.mono,
            session=session,
            collector=batch.collector,
            families={
                name: [(raw(labels), _spelled(value)) for labels, value in family.items()]
                for name, family in batch.families.items()
            },
            status=batch.status.value,
            note=batch.note,
            processes=None if batch.processes is None else _packed(batch.processes),
        )
        return msgspec.json.encode(line) + b"\n"

    def decode(self, line: bytes) -> tuple[int, Batch]:
        """The session and the batch. Raises `DamagedLine`."""
        try:
            found = _decoder.decode(line)
            batch = Batch(
                collector=found.collector,
                wall=found.wall,
                mono=found.mono,
                families=self._families(found.families),
                status=Status(found.status),
                note=found.note,
                processes=None if found.processes is None else _unpacked(found.processes),
            )
        except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
            raise DamagedLine(str(error)) from None
        return found.session, batch

    def _families(self, raw: Mapping[str, list[tuple[msgspec.Raw, float | str]]]) -> Families:
        known = self._labels
        return {
            name: {
                known[bytes(labels)]: _WORDS[value] if isinstance(value, str) else value
                for labels, value in series
            }
            for name, series in raw.items()
        }


def _labels(raw: bytes) -> Labels:
    return tuple(sorted(_labels_decoder.decode(raw).items()))


def _raw(labels: Labels) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(dict(labels)))


def _spelled(value: float) -> float | str:
    if isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0.0 else "-Infinity"


def _packed(table: ProcessTable) -> _Table:
    return _Table(
        rows=table.rows,
        details={
            pid: _Detail(
                one.command,
                one.user,
                _or_none(one.read_rate),
                _or_none(one.write_rate),
                one.cgroup,
            )
            for pid, one in table.details.items()
        },
        states=dict(table.states),
        threads=table.threads,
        hidden=table.hidden,
        lives=table.lives,
    )


def _unpacked(table: _Table) -> ProcessTable:
    return ProcessTable(
        rows=table.rows,
        details={
            pid: ProcessDetail(
                SafeText(command), SafeText(user), _or_nan(reads), _or_nan(writes), SafeText(cgroup)
            )
            for pid, (command, user, reads, writes, cgroup) in table.details.items()
        },
        states=table.states,
        threads=table.threads,
        hidden=table.hidden,
        lives=table.lives,
    )


def _or_none(rate: float) -> float | None:
    return rate if isfinite(rate) else None


def _or_nan(rate: float | None) -> float:
    return nan if rate is None else rate
