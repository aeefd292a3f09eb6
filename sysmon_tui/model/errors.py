"""Errors that carry their remedy, so that whoever shows them can help.

Every layer raises these; the CLI prints `str(error)`, the screen shows it in a panel.
"""

from __future__ import annotations


class SysmonError(Exception):
    """Something the user can do something about.

    `remedy` is one sentence in the imperative; it may be empty where there is none.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}" if self.remedy else self.problem


class SettingsError(SysmonError):
    """A value in a settings or rule file (or the environment) that cannot be used."""

    def __init__(self, where: str, field: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {field}: {problem}" if field else f"{where}: {problem}", remedy)
        self.where = where
        self.field = field


class StoreError(SysmonError):
    """History or the alert ledger cannot be read or written."""


class Unsupported(SysmonError):
    """This machine, kernel or platform has no such figures."""


class Denied(SysmonError):
    """The figures exist, but this user may not read them."""


class Refused(SysmonError):
    """An act that is not done, with the reason."""


class Gone(SysmonError):
    """The process has ended; another one may have its pid."""
