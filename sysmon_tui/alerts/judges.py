"""The two kinds of rules at work on the series of a test; `sysmon-tui rules test` makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sysmon_tui.alerts.backtest import Nowhere
from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.promrules import ImportedRule
from sysmon_tui.alerts.ruletest import Shown
from sysmon_tui.model.alert import Alert, State
from sysmon_tui.model.gotemplate import rendered
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.model.transition import transition
from sysmon_tui.promql import Source, evaluate


class PromJudge:
    """An imported rule. What is in its expression's result holds."""

    def __init__(self, rule: ImportedRule) -> None:
        self._imported = rule
        level = Level(rule.severity, threshold=0.5, clear=0.5, hold=rule.hold)
        self._rule = Rule(
            name=rule.name, metric="", op=Op.GT, levels=(level,), keep_firing=rule.keep_firing
        )
        self._alerts: dict[Labels, Alert] = {}
        self._values: dict[Labels, float] = {}

    def step(self, source: Source, at: float) -> None:
        """Raises `PromqlError`."""
        result = evaluate(self._imported.expr, source, at)
        vector: Mapping[Labels, float] = result if isinstance(result, Mapping) else {(): result}
        self._values |= vector
        for carried in {**self._alerts, **vector}:
            holds = float(carried in vector)
            after, _ = transition(self._alerts.get(carried), self._rule, carried, holds, at)
            if after is None:
                self._alerts.pop(carried, None)
            else:
                self._alerts[carried] = after

    def firing(self) -> Iterator[Shown]:
        for carried, alert in self._alerts.items():
            if alert.state is not State.FIRING:
                continue
            value = self._values[carried]
            yield Shown(
                labels(
                    **{
                        **dict(carried),
                        **dict(self._imported.labels),
                        "alertname": self._imported.name,
                    }
                ),
                {
                    name: rendered(text, carried, value)
                    for name, text in self._imported.annotations.items()
                },
            )


class OwnJudge:
    """Rules of ours, as the engine runs them live."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._engine = Engine(rules, Nowhere())
        self._names = {name for rule in rules for name in metrics(rule)}
        self._alerts: tuple[Alert, ...] = ()

    def step(self, source: Source, at: float) -> None:
        families = {name: source.instant(name, (), at) for name in self._names}
        self._alerts, _ = self._engine.judge(families, at, at)

    def firing(self) -> Iterator[Shown]:
        for alert in self._alerts:
            if alert.state is State.FIRING:
                carried = {**dict(alert.labels), "severity": alert.severity.word}
                annotations = {"summary": str(alert.summary), "runbook": alert.runbook}
                yield Shown(
                    labels(**{**carried, "alertname": alert.rule}),
                    {name: text for name, text in annotations.items() if text},
                )
