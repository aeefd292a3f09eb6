"""A moment somebody marked: to compare it with another, and for the report of an incident."""

from __future__ import annotations

from dataclasses import dataclass

from sysmon_tui.model.text import NO_TEXT, SafeText


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    at: float
    """The moment marked, seconds since the epoch."""
    set_at: float
    """When that was done: long after, by one who looks back."""
    by: SafeText
    note: SafeText = NO_TEXT
