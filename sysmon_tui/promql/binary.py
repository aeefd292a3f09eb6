"""Operators between scalars and vectors, and which series of two vectors belong together.

After Prometheus 2.42, promql/engine.go (VectorBinop, resultMetric). `evaluate` calls `operate`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sysmon_tui.model.metric import Labels, SeriesKey
from sysmon_tui.promql.ast import Binary, Matching
from sysmon_tui.promql.errors import PromqlError
from sysmon_tui.promql.floats import divide, modulo, power

Vector: TypeAlias = Mapping[Labels, float]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_COMPUTE: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": modulo,
    "^": power,
}


def operate(node: Binary, left: Vector | float, right: Vector | float) -> Vector | float:
    """Raises PromqlError where more than one series matches and no group says which side."""
    if isinstance(left, float):
        if isinstance(right, float):
            return _computed(node, left, right)
        return _each(node, right, lambda value: (left, value))
    if isinstance(right, float):
        return _each(node, left, lambda value: (value, right))
    if node.op in ("and", "or", "unless"):
        return _set(node, left, right)
    return _paired(node, left, right)


def _computed(node: Binary, left: float, right: float) -> float:
    compare = _COMPARE.get(node.op)
    return _COMPUTE[node.op](left, right) if compare is None else float(compare(left, right))


def _each(
    node: Binary, vector: Vector, sides: Callable[[float], tuple[float, float]]
) -> dict[Labels, float]:
    compare = _COMPARE.get(node.op)
    if compare is None or node.bool:
        return {labels: _computed(node, *sides(value)) for labels, value in vector.items()}
    return {labels: value for labels, value in vector.items() if compare(*sides(value))}


def _signature(matching: Matching) -> Callable[[Labels], Labels]:
    """What of a series must be equal for it to match; a label it lacks is as an empty one."""
    names, on = frozenset(matching.labels), matching.on
    if not on and not names:
        return lambda labels: labels
    return lambda labels: tuple(pair for pair in labels if (pair[0] in names) is on)


def _set(node: Binary, left: Vector, right: Vector) -> dict[Labels, float]:
    signature = _signature(node.matching)
    if node.op == "or":
        taken = {signature(labels) for labels in left}
        return dict(left) | {
            labels: value for labels, value in right.items() if signature(labels) not in taken
        }
    there = {signature(labels) for labels in right}
    wanted = node.op == "and"
    return {
        labels: value for labels, value in left.items() if (signature(labels) in there) is wanted
    }


def _paired(node: Binary, left: Vector, right: Vector) -> dict[Labels, float]:
    """Each series with its match: the side with many is gone through, the other looked up."""
    if not left or not right:
        return {}
    turned = node.matching.group == "right"
    many, one = (right, left) if turned else (left, right)
    signature = _signature(node.matching)
    matches = _unique(one, signature, "left" if turned else "right")
    compare = _COMPARE.get(node.op)
    found: dict[Labels, float] = {}
    for labels, value in many.items():
        match = matches.get(signature(labels))
        if match is None:
            continue
        sides = (one[match], value) if turned else (value, one[match])
        if compare is None or node.bool:
            result = _computed(node, *sides)
        elif compare(*sides):
            result = sides[0]
        else:
            continue
        key = _result_labels(node.matching, labels, match)
        if key in found:
            raise _ambiguous(node.matching, key)
        found[key] = result
    return found


def _unique(
    vector: Vector, signature: Callable[[Labels], Labels], side: str
) -> dict[Labels, Labels]:
    found: dict[Labels, Labels] = {}
    for labels in vector:
        key = signature(labels)
        if key in found:
            raise PromqlError(
                f"two series on the {side} match {SeriesKey('', key)}: "
                f"{SeriesKey('', found[key])} and {SeriesKey('', labels)}",
                "Match on more labels, or aggregate that side",
            )
        found[key] = labels
    return found


def _result_labels(matching: Matching, many: Labels, one: Labels) -> Labels:
    if not matching.group:
        return _signature(matching)(many)
    if not matching.include:
        return many
    kept = [pair for pair in many if pair[0] not in matching.include]
    taken = [pair for pair in one if pair[0] in matching.include]
    return tuple(sorted(kept + taken))


def _ambiguous(matching: Matching, key: Labels) -> PromqlError:
    if matching.group:
        return PromqlError(
            f"two results would be {SeriesKey('', key)}",
            f"Take over labels by group_{matching.group} that keep them apart",
        )
    return PromqlError(
        f"two series on the left match {SeriesKey('', key)}",
        "Say group_left or group_right where many match one",
    )
