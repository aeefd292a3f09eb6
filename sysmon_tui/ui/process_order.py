"""Which processes the table shows, in which order: filter, sort and tree. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from math import isnan
from operator import itemgetter
from typing import NamedTuple, overload

from sysmon_tui.model.process import ProcessDetail, ProcessKey, ProcessRow, ProcessTable

_FIELD = {name: index for index, name in enumerate(ProcessRow._fields)}


class Sort(StrEnum):
    CPU = "cpu"
    MEMORY = "memory"
    TIME = "time"
    PID = "pid"
    IO = "io"


class Item(NamedTuple):
    """A row with the branches of the tree drawn before its name."""

    row: ProcessRow
    branch: str = ""


class Flat(Sequence[Item]):
    """Rows as items without branches, made as they are looked at: a screenful of thousands."""

    def __init__(self, rows: Sequence[ProcessRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        if isinstance(at, slice):
            return [Item(row) for row in self._rows[at]]
        return Item(self._rows[at])


class Keys(Sequence[ProcessKey]):
    """The keys of rows, likewise."""

    def __init__(self, rows: Sequence[ProcessRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Where a key is, without making all that stand before it."""
        if isinstance(value, ProcessKey):
            pid, began = value
            for at, row in enumerate(self._rows):
                if row.pid == pid and row.start_time == began:
                    return at
        raise ValueError(value)

    @overload
    def __getitem__(self, at: int) -> ProcessKey: ...
    @overload
    def __getitem__(self, at: slice) -> list[ProcessKey]: ...
    def __getitem__(self, at: int | slice) -> ProcessKey | list[ProcessKey]:
        if isinstance(at, slice):
            return [row.key for row in self._rows[at]]
        return self._rows[at].key


Matcher = Callable[[ProcessRow, ProcessDetail | None], bool]


def matcher(text: str) -> Matcher | None:
    """What a filter means: a regular expression if it is a valid one, else plain text.

    Case is ignored; pid, name, user and command are looked at. None for an empty filter.
    """
    if not text:
        return None
    try:
        search = re.compile(text, re.IGNORECASE).search
    except re.error:
        search = re.compile(re.escape(text), re.IGNORECASE).search

    def matches(row: ProcessRow, detail: ProcessDetail | None) -> bool:
        if search(row.name) or text == str(row.pid):
            return True
        return detail is not None and any(map(search, (detail.command, detail.user, detail.cgroup)))

    return matches


def order(
    table: ProcessTable, sort: Sort, *, inverted: bool = False, matches: Matcher | None = None
) -> list[ProcessRow]:
    """Rows sorted by `sort`, largest first (pids smallest first); ties as the table has them."""
    rows: Sequence[ProcessRow] = table.rows
    if matches is not None:
        details = table.details
        rows = [row for row in rows if matches(row, details.get(row.pid))]
    if sort is Sort.PID:
        return list(rows) if not inverted else list(reversed(rows))
    if sort is Sort.IO:
        return sorted(rows, key=_io(table.details), reverse=not inverted)
    if sort is Sort.CPU:
        # Two C-speed sorts: idle processes stay in the order of their memory, which hardly moves.
        ranked = sorted(rows, key=itemgetter(_FIELD["rss"]), reverse=True)
        ranked.sort(key=itemgetter(_FIELD["cpu"]), reverse=not inverted)
        return ranked
    field = "rss" if sort is Sort.MEMORY else "cpu_seconds"
    return sorted(rows, key=itemgetter(_FIELD[field]), reverse=not inverted)


def _io(details: Mapping[int, ProcessDetail]) -> Callable[[ProcessRow], float]:
    def rate(row: ProcessRow) -> float:
        detail = details.get(row.pid)
        total = detail.read_rate + detail.write_rate if detail else 0.0
        return 0.0 if isnan(total) else total

    return rate


def tree(rows: Sequence[ProcessRow], glyphs_branch: tuple[str, str, str]) -> list[Item]:
    """`rows` as a forest, siblings in the order given; a parent that is filtered out is no parent.

    `glyphs_branch` is (tee, corner, line), each drawn two columns wide.
    """
    tee, corner, line = glyphs_branch
    pids = {row.pid for row in rows}
    children: dict[int, list[ProcessRow]] = {}
    roots: list[ProcessRow] = []
    for row in rows:
        if row.ppid in pids and row.ppid != row.pid:
            children.setdefault(row.ppid, []).append(row)
        else:
            roots.append(row)
    items: list[Item] = []
    seen: set[int] = set()
    stack = [(row, "", "") for row in reversed(roots)]
    while stack:
        row, branch, indent = stack.pop()
        if row.pid in seen:
            continue
        seen.add(row.pid)
        items.append(Item(row, branch))
        below = children.get(row.pid, [])
        for index in range(len(below) - 1, -1, -1):
            last = index == len(below) - 1
            stack.append(
                (
                    below[index],
                    indent + (corner if last else tee),
                    indent + ("  " if last else line),
                )
            )
    # A cycle of parents (a row read twice while pids were reused) hangs from no root.
    items.extend(Item(row) for row in rows if row.pid not in seen)
    return items
