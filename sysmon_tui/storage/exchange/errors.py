"""What is wrong with a file that should be read, and where."""

from __future__ import annotations

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import clean_name


class FormatError(StoreError):
    """A file, or a line of it, that is not in the format it should be in."""

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{clean_name(where)}: {problem}", remedy)
