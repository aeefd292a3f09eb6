"""What an expression came to, as a table, as JSON in the shape of Prometheus' API, or as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from sysmon_tui.analysis.query import Reading, at_moment, over, raw_samples
from sysmon_tui.analysis.spark import spark
from sysmon_tui.cli.alerts_read import aligned
from sysmon_tui.cli.past import ALL, the_past
from sysmon_tui.model.metric import Labels, SeriesKey
from sysmon_tui.processors.registry import derive
from sysmon_tui.promql import Expr, parse
from sysmon_tui.promql.ast import Range, Selector
from sysmon_tui.storage.exchange.csv_form import row
from sysmon_tui.storage.exchange.figures import spelled

WIDE = 40
"""Columns of a course in a table."""

Points: TypeAlias = list[tuple[float, float]]


class Asked(NamedTuple):
    expression: str
    start: float
    end: float
    step: float
    """0 asks for one moment."""


class Answer(NamedTuple):
    kind: str
    """`scalar`, `vector` or `matrix`, as Prometheus calls them."""
    series: list[tuple[Labels, Points]]
    """`__name__` is a label where the expression keeps it."""


def answer(asked: Asked, url: str | None, form: str) -> Iterator[str]:
    """Lines. Raises `PromqlError`, `SysmonError`."""
    expr = parse(asked.expression)
    found = _worked_out(expr, Reading(the_past(url), ALL, derive), asked)
    yield from _FORMS[form](found)


def _worked_out(expr: Expr, reading: Reading, asked: Asked) -> Answer:
    if isinstance(expr, Range) and not asked.step:
        windows = raw_samples(expr, reading, asked.end)
        return Answer("matrix", _named(expr.selector, windows))
    if not asked.step:
        value = at_moment(expr, reading, asked.end)
        if isinstance(value, float):
            return Answer("scalar", [((), [(asked.end, value)])])
        return Answer("vector", _named(expr, {k: [(asked.end, v)] for k, v in value.items()}))
    courses: dict[Labels, Points] = {}
    for at, value in over(expr, reading, asked.start, asked.end, asked.step):
        for labels, one in ({(): value} if isinstance(value, float) else value).items():
            courses.setdefault(labels, []).append((at, one))
    return Answer("matrix", _named(expr, courses))


def _named(expr: Expr, series: Mapping[Labels, Points]) -> list[tuple[Labels, Points]]:
    """In order; a plain selector keeps the name of its metric."""
    name = (("__name__", expr.name),) if isinstance(expr, Selector) else ()
    return [(name + labels, points) for labels, points in sorted(series.items())]


def _key(labels: Labels) -> str:
    name = dict(labels).get("__name__", "")
    return str(SeriesKey(name, tuple(pair for pair in labels if pair[0] != "__name__")))


def _table(found: Answer) -> Iterator[str]:
    if not found.series:
        yield "nothing"
    elif found.kind == "matrix":
        rows = [(_key(labels) or "{}", *_course(points)) for labels, points in found.series]
        yield from aligned([("SERIES", "LEAST", "MEAN", "GREATEST", "LAST", "COURSE"), *rows])
    else:
        yield from aligned(
            [(_key(labels) or "{}", spelled(points[-1][1])) for labels, points in found.series]
        )


def _course(points: Points) -> tuple[str, ...]:
    values = [value for _, value in points]
    known = [value for value in values if isfinite(value)] or [float("nan")]
    figures = (min(known), sum(known) / len(known), max(known), values[-1])
    return (*(f"{figure:.6g}" for figure in figures), spark(values, WIDE))


def _json(found: Answer) -> Iterator[str]:
    result: Any
    if found.kind == "scalar":
        result = _pair(*found.series[0][1][0])
    elif found.kind == "vector":
        result = [{"metric": dict(k), "value": _pair(*points[0])} for k, points in found.series]
    else:
        result = [
            {"metric": dict(k), "values": [_pair(*point) for point in points]}
            for k, points in found.series
        ]
    answered = {"status": "success", "data": {"resultType": found.kind, "result": result}}
    yield json.dumps(answered, ensure_ascii=False)


def _pair(at: float, value: float) -> list[Any]:
    """As the API has it: whole milliseconds, and the value as a text for the sake of NaN."""
    return [round(at, 3), spelled(value)]


def _csv(found: Answer) -> Iterator[str]:
    names = sorted({name for labels, _ in found.series for name, _ in labels})
    yield row(["time", *names, "value"])
    for labels, points in found.series:
        carried = dict(labels)
        for at, value in points:
            when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
            yield row([when, *(carried.get(name, "") for name in names), value])


_FORMS = {"table": _table, "json": _json, "csv": _csv}
