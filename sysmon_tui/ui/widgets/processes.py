"""Every process, the guilty first. Draws only the rows on the screen, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan

from textual.message import Message
from textual.reactive import var

from sysmon_tui.model import units
from sysmon_tui.model.process import ProcessDemand, ProcessDetail, ProcessKey, ProcessRow
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.lines import column, fit, inner
from sysmon_tui.ui.palette import Line, Span
from sysmon_tui.ui.process_order import Flat, Item, Keys, Sort, matcher, order, tree
from sysmon_tui.ui.table import Column, fitting
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.list_panel import ListPanel

COLUMNS = (
    Column("PID", 7),
    Column("USER", 9, right=False, drop=3),
    Column("S", 1, right=False, drop=5),
    Column("CPU%", 6),
    Column("MEM", 6),
    Column("TIME", 8, drop=4),
    Column("THR", 4, drop=7),
    Column("READ", 8, drop=8),
    Column("WRITE", 8, drop=8),
    Column("CGROUP", 20, right=False, drop=9),
    Column("COMMAND", 0, right=False),
)
SORTED_COLUMN = {Sort.CPU: 3, Sort.MEMORY: 4, Sort.TIME: 5, Sort.PID: 0, Sort.IO: 7}
COMMAND_LEAST = 24
CGROUP = 9
"""Its column, which there is where the command keeps room, and where there are groups at all."""
CGROUP_FROM = 150
"""Columns of the table."""
BUSY = 0.5
"""Cores from which a process is lit."""


def cpu_time(seconds: float) -> str:
    """As ps and top write it: minutes and hundredths, then hours, then days."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 100:
        return f"{int(minutes)}:{rest:05.2f}"
    if minutes < 6000:
        return f"{int(minutes) // 60}h{int(minutes) % 60:02d}m"
    return f"{int(minutes) // 1440}d{int(minutes) // 60 % 24:02d}h"


def _share(cores: float) -> str:
    percent = cores * 100.0
    return f"{percent:.1f}" if percent < 1000 else f"{percent:.0f}"


def _io(rate: float) -> str:
    return "" if isnan(rate) or rate < 1.0 else units.rate(rate)


def _command(row: ProcessRow, detail: ProcessDetail | None) -> tuple[str, str]:
    """The program as it was called, and its arguments."""
    if row.kernel:
        return f"[{row.name}]", ""
    if detail is None or not detail.command:
        return row.name, ""
    program, _, arguments = detail.command.partition(" ")
    return program, arguments


class Act(StrEnum):
    """What somebody can do about processes."""

    SIGNAL = "signal"
    HIGHER_PRIORITY = "higher priority"
    LOWER_PRIORITY = "lower priority"


class Processes(ListPanel):
    BINDINGS = bindings(Scope.PROCESSES, Scope.LIST)

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._asked: tuple[object, ...] | None = None
        self._ordered: Sequence[Item] = ()
        self._tagged: frozenset[ProcessKey] = frozenset()
        self._followed: ProcessKey | None = None
        self._grouped = False
        """A process was seen to be in a control group."""

    sort: var[Sort] = var(Sort.CPU)
    inverted: var[bool] = var(False)
    as_tree: var[bool] = var(False)
    filter: var[str] = var("")

    @dataclass
    class Asked(Message):
        """Somebody wants something done to these processes; never none."""

        act: Act
        keys: tuple[ProcessKey, ...]

    def watch_sort(self) -> None:
        self._again()

    def watch_inverted(self) -> None:
        self._again()

    def watch_as_tree(self) -> None:
        self._again()

    def watch_filter(self) -> None:
        self._again()

    def action_sort_cpu(self) -> None:
        self.sort = Sort.CPU

    def action_sort_memory(self) -> None:
        self.sort = Sort.MEMORY

    def action_sort_time(self) -> None:
        self.sort = Sort.TIME

    def action_sort_pid(self) -> None:
        self.sort = Sort.PID

    def action_sort_io(self) -> None:
        self.sort = Sort.IO

    def action_invert(self) -> None:
        self.inverted = not self.inverted

    def action_tree(self) -> None:
        self.as_tree = not self.as_tree

    def _again(self) -> None:
        self.cursor.reset()
        # The next drawing finds it in the new order.
        self.cursor.held = self._followed
        self.redraw()
        if self.is_mounted:
            self.post_message(self.Moved(self))

    def _move(self, step: int) -> None:
        self._followed = None
        super()._move(step)

    def action_follow(self) -> None:
        """Stay with this process until the cursor is moved, or stop staying."""
        self._followed = None if self._followed else self.selected
        self.cursor.held = self._followed
        self.redraw()

    @property
    def tagged(self) -> int:
        """How many are tagged."""
        return len(self._tagged)

    def untag(self) -> None:
        self._tagged = frozenset()
        self.redraw()

    def action_tag_process(self) -> None:
        """Tag what is under the cursor, or take the tag off, and go on to the next row."""
        if self.selected is not None:
            self._tagged ^= {self.selected}
            self.action_down()

    def _ask(self, act: Act) -> None:
        """About what is tagged, else what is under the cursor. Tags end with it."""
        keys = sorted(self._tagged) or ([self.selected] if self.selected is not None else [])
        if keys:
            self.untag()
            self.post_message(self.Asked(act, tuple(keys)))

    def action_signal(self) -> None:
        self._ask(Act.SIGNAL)

    def action_higher_priority(self) -> None:
        self._ask(Act.HIGHER_PRIORITY)

    def action_lower_priority(self) -> None:
        self._ask(Act.LOWER_PRIORITY)

    @property
    def selected(self) -> ProcessKey | None:
        key = self.chosen
        return key if isinstance(key, ProcessKey) else None

    def demand(self, *, inspect: bool) -> ProcessDemand:
        """What must be read for the rows on the screen, and a screenful around them."""
        first = max(0, self.cursor.top - self.page // 2)
        shown = self.keys[first : self.cursor.top + self.page * 3 // 2]
        return ProcessDemand(
            visible=frozenset(key.pid for key in shown if isinstance(key, ProcessKey)),
            every_command=bool(self.filter),
            inspect=self.selected if inspect else None,
        )

    def draw(self, view: View, width: int, height: int) -> Sequence[Line]:
        room, rows = inner(width, height, boxed=view.boxed)
        items = self._items(view)
        self.page = max(1, rows - 1)
        self.first_row = 2
        self.cursor.follow(self.keys, self.page)
        if self.cursor.held is None:
            self._followed = None
        kept = fitting(COLUMNS, room, COMMAND_LEAST)
        if CGROUP in kept and not (self._grouped and room >= CGROUP_FROM):
            kept.remove(CGROUP)
        widths = _widths(kept, room)
        content = [self._titles(view, kept, widths)]
        shown = items[self.cursor.top : self.cursor.top + self.page]
        for index, item in enumerate(shown, self.cursor.top):
            chosen = index == self.cursor.index and (self.has_focus or bool(self.cursor.held))
            content.append(self._row(view, item, kept, widths, room, chosen=chosen))
        title, note = self._title(view, len(items))
        return self.framed(view, title, note, content, width, height)

    def _items(self, view: View) -> Sequence[Item]:
        """All rows in order; made anew only when the table or what is asked of it has changed.

        A key press moves the cursor over what is there: with thousands of processes sorting them
        again would be most of its latency.
        """
        asked = (view.tick.processes, self.sort, self.inverted, self.as_tree, self.filter)
        if self._asked is None or any(a is not b for a, b in zip(asked, self._asked, strict=True)):
            self._asked = asked
            self._grouped = self._grouped or any(
                detail.cgroup for detail in view.tick.processes.details.values()
            )
            rows = order(
                view.tick.processes,
                self.sort,
                inverted=self.inverted,
                matches=matcher(self.filter),
            )
            self._ordered = self._branches(view, rows) if self.as_tree else Flat(rows)
            self.keys = Keys([item.row for item in self._ordered] if self.as_tree else rows)
        return self._ordered

    def _branches(self, view: View, rows: Sequence[ProcessRow]) -> Sequence[Item]:
        glyphs = view.glyphs
        dash = glyphs.horizontal
        return tree(
            rows, (glyphs.tree_branch + dash, glyphs.tree_last + dash, glyphs.tree_line + " ")
        )

    def _title(self, view: View, shown: int) -> tuple[str, str]:
        table = view.tick.processes
        # A recorded table has the busiest rows and the count of all.
        total = max(len(table.rows), sum(table.states.values()))
        count = f"{shown} of {total}" if self.filter else f"{total}"
        running = table.states.get("R", 0)
        waiting = table.states.get("D", 0)
        parts = [f"{running} running"]
        if waiting:
            parts.append(f"{waiting} in disk wait")
        if zombies := table.states.get("Z", 0):
            parts.append(f"{zombies} zombie")
        if table.threads:
            parts.append(f"{table.threads} threads")
        if table.hidden:
            parts.append("others hidden")
        title = f"Processes {count}"
        if self.filter:
            title += f"  /{self.filter}"
        if self._followed is not None:
            title += f"  following {self._followed.pid}"
        if self._tagged:
            parts.insert(0, f"{len(self._tagged)} tagged")
        return title, "  ".join(parts)

    def _titles(self, view: View, kept: Sequence[int], widths: Sequence[int]) -> Line:
        spans: list[Span] = []
        mark = view.glyphs.sort_up if self.inverted else view.glyphs.sort_down
        for index, width in zip(kept, widths, strict=True):
            spec = COLUMNS[index]
            active = index == SORTED_COLUMN[self.sort]
            text = f"{spec.title}{mark}" if active else spec.title
            padded = column(text, width, "", right=spec.right) + " "
            spans.append((padded, "accent" if active else "dim"))
        return tuple(spans)

    def _row(
        self,
        view: View,
        item: Item,
        kept: Sequence[int],
        widths: Sequence[int],
        room: int,
        *,
        chosen: bool,
    ) -> Line:
        row = item.row
        detail = view.tick.processes.details.get(row.pid)
        texts = _texts(row, detail)
        ellipsis = view.glyphs.ellipsis
        front = "".join(
            column(texts[index], width, ellipsis, right=COLUMNS[index].right) + " "
            for index, width in zip(kept[:-1], widths[:-1], strict=True)
        )
        if row.key in self._tagged:
            # After the pid, the first column, which is never left out.
            front = f"{front[: widths[0]]}{view.glyphs.cursor}{front[widths[0] + 1 :]}"
        program, arguments = _command(row, detail)
        command = fit(
            (
                (item.branch, "dim"),
                (program, "text"),
                (f" {arguments}" if arguments else "", "dim"),
            ),
            widths[-1],
        )
        if chosen:
            text = front + "".join(part for part, _ in command)
            return ((column(text, room, ""), "selected"),)
        return ((front, _role(row)), *command)


def _role(row: ProcessRow) -> str:
    if row.state == "D":
        return "warning"
    if row.state == "Z":
        return "dim"
    return "accent" if row.cpu >= BUSY else "text" if row.cpu >= 0.005 else "dim"


def _widths(kept: Sequence[int], room: int) -> list[int]:
    taken = sum(COLUMNS[index].width for index in kept) + len(kept) - 1
    return [COLUMNS[index].width or max(1, room - taken) for index in kept]


def _texts(row: ProcessRow, detail: ProcessDetail | None) -> tuple[str, ...]:
    """The cells before the command, in the order of `COLUMNS`."""
    return (
        str(row.pid),
        detail.user if detail else str(row.uid),
        row.state,
        _share(row.cpu),
        units.size(row.rss) if row.rss else "0",
        cpu_time(row.cpu_seconds),
        str(row.threads),
        _io(detail.read_rate) if detail else "",
        _io(detail.write_rate) if detail else "",
        detail.cgroup if detail else "",
    )
