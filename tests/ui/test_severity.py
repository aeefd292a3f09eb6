"""Colours follow the rules, at once."""

from __future__ import annotations

from math import nan

import pytest

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.ui.severity import Judge

HIGH = Rule(
    name="high",
    metric="m",
    match=labels(mode="a"),
    levels=(Level(Severity.WARNING, 0.8, 0.7, 600.0), Level(Severity.CRITICAL, 0.9, 0.8, 600.0)),
)
LOW = Rule(name="low", metric="free", op=Op.LT, levels=(Level(Severity.WARNING, 0.1, 0.2),))


@pytest.mark.parametrize(
    ("metric", "key", "value", "expected"),
    [
        ("m", labels(mode="a"), 0.5, Severity.OK),
        ("m", labels(mode="a"), 0.85, Severity.WARNING),
        ("m", labels(mode="a", cpu="1"), 0.95, Severity.CRITICAL),
        ("m", labels(mode="b"), 0.95, Severity.OK),
        ("m", labels(mode="a"), nan, Severity.OK),
        ("free", (), 0.05, Severity.WARNING),
        ("free", (), 0.5, Severity.OK),
        ("unwatched", (), 99.0, Severity.OK),
    ],
)
def test_severity(metric: str, key: Labels, value: float, expected: Severity) -> None:
    assert Judge([HIGH, LOW]).severity(metric, key, value) is expected
