"""Which functions, operators and aggregations there are, and what they take.

The parser checks against these; an expression that parses has the right types throughout.
"""

from __future__ import annotations

from typing import NamedTuple

from sysmon_tui.promql.ast import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Negative,
    Number,
    Range,
    String,
    ValueType,
)

_SCALAR, _VECTOR = ValueType.SCALAR, ValueType.VECTOR
_MATRIX, _STRING = ValueType.MATRIX, ValueType.STRING


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Signature(NamedTuple):
    takes: tuple[ValueType, ...]
    optional: int = 0
    """How many of the last arguments may be left out."""
    gives: ValueType = ValueType.VECTOR


_OVER_TIME = _words(
    "rate irate increase delta idelta deriv avg_over_time min_over_time max_over_time"
    " sum_over_time count_over_time last_over_time stddev_over_time stdvar_over_time"
    " present_over_time changes resets absent_over_time"
)
_EACH = _words("abs ceil floor sqrt ln log2 log10 exp sgn absent timestamp")

FUNCTIONS = (
    dict.fromkeys(_OVER_TIME, Signature((_MATRIX,)))
    | dict.fromkeys(_EACH, Signature((_VECTOR,)))
    | {
        "predict_linear": Signature((_MATRIX, _SCALAR)),
        "quantile_over_time": Signature((_SCALAR, _MATRIX)),
        "round": Signature((_VECTOR, _SCALAR), optional=1),
        "clamp": Signature((_VECTOR, _SCALAR, _SCALAR)),
        "clamp_min": Signature((_VECTOR, _SCALAR)),
        "clamp_max": Signature((_VECTOR, _SCALAR)),
        "time": Signature((), gives=_SCALAR),
        "vector": Signature((_SCALAR,)),
        "scalar": Signature((_VECTOR,), gives=_SCALAR),
        "label_replace": Signature((_VECTOR, _STRING, _STRING, _STRING, _STRING)),
    }
)

AGGREGATIONS = _words("sum min max avg count group stddev stdvar topk bottomk quantile")
PARAMETRIC = frozenset(("topk", "bottomk", "quantile"))
UNSUPPORTED_AGGREGATIONS = frozenset(("count_values",))

COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">="))
SETS = frozenset(("and", "or", "unless"))
PRECEDENCE = (
    {"or": 1, "and": 2, "unless": 2}
    | dict.fromkeys(COMPARISONS, 3)
    | {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "^": 6}
)
UNARY_PRECEDENCE = 5
KEYWORDS = (
    AGGREGATIONS
    | UNSUPPORTED_AGGREGATIONS
    | SETS
    | _words("bool by without on ignoring group_left group_right offset atan2 inf nan start end")
)


def type_of(expr: Expr) -> ValueType:
    """What a checked expression comes to."""
    match expr:
        case Number():
            return _SCALAR
        case String():
            return _STRING
        case Range():
            return _MATRIX
        case Negative(operand=operand):
            return type_of(operand)
        case Binary(left=left, right=right):
            both = type_of(left) is _SCALAR and type_of(right) is _SCALAR
            return _SCALAR if both else _VECTOR
        case Call(function=function):
            return FUNCTIONS[function].gives
        case Aggregation() | _:
            return _VECTOR
