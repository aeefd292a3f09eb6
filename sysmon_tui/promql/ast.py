"""What a PromQL text means, as a tree of values that compare equal when they mean the same.

Parentheses are not kept: the tree is the grouping. Durations and offsets are in seconds. Built by
`promql.parser`, printed by `promql.format`, worked out by `promql.evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from sysmon_tui.model.silence import Matcher


class ValueType(StrEnum):
    """The words Prometheus uses in its own messages."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    MATRIX = "range vector"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class String:
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    name: str
    matchers: tuple[Matcher, ...] = ()
    offset: float = 0.0
    """How far back it looks; negative looks ahead."""


@dataclass(frozen=True, slots=True)
class Range:
    """The samples of a selector over the last `seconds`, as in `name[5m]`."""

    selector: Selector
    seconds: float


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Expr


@dataclass(frozen=True, slots=True)
class Matching:
    """Which labels pair the series of two vectors, and which side may have many."""

    on: bool = False
    """Only by `labels`; otherwise by all but these."""
    labels: tuple[str, ...] = ()
    group: str = ""
    """`left` or `right`: the side that may have many series for one of the other."""
    include: tuple[str, ...] = ()
    """Labels taken over from the side that has one."""


PLAIN = Matching()


@dataclass(frozen=True, slots=True)
class Binary:
    op: str
    left: Expr
    right: Expr
    bool: bool = False
    """A comparison answers 0 or 1 instead of filtering."""
    matching: Matching = PLAIN


@dataclass(frozen=True, slots=True)
class Aggregation:
    op: str
    operand: Expr
    parameter: Expr | None = None
    without: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expr, ...] = ()


Expr: TypeAlias = Number | String | Selector | Range | Negative | Binary | Aggregation | Call


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly below one."""
    match expr:
        case Negative(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Aggregation(operand=operand, parameter=parameter):
            return (operand,) if parameter is None else (parameter, operand)
        case Call(arguments=arguments):
            return arguments
        case _:
            return ()


def selected(expr: Expr) -> Iterator[tuple[Selector, float]]:
    """Every selector where it stands and the seconds it is asked for; 0 for the latest only."""
    match expr:
        case Selector():
            yield expr, 0.0
        case Range(selector=selector, seconds=seconds):
            yield selector, seconds
        case _:
            for part in parts(expr):
                yield from selected(part)


def selectors(expr: Expr) -> dict[Selector, float]:
    """Every selector once, with its longest range in seconds."""
    found: dict[Selector, float] = {}
    for selector, seconds in selected(expr):
        found[selector] = max(seconds, found.get(selector, 0.0))
    return found
