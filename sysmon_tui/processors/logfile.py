"""Log lines to series, in constant memory and without I/O: `collectors.logfile` feeds it.

A pattern is a regular expression. What matches is counted. A named group that ends in `_seconds`
or `_bytes` is a figure of which quantiles are told (P2, of what came since the last pass); any
other is a label. Text comes from outside: labels are cleaned and few, lines are cut, and a search
that takes too long is given up: the standard library's `re` cannot do that, `regex` can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import regex

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.text import clean_name
from sysmon_tui.processors.p2 import P2

MATCHES = "sysmon_logfile_matches_total"
LINES = "sysmon_logfile_lines_total"
FIGURE = "sysmon_logfile_{}"
SHARES = (0.5, 0.95, 0.99)
LONGEST = 4096
"""Bytes of a line that are looked at."""
PATTERN = 500
"""Characters of a pattern."""
SERIES = 50
"""Label sets of a pattern; further ones are counted as `other`."""
OTHER = "other"
SEARCH = 0.02
"""Seconds that one search may take."""
PATIENCE = 3
"""Searches that took longer, after which a pattern is given up."""
_FIGURE_GROUP = re.compile(r"[a-z][a-z0-9_]*_(?:seconds|bytes)", re.ASCII)
_RESERVED = frozenset({"log", "pattern", "quantile"})

Families = dict[str, dict[Labels, float]]


class Cut:
    """Pieces of a file to whole lines, each at most `LONGEST` bytes of it."""

    __slots__ = ("_rest", "_skipping")

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False
        """The rest of a line that is too long goes by."""

    def lines(self, piece: bytes) -> Iterator[bytes]:
        """Whole ones, without their ends; what is left waits for the next piece."""
        begin = 0
        while (end := piece.find(b"\n", begin)) >= 0:
            if not self._skipping:
                yield (self._rest + piece[begin:end])[:LONGEST]
            self._rest, self._skipping, begin = b"", False, end + 1
        if not self._skipping:
            self._rest += piece[begin : begin + LONGEST]
            if len(self._rest) >= LONGEST:
                # What is kept of it is all that will be looked at.
                self._skipping = True
                yield self._rest[:LONGEST]
                self._rest = b""


@dataclass(slots=True)
class _Count:
    matches: int = 0
    figures: dict[str, tuple[P2, ...]] = field(default_factory=dict)


class Pattern:
    """One expression over the lines of one log."""

    def __init__(self, log: str, name: str, text: str, where: str) -> None:
        """Raises `SettingsError`; `where` is the file the text is from."""
        self._base = labels(log=log, pattern=name)
        self._expression = _compiled(text, where, f"logfile.patterns.{log}.{name}")
        groups = self._expression.groupindex
        self._figures = tuple(group for group in groups if _FIGURE_GROUP.fullmatch(group))
        self._labels = tuple(group for group in groups if group not in self._figures)
        # One without labels is told from the beginning, so that its first match is an increase.
        self._counts: dict[Labels, _Count] = {} if self._labels else {self._base: _Count()}
        self._late = 0

    @property
    def given_up(self) -> bool:
        """It took too long too often: a pattern that backtracks, or a line made for it."""
        return self._late >= PATIENCE

    def take(self, line: str) -> None:
        if self.given_up:
            return
        try:
            match = self._expression.search(line, timeout=SEARCH, concurrent=True)
        except TimeoutError:
            self._late += 1
            return
        if match is None:
            return
        count = self._count(match)
        count.matches += 1
        for group in self._figures:
            estimates = count.figures.get(group)
            if estimates is None:
                estimates = count.figures[group] = tuple(P2(share) for share in SHARES)
            if (value := _number(match[group])) is not None:
                for estimate in estimates:
                    estimate.add(value)

    def tell(self, families: Families) -> None:
        """Counts so far, and quantiles of what came since they were told."""
        for carried, count in self._counts.items():
            families.setdefault(MATCHES, {})[carried] = float(count.matches)
            for group, estimates in count.figures.items():
                family = families.setdefault(FIGURE.format(group), {})
                for share, estimate in zip(SHARES, estimates, strict=True):
                    if len(estimate):
                        key = tuple(sorted((*carried, ("quantile", f"{share:g}"))))
                        family[key] = estimate.value
            count.figures.clear()

    def _count(self, match: regex.Match[str]) -> _Count:
        pairs = tuple((group, clean_name(match[group] or "")) for group in self._labels)
        key = tuple(sorted((*self._base, *pairs)))
        if key not in self._counts and len(self._counts) >= SERIES:
            others = tuple((group, OTHER) for group in self._labels)
            key = tuple(sorted((*self._base, *others)))
        return self._counts.setdefault(key, _Count())


def _compiled(text: str, where: str, path: str) -> regex.Pattern[str]:
    if len(text) > PATTERN:
        raise SettingsError(where, path, f"is longer than {PATTERN} characters", "Shorten it")
    try:
        expression = regex.compile(text)
    except (regex.error, RecursionError, OverflowError) as error:
        raise SettingsError(where, path, f"is no pattern: {error}", "Correct it") from None
    taken = _RESERVED & expression.groupindex.keys()
    if taken:
        raise SettingsError(where, path, f"has a group {min(taken)}", "Name it otherwise")
    return expression


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None and len(text) <= 40 else None
    except ValueError:
        return None


class Log:
    """One log file's lines to series."""

    def __init__(self, name: str, patterns: Iterable[Pattern]) -> None:
        self.name = name
        self._key = labels(log=name)
        self._patterns = tuple(patterns)
        self._cut = Cut()
        self._lines = 0

    def take(self, piece: bytes, on_time: Callable[[], bool]) -> bool:
        """False where time ran out in the middle of it; the rest of the piece is left out."""
        for line in self._cut.lines(piece):
            self._lines += 1
            text = line.decode("utf-8", "replace")
            for pattern in self._patterns:
                if not on_time():
                    return False
                pattern.take(text)
        return True

    def read(self, text: str) -> None:
        """One line of an old file, in as much time as it takes."""
        self._lines += 1
        for pattern in self._patterns:
            pattern.take(text)

    @property
    def given_up(self) -> bool:
        return any(pattern.given_up for pattern in self._patterns)

    def restart(self) -> None:
        """Another file follows: what is left of the last line of this one is not continued."""
        self._cut = Cut()

    def tell(self, families: Families) -> None:
        families.setdefault(LINES, {})[self._key] = float(self._lines)
        for pattern in self._patterns:
            pattern.tell(families)


def logs_of(paths: Mapping[str, str], patterns: Mapping[str, str], where: str) -> dict[str, Log]:
    """By name: `patterns` are called `LOG` or `LOG.PATTERN`. Raises `SettingsError`."""
    found: dict[str, list[Pattern]] = {name: [] for name in paths}
    for called, text in patterns.items():
        log, _, name = called.partition(".")
        if log not in found:
            raise SettingsError(
                where, f"logfile.patterns.{called}", f"there is no log {log}", "Add it to paths"
            )
        found[log].append(Pattern(clean_name(log), clean_name(name), text, where))
    return {name: Log(clean_name(name), each) for name, each in found.items()}
