"""Alerts of a rule file over time: our engine live, and Prometheus's own in `promtool test rules`.

Prometheus tells what is pending and what fires by the series `ALERTS`; at each moment ours has to
say the same.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.rules import external_labels, load_rules
from sysmon_tui.model.alert import Alert, State
from sysmon_tui.model.metric import Labels, SeriesKey, labels
from sysmon_tui.settings.schema import Prometheus
from tests.alerts.ledger import MemoryLedger
from tests.promql.mixin import ALERTS

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)

EVERY = 15
BEATS = 480
"""Two hours."""

RULES: dict[str, tuple[str, str, str]] = {
    "Threshold": ("m > 5", "2m", "0s"),
    "AtOnce": ('m{n="1"} > 5', "0s", "0s"),
    "Kept": ("m > 7", "1m", "4m"),
    "Rate": ("rate(c[5m]) > 0.5", "1m", "0s"),
    "Increase": ("increase(c[10m]) > 200", "0s", "0s"),
    "Average": ("avg_over_time(m[10m]) > 4", "5m", "0s"),
    "Linear": ("predict_linear(f[30m], 3600) < 0", "5m", "0s"),
    "Both": ("m > 5 and on(n) rate(c[5m]) > 0.2", "1m", "0s"),
    "Neither": ("m > 5 unless on(n) rate(c[5m]) > 0.66", "1m", "0s"),
    "Share": ("m / on(n) f > 0.002", "0s", "0s"),
    "Sum": ("sum(m) > 12", "3m", "0s"),
    "Gone": ('absent(m{n="3"})', "1m", "0s"),
    "Often": ("changes(m[10m]) > 20", "0s", "0s"),
    "Late": ("time() - f > 1500", "0s", "0s"),
}
"""expr, for, keep_firing_for."""

Course = dict[tuple[str, Labels], list[float | None]]


def courses(seed: int) -> Course:
    """Wandering gauges, counters that are reset, a series that is there now and then."""
    wander = random.Random(seed)
    found: Course = {}
    for number in "123":
        of = labels(n=number)
        gauge, counter, fill = 5.0, 0.0, 4000.0
        found["m", of], found["c", of], found["f", of] = [], [], []
        for beat in range(BEATS):
            gauge = min(10.0, max(0.0, gauge + wander.choice((-1.0, 0.0, 1.0))))
            counter = 0.0 if wander.random() < 0.01 else counter + wander.randrange(20)
            fill = max(100.0, fill - wander.randrange(30)) if wander.random() > 0.02 else 4000.0
            there = number != "3" or (beat // 40) % 3 != 1
            found["m", of].append(gauge if there else None)
            found["c", of].append(counter)
            found["f", of].append(fill)
    return found


def values(course: list[float | None]) -> str:
    """In promtool's notation; a series that ends is stale, as after a scrape without it."""
    said = []
    gone = True
    for value in course:
        said.append(repr(value) if value is not None else "_" if gone else "stale")
        gone = value is None
    return " ".join(said)


def rule_file(rules: dict[str, tuple[str, str, str]]) -> str:
    return json.dumps(
        {
            "groups": [
                {
                    "name": "g",
                    "rules": [
                        {
                            "alert": name,
                            "expr": expr,
                            "for": hold,
                            "keep_firing_for": kept,
                            "labels": {"severity": "warning"},
                        }
                        for name, (expr, hold, kept) in rules.items()
                    ],
                }
            ]
        }
    )


def ours(file: Path, course: Course) -> Iterator[tuple[int, set[tuple[str, str, Labels]]]]:
    """Second and alerts (name, state, labels)."""
    external = external_labels(Prometheus(), "i")
    loaded = load_rules((), "x", files=(str(file),), external=external)
    assert (loaded.problems, loaded.unjudged) == ((), ())
    rules = [rule for rule in loaded.rules if rule.origin]
    engine = Engine(rules, MemoryLedger(), external=external)
    for beat in range(BEATS):
        families: dict[str, dict[Labels, float]] = {}
        for (name, of), points in course.items():
            value = points[beat]
            if value is not None:
                families.setdefault(name, {})[of] = value
        alerts, _ = engine.judge(families, float(beat * EVERY), float(beat * EVERY))
        yield beat * EVERY, {one for alert in alerts for one in _told(alert)}


def _told(alert: Alert) -> Iterator[tuple[str, str, Labels]]:
    if alert.state in (State.PENDING, State.FIRING):
        yield alert.rule, alert.state.value, alert.labels


def sample(name: str, state: str, of: Labels) -> dict[str, Any]:
    carried = labels(**dict(of), alertname=name, alertstate=state, severity="warning")
    return {"labels": str(SeriesKey("ALERTS", carried)), "value": 1}


@pytest.mark.parametrize("seed", [1, 2])
def test_states_over_time_are_those_of_prometheus(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rule_file(RULES))
    course = courses(seed)
    states = list(ours(file, course))
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{EVERY}s",
        "tests": [
            {
                "interval": f"{EVERY}s",
                "input_series": [
                    {"series": str(SeriesKey(name, of)), "values": values(points)}
                    for (name, of), points in course.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": "ALERTS",
                        "eval_time": f"{second}s",
                        "exp_samples": [sample(*one) for one in sorted(alerts)],
                    }
                    for second, alerts in states
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(json.dumps(test))
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[:4000] + done.stderr[:4000]
    # The comparison is of something: each rule was pending or fired at some time.
    seen = {name for _, alerts in states for name, _, _ in alerts}
    assert seen == set(RULES)


def test_every_alert_of_the_mixin_is_judged_live(tmp_path: Path) -> None:
    file = tmp_path / "mixin.yml"
    file.write_text(rule_file({name: (expr, "5m", "0s") for name, expr in ALERTS.items()}))
    loaded = load_rules((), "x", files=(str(file),))
    assert loaded.unjudged == ()
    assert [rule.name for rule in loaded.rules if rule.origin] == list(ALERTS)
