"""The value of an expression at one moment, over whatever has samples.

Exact to Prometheus 2.42, to which the tests compare it. Rules, their tests and replays call
`evaluate`; the functions are in `functions` and `over_time`, operators in `binary`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nan

from sysmon_tui.model.metric import Labels
from sysmon_tui.promql.aggregate import aggregate
from sysmon_tui.promql.ast import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Negative,
    Number,
    Range,
    Selector,
    String,
)
from sysmon_tui.promql.binary import Vector, operate
from sysmon_tui.promql.errors import PromqlError
from sysmon_tui.promql.functions import EACH, WITH_SCALARS, absent_labels, label_replace
from sysmon_tui.promql.over_time import (
    OVER_TIME,
    Points,
    extrapolated,
    predict_linear,
    quantile_over_time,
)
from sysmon_tui.promql.source import LOOKBACK, Source

_GROWTH = frozenset(("rate", "increase", "delta"))


def evaluate(expr: Expr, source: Source, at: float) -> Mapping[Labels, float] | float:
    """A vector by labels (never `__name__`) or a scalar; `at` in seconds.

    Raises PromqlError where the series do not fit the expression.
    """
    if isinstance(expr, String | Range):
        raise PromqlError("this is neither a vector nor a scalar", "Apply a function to it")
    return _Moment(source, _milliseconds(at)).value(expr)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000.0) / 1000.0


class _Moment:
    """A source at one time. The types were checked by the parser."""

    __slots__ = ("_at", "_source")

    def __init__(self, source: Source, at: float) -> None:
        self._source = source
        self._at = at

    def value(self, expr: Expr) -> Vector | float:
        match expr:
            case Number(value=number):
                return number
            case Selector():
                end = _milliseconds(self._at - expr.offset)
                return self._source.instant(expr.name, expr.matchers, end)
            case Binary(op=op, right=right):
                left = self.value(expr.left)
                if not left and op in ("and", "unless"):
                    # Nothing can come of it: a machine that is fine costs no regression.
                    return {}
                return operate(expr, left, self.value(right))
            case Aggregation(operand=operand, parameter=parameter):
                wanted = nan if parameter is None else self._scalar(parameter)
                return aggregate(expr, self._vector(operand), wanted)
            case Call():
                return self._call(expr.function, expr.arguments)
            case Negative(operand=operand):
                value = self.value(operand)
                if isinstance(value, float):
                    return -value
                return {labels: -each for labels, each in value.items()}
            case _:
                raise _unchecked(expr)

    def _vector(self, expr: Expr) -> Vector:
        value = self.value(expr)
        if isinstance(value, float):
            raise _unchecked(expr)
        return value

    def _scalar(self, expr: Expr) -> float:
        value = self.value(expr)
        if not isinstance(value, float):
            raise _unchecked(expr)
        return value

    def _call(self, name: str, arguments: tuple[Expr, ...]) -> Vector | float:
        match name:
            case "time":
                return self._at
            case "vector":
                return {(): self._scalar(arguments[0])}
            case "scalar":
                vector = self._vector(arguments[0])
                return next(iter(vector.values())) if len(vector) == 1 else nan
            case "absent" | "absent_over_time":
                return self._absent(arguments[0])
            case "timestamp":
                return self._timestamps(arguments[0])
            case "label_replace":
                texts = [text.value for text in arguments[1:] if isinstance(text, String)]
                return label_replace(self._vector(arguments[0]), *texts)
            case _:
                each = EACH.get(name)
                if each is not None:
                    vector = self._vector(arguments[0])
                    return {labels: each(value) for labels, value in vector.items()}
                if name in WITH_SCALARS:
                    return self._with_scalars(name, arguments)
                return self._over_time(name, arguments)

    def _with_scalars(self, name: str, arguments: tuple[Expr, ...]) -> Vector:
        scalars = [self._scalar(argument) for argument in arguments[1:]]
        if name == "clamp" and scalars[1] < scalars[0]:
            return {}
        function = WITH_SCALARS[name]
        vector = self._vector(arguments[0])
        return {labels: function(value, *scalars) for labels, value in vector.items()}

    def _absent(self, operand: Expr) -> Vector:
        if isinstance(operand, Range):
            found: Mapping[Labels, object] = self._window(operand)[0]
            operand = operand.selector
        else:
            found = self._vector(operand)
        if found:
            return {}
        return {absent_labels(operand.matchers) if isinstance(operand, Selector) else (): 1.0}

    def _timestamps(self, operand: Expr) -> Vector:
        vector = self._vector(operand)
        if not isinstance(operand, Selector):
            return dict.fromkeys(vector, self._at)
        windows, _, _ = self._window(Range(operand, LOOKBACK))
        return {labels: points[-1][0] for labels, points in windows.items() if labels in vector}

    def _window(self, range_: Range) -> tuple[Mapping[Labels, Points], float, float]:
        selector = range_.selector
        end = _milliseconds(self._at - selector.offset)
        start = _milliseconds(end - range_.seconds)
        return self._source.window(selector.name, selector.matchers, start, end), start, end

    def _over_time(self, name: str, arguments: tuple[Expr, ...]) -> Vector:
        over = next(argument for argument in arguments if isinstance(argument, Range))
        scalars = [self._scalar(each) for each in arguments if each is not over]
        windows, start, end = self._window(over)
        compute: Callable[[Points], float | None]
        if name in _GROWTH:
            seconds = over.seconds if name == "rate" else 1.0
            compute = _growth(start, end, seconds, counter=name != "delta")
        elif name == "predict_linear":
            at = self._at

            def compute(points: Points) -> float | None:
                return predict_linear(points, at, scalars[0])

        elif name == "quantile_over_time":

            def compute(points: Points) -> float | None:
                return quantile_over_time(points, scalars[0])

        else:
            compute = OVER_TIME[name]
        values = ((labels, compute(points)) for labels, points in windows.items())
        return {labels: value for labels, value in values if value is not None}


def _growth(
    start: float, end: float, seconds: float, *, counter: bool
) -> Callable[[Points], float | None]:
    def compute(points: Points) -> float | None:
        grown = extrapolated(points, start, end, counter=counter)
        return None if grown is None else grown / seconds

    return compute


def _unchecked(expr: Expr) -> PromqlError:
    return PromqlError(
        f"{type(expr).__name__} does not fit here", "Build expressions with promql.parse"
    )
