"""Every process, the guilty first. Draws only the rows on the screen, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from textual.message import Message
from textual.reactive import var

from sysmon_tui.model.process import ProcessDemand, ProcessKey, ProcessRow
from sysmon_tui.ui import process_rows
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.lines import inner
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.process_order import Flat, Item, Keys, Sort, matcher, order, tree
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.list_panel import ListPanel


class Act(StrEnum):
    """What somebody can do about processes."""

    SIGNAL = "signal"
    HIGHER_PRIORITY = "higher priority"
    LOWER_PRIORITY = "lower priority"


class Processes(ListPanel):
    BINDINGS = bindings(Scope.PROCESSES, Scope.LIST)

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        self._ordered: Sequence[Item] = ()
        self._followed: ProcessKey | None = None
        self._grouped = False
        """A process was seen to be in a control group."""

    sort: var[Sort] = var(Sort.CPU)
    as_tree: var[bool] = var(False)

    @dataclass
    class Asked(Message):
        """Somebody wants something done to these processes; never none."""

        act: Act
        keys: tuple[ProcessKey, ...]

    def watch_sort(self) -> None:
        self._again()

    def watch_as_tree(self) -> None:
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

    def _let_go(self) -> None:
        super()._let_go()
        # The next drawing finds it in the new order.
        self.cursor.held = self._followed

    def _move(self, step: int) -> None:
        self._followed = None
        super()._move(step)

    def action_follow(self) -> None:
        """Stay with this process until the cursor is moved, or stop staying."""
        self._followed = None if self._followed else self.selected
        self.cursor.held = self._followed
        self.redraw()

    def action_tag_process(self) -> None:
        """Tag what is under the cursor, or take the tag off, and go on to the next row."""
        if self.selected is not None:
            self._tag({self.selected})

    def _ask(self, act: Act) -> None:
        """About what is tagged, else what is under the cursor. Tags end with it."""
        tagged = sorted(key for key in self._tagged if isinstance(key, ProcessKey))
        if keys := tagged or ([self.selected] if self.selected is not None else []):
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
        sheet = process_rows.Sheet.of(view, room, self._tagged, grouped=self._grouped)
        content = [process_rows.titles(sheet, self.sort, inverted=self.inverted)]
        shown = items[self.cursor.top : self.cursor.top + self.page]
        for index, item in enumerate(shown, self.cursor.top):
            chosen = index == self.cursor.index and (self.has_focus or bool(self.cursor.held))
            content.append(process_rows.line(item, sheet, chosen=chosen))
        title, note = self._title(view, len(items))
        return self.framed(view, title, note, content, width, height)

    def _items(self, view: View) -> Sequence[Item]:
        """All rows in order."""
        table = view.tick.processes
        if self._differs(table, self.sort, self.inverted, self.as_tree, self.filter):
            self._grouped = self._grouped or any(one.cgroup for one in table.details.values())
            rows = order(table, self.sort, inverted=self.inverted, matches=matcher(self.filter))
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
        total = process_rows.total(table)
        title = f"Processes {total}"
        if self.filter:
            title = f"Processes {shown} of {total}  /{self.filter}"
        if self._followed is not None:
            title += f"  following {self._followed.pid}"
        tagged = [f"{self.tagged} tagged"] if self.tagged else []
        return title, "  ".join((*tagged, *process_rows.counts(table)))
