"""Unit tests of rules, in the format of `promtool test rules`; `sysmon-tui rules test` runs them.

Prometheus's alerts run on our PromQL and our state machine, ours through the engine as live. Both
are judged from the second 0 on, once in every `evaluation_interval`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sysmon_tui.alerts.promrules import Refused, duration
from sysmon_tui.alerts.testseries import Misspelt, fill, named
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.promql import Expr, PromqlError, Recorded, Source, evaluate, parse
from sysmon_tui.promql.ast import Aggregation, Binary, Call, Range, Selector, ValueType
from sysmon_tui.promql.signatures import COMPARISONS, type_of

LONGEST = 1_000_000
"""Evaluations of one group."""


class Shown(NamedTuple):
    """A firing alert as a test expects it."""

    labels: Labels
    """With `alertname` and `severity`."""
    annotations: Mapping[str, str | None]
    """None where a text cannot be rendered here."""


class Judge(Protocol):
    """Rules at work on a source."""

    def step(self, source: Source, at: float) -> None: ...

    def firing(self) -> Iterable[Shown]: ...


class Outcome(NamedTuple):
    checks: int
    failures: tuple[str, ...]


class Broken(Exception):
    """The test file says something that means nothing."""


def run(
    document: Any, judges: Callable[[], Sequence[Judge]], refused: Sequence[Refused]
) -> Outcome:
    """Every test of a file that was read; `judges` makes fresh ones for each. Raises `Broken`."""
    if not isinstance(document, dict):
        raise Broken("a test file is a table with `rule_files` and `tests`")
    every = _seconds(document, "evaluation_interval", 60.0)
    checks = 0
    failures: list[str] = []
    for number, group in enumerate(_list(document, "tests"), 1):
        name = str(group.get("name") or f"test {number}")
        try:
            done, failed = _group(group, every, judges(), refused)
        except (Misspelt, PromqlError) as error:
            raise Broken(f"{name}: {error}") from None
        checks += done
        failures += (f"{name}: {failure}" for failure in failed)
    return Outcome(checks, tuple(failures))


def _group(
    group: Mapping[str, Any],
    every: float,
    judges: Sequence[Judge],
    refused: Sequence[Refused],
) -> tuple[int, list[str]]:
    source = Recorded()
    interval = _seconds(group, "interval", every)
    for series in _list(group, "input_series"):
        fill(source, str(series.get("series", "")), str(series.get("values", "")), interval)
    expected = sorted(
        ((_seconds(one, "eval_time", 0.0), one) for one in _list(group, "alert_rule_test")),
        key=lambda pair: pair[0],
    )
    if expected and expected[-1][0] / every > LONGEST:
        raise Broken(f"eval_time: more than {LONGEST} evaluations")
    failures: list[str] = []
    beat = -1
    for at, one in expected:
        while (beat + 1) * every <= at:
            beat += 1
            for judge in judges:
                judge.step(source, beat * every)
        failures += _alerts(one, at, judges, refused)
    expressions = _list(group, "promql_expr_test")
    for one in expressions:
        failures += _expression(one, source)
    return len(expected) + len(expressions), failures


def _alerts(
    one: Mapping[str, Any], at: float, judges: Sequence[Judge], refused: Sequence[Refused]
) -> list[str]:
    """What is wrong with the alerts of a name at a time."""
    name = str(one.get("alertname", ""))
    for rule in refused:
        if rule.kind == "alert" and rule.name == name:
            return [f"{name} at {at:g}s: cannot be judged here: {rule.reason}"]
    wanted = [
        Shown(
            labels(**{**_texts(alert, "exp_labels"), "alertname": name}),
            _texts(alert, "exp_annotations"),
        )
        for alert in _list(one, "exp_alerts")
    ]
    found = [
        shown for judge in judges for shown in judge.firing() if ("alertname", name) in shown.labels
    ]
    if sorted(map(_told, wanted)) == sorted(map(_told, found)):
        return []
    return [f"{name} at {at:g}s: expected {_spoken(wanted)}, got {_spoken(found)}"]


def _told(shown: Shown) -> tuple[Labels, list[tuple[str, str]]]:
    said = shown.annotations.items()
    return shown.labels, sorted((name, "\0" if text is None else text) for name, text in said)


def _spoken(alerts: Iterable[Shown]) -> str:
    said = []
    for shown in alerts:
        notes = {
            name: "(a template beyond us)" if text is None else text
            for name, text in sorted(shown.annotations.items())
        }
        said.append(f"{dict(shown.labels)} {notes}")
    return "; ".join(said) or "none"


def _expression(one: Mapping[str, Any], source: Source) -> list[str]:
    text = str(one.get("expr", ""))
    at = _seconds(one, "eval_time", 0.0)
    expr = parse(text)
    value = evaluate(expr, source, at)
    name = name_of(expr)
    vector = value if isinstance(value, Mapping) else {(): value}
    found = sorted((name, carried, number) for carried, number in vector.items())
    wanted = sorted(_sample(sample) for sample in _list(one, "exp_samples"))
    if found == wanted:
        return []
    return [f"{text} at {at:g}s: expected {wanted or 'nothing'}, got {found or 'nothing'}"]


def _sample(sample: Mapping[str, Any]) -> tuple[str, Labels, float]:
    text = str(sample.get("labels", "{}")).strip()
    value = sample.get("value", 0)
    if not isinstance(value, int | float):
        raise Broken(f"exp_samples: {value} is no number")
    if text in ("", "{}"):
        return "", (), float(value)
    bare = text.startswith("{") and "__name__" not in text
    name, carried = named(f"none{text}" if bare else text)
    return "" if bare else name, carried, float(value)


def name_of(expr: Expr) -> str:
    """The metric's name that Prometheus leaves on the results; our vectors carry none."""
    match expr:
        case Selector(name=name):
            return name
        case Call(function="last_over_time", arguments=(Range(selector=selector),)):
            return selector.name
        case Aggregation(op="topk" | "bottomk", operand=operand):
            return name_of(operand)
        case Binary(op="or", left=left, right=right):
            if name_of(left) != name_of(right):
                raise Misspelt("the names in the result of this `or` are beyond us")
            return name_of(left)
        case Binary(op="and" | "unless", left=left):
            return name_of(left)
        case Binary(op=op, left=left, right=right, bool=False) if op in COMPARISONS:
            if type_of(left) is ValueType.SCALAR:
                return name_of(right)
            single = expr.matching.on and not expr.matching.group
            return "" if single and type_of(right) is ValueType.VECTOR else name_of(left)
        case _:
            return ""


def _list(table: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    given = table.get(field) or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Broken(f"{field}: is no list of tables")
    return given


def _texts(table: Mapping[str, Any], field: str) -> dict[str, str]:
    given = table.get(field) or {}
    if not isinstance(given, dict):
        raise Broken(f"{field}: is no table")
    return {str(name): str(value) for name, value in given.items()}


def _seconds(table: Mapping[str, Any], field: str, default: float) -> float:
    given = table.get(field)
    seconds = default if given is None else duration(str(given))
    if seconds is None or (seconds == 0.0 and field != "eval_time"):
        raise Broken(f"{field}: {given} is no duration; write for instance 1m")
    return seconds
