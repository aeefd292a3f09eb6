"""A cursor in a list longer than the panel, kept on its item while the list is re-sorted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


class Cursor:
    """Index of the chosen item and of the first shown one.

    Until the user moves, the cursor stays on the first row. Then it sticks to its item: the table
    may be re-sorted each second, and an act must hit what was chosen, not what slid under it.
    """

    def __init__(self) -> None:
        self.index = 0
        self.top = 0
        self.held: Hashable | None = None

    def follow(self, keys: Sequence[Hashable], height: int) -> None:
        """Find the held item in the new order and scroll so that the cursor is shown."""
        if self.held is not None:
            offset = self.index - self.top
            try:
                self.index = keys.index(self.held)
                self.top = self.index - offset
            except ValueError:
                self.held = None
        self.clamp(len(keys), height)

    def clamp(self, count: int, height: int) -> None:
        self.index = max(0, min(self.index, count - 1))
        self.top = max(0, min(self.top, count - height))
        self.top = max(self.index - height + 1, min(self.top, self.index))

    def move(self, step: int, keys: Sequence[Hashable], height: int) -> None:
        self.index += step
        self.clamp(len(keys), height)
        self.held = keys[self.index] if keys else None

    def reset(self) -> None:
        """Back to the first row, holding nothing."""
        self.index = self.top = 0
        self.held = None
