"""What is wrong with an expression: where, what, and what to do. Raised all over this package."""

from __future__ import annotations

from sysmon_tui.model.errors import SysmonError


class PromqlError(SysmonError):
    """A text that is no expression we can work out, or series that do not fit it.

    `line` and `column` count from 1; both are 0 where the text was fine and the series were not.
    """

    def __init__(self, problem: str, remedy: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(f"{line}:{column}: {problem}" if line else problem, remedy)
        self.line = line
        self.column = column
        self.what = problem
        """The problem without its place."""


def located(text: str, at: int, problem: str, remedy: str = "") -> PromqlError:
    """The error for the character `at` of a text."""
    line = text.count("\n", 0, at) + 1
    return PromqlError(problem, remedy, line, at - (text.rfind("\n", 0, at) + 1) + 1)
