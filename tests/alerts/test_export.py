"""The rule file for Prometheus, read by Prometheus's own promtool."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from sysmon_tui.alerts.export import export, template
from sysmon_tui.alerts.expression import expression, quoted, span
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import labels
from sysmon_tui.model.rule import Bound, Level, Op, Rule, peer_bound

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")

WARNING = Level(Severity.WARNING, threshold=0.9, clear=0.8, hold=60.0)
FILTER = Level(Severity.WARNING, threshold=-inf, clear=-inf)
FULL = Rule(
    name="Full",
    metric="sysmon_filesystem_used_ratio",
    levels=(WARNING,),
    summary="{label:mountpoint} is {value} full",
    runbook="du {{",
)


def promtool(*arguments: str) -> str:
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (FULL, "sysmon_filesystem_used_ratio > 0.9"),
        (
            replace(
                FULL,
                match=labels(device="a", fstype='e"x'),
                excluded=(
                    ("b", frozenset({"x.y", "z"})),
                    ("c", frozenset({"x.y"})),
                    ("d", frozenset()),
                ),
            ),
            'sysmon_filesystem_used_ratio{device="a", fstype="e\\"x", b!~"x\\\\.y|z", c!="x.y"}'
            " > 0.9",
        ),
        (
            replace(FULL, measure="average", over=600.0, op=Op.LE),
            "avg_over_time(sysmon_filesystem_used_ratio[10m]) <= 0.9",
        ),
        (
            replace(FULL, measure="total", over=5400.0, of="node_memory_MemTotal_bytes"),
            "avg_over_time(sysmon_filesystem_used_ratio[1h30m]) * 5400 / on(instance, job)"
            " group_left() (node_memory_MemTotal_bytes > 0) > 0.9",
        ),
        (
            replace(FULL, measure="increase", over=1.5, of="node_filesystem_size_bytes"),
            "increase(sysmon_filesystem_used_ratio[1s500ms]) / (node_filesystem_size_bytes > 0)"
            " > 0.9",
        ),
        (
            replace(
                FULL,
                levels=(
                    replace(
                        WARNING,
                        threshold=95 * 0.01,
                        bounds=(
                            Bound("node_filesystem_readonly", Op.LT, 1.0, 1.0),
                            Bound("node_load1", Op.GE, 5 * 2.0**30, 0.0),
                        ),
                    ),
                ),
            ),
            "sysmon_filesystem_used_ratio > 0.95 unless (node_filesystem_readonly >= 1)"
            " unless on(instance, job) (node_load1 < 5368709120)",
        ),
        (
            replace(FULL, metric="", expr="sum(m)", op=Op.LT),
            "(sum(m)) < 0.9",
        ),
        (
            replace(FULL, metric="", expr="m > 3", levels=(FILTER,)),
            "m > 3",
        ),
        (
            replace(
                FULL,
                metric="",
                expr="m > 3",
                levels=(
                    replace(
                        FILTER,
                        bounds=(peer_bound("A", fires=True), peer_bound("B", fires=False)),
                    ),
                ),
            ),
            '(m > 3) and on(instance, job) ALERTS{alertname="A", alertstate="firing"}'
            ' unless on(instance, job) ALERTS{alertname="B", alertstate="firing"}',
        ),
        (
            replace(FULL, metric="m", measure="max", over=10.0, match=labels(device="wl*.0")),
            'max_over_time(m{device=~"wl.*\\\\.0"}[1m]) > 0.9',
        ),
        (
            replace(
                FULL, metric="m", measure="absent", levels=(replace(WARNING, threshold=300.0),)
            ),
            "absent_over_time(m[5m])",
        ),
        (
            replace(
                FULL,
                metric="m",
                measure="stale",
                over=3600.0,
                levels=(replace(WARNING, threshold=300.0),),
            ),
            "last_over_time(m[1h]) unless last_over_time(m[5m])",
        ),
        (
            replace(FULL, metric="m", measure="ratio", over=60.0, of="n_total", floor=5.0),
            "increase(m[1m]) / (increase(n_total[1m]) >= 5) > 0.9",
        ),
    ],
)
def test_a_condition_in_promql(rule: Rule, said: str) -> None:
    assert expression(rule, rule.levels[0]) == said


def test_each_level_is_an_alert_with_what_prometheus_lacks_in_annotations() -> None:
    critical = Level(Severity.CRITICAL, threshold=0.98, clear=0.98)
    rule = replace(FULL, levels=(WARNING, critical), keep_firing=900.0, latch=True)
    assert export((rule,)).text.splitlines() == [
        "groups:",
        '  - name: "sysmon-tui"',
        "    rules:",
        '      - alert: "Full"',
        '        expr: "sysmon_filesystem_used_ratio > 0.9"',
        '        for: "1m"',
        '        keep_firing_for: "15m"',
        "        labels:",
        '          severity: "warning"',
        "        annotations:",
        '          summary: "{{ $labels.mountpoint }} is {{ $value | humanizePercentage }} full"',
        '          runbook: "du {{ \\"{{\\" }}"',
        '          clear: "0.8"',
        '          latch: "true"',
        '      - alert: "Full"',
        '        expr: "sysmon_filesystem_used_ratio > 0.98"',
        '        keep_firing_for: "15m"',
        "        labels:",
        '          severity: "critical"',
        "        annotations:",
        '          summary: "{{ $labels.mountpoint }} is {{ $value | humanizePercentage }} full"',
        '          runbook: "du {{ \\"{{\\" }}"',
        '          latch: "true"',
    ]


def test_what_cannot_be_said_is_named() -> None:
    made = export((replace(FULL, match=labels(**{"a-b": "c"})),))
    assert made.omitted == (("Full", "a-b is no name for a label there"),)
    assert made.text == (
        "# Not exported: Full: a-b is no name for a label there\n"
        'groups:\n  - name: "sysmon-tui"\n    rules: []\n'
    )


def test_templates() -> None:
    rule = replace(FULL, unit="bytes_per_second")
    assert template("{rule}: {worst}", rule) == "Full: {{ $value | humanize1024 }}B/s"
    assert template("{value}", replace(rule, unit="odd")) == "{{ $value | humanize }}"
    bare = export((replace(FULL, summary="", runbook=""),)).text
    assert '          summary: "Full"\n          clear: "0.8"\n' in bare


@pytest.mark.parametrize("text", ["", 'a"\\b', "\x7f\x85\u2028 ä \U0001f600", "\U000e0001\n\t"])
def test_quoting_is_printable_and_reads_back(text: str) -> None:
    written = quoted(text)
    assert written.isprintable()
    assert tomllib.loads(f"text = {written}") == {"text": text}


def test_no_time_at_all() -> None:
    assert span(0.0) == "0s"
    assert span(90061.001) == "1d1h1m1s1ms"


@needs_promtool
def test_prometheus_accepts_the_whole_pack(tmp_path: Path) -> None:
    rules = load_rules((), "nowhere").rules
    made = export(rules)
    anomalies = [rule.name for rule in rules if rule.kind == "anomaly"]
    assert made.omitted == tuple((name, "PromQL has nothing for anomaly") for name in anomalies)
    file = tmp_path / "pack.yml"
    file.write_text(made.text)
    levels = sum(len(rule.levels) for rule in rules if rule.name not in anomalies)
    assert f"SUCCESS: {levels} rules found" in promtool("check", "rules", str(file))


@needs_promtool
def test_prometheus_accepts_what_a_user_may_write(tmp_path: Path) -> None:
    odd = 'a"\\b {{ \x7f\u2028 \U0001f600'
    rules = [
        replace(
            FULL,
            name="Disk full. 9-_",
            match=labels(device=odd),
            excluded=(("fstype", frozenset({odd, "(x|y)*"})),),
            summary=f"{odd} {{value}} {{label:device}} {{worst}} {{rule}}",
            runbook=odd,
            unit=unit,
        )
        for unit in ("ratio", "bytes", "bytes_per_second", "seconds", "duration", "celsius")
    ]
    rules += [
        replace(FULL, unit=unit, levels=(replace(WARNING, threshold=-1e-9),))
        for unit in ("count", "per_second")
    ]
    file = tmp_path / "user.yml"
    file.write_text(export(rules).text)
    promtool("check", "rules", str(file))


def verdicts(tmp_path: Path, rule: Rule, series: dict[str, float], at: str = "30m") -> None:
    """Fails unless Prometheus lets the rule fire for /var alone."""
    (tmp_path / "rules.yml").write_text(export((rule,)).text)
    expected = {"severity": "warning", "mountpoint": "/var", "instance": "i", "job": "j"}
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": f"{value!r}x60"} for name, value in series.items()
                ],
                "alert_rule_test": [
                    {
                        "eval_time": at,
                        "alertname": rule.name,
                        "exp_alerts": [
                            {"exp_labels": expected, "exp_annotations": {"summary": "full"}}
                        ],
                    }
                ],
            }
        ],
    }
    # JSON is YAML.
    (tmp_path / "test.yml").write_text(json.dumps(test))
    promtool("test", "rules", str(tmp_path / "test.yml"))


def on(mountpoint: str, metric: str, host: str = "i") -> str:
    return f'{metric}{{mountpoint="{mountpoint}", instance="{host}", job="j"}}'


PLAIN = replace(FULL, summary="full", runbook="", levels=(replace(WARNING, clear=0.9),))


@needs_promtool
def test_a_bound_agrees_in_prometheus_too_unless_it_is_known_not_to(tmp_path: Path) -> None:
    used, readonly = "sysmon_filesystem_used_ratio", "node_filesystem_readonly"
    rule = replace(
        PLAIN, levels=(replace(PLAIN.levels[0], bounds=(Bound(readonly, Op.LT, 1.0, 1.0),)),)
    )
    full = {on("/var", used): 0.95, on("/cdrom", used): 0.95, on("/", used): 0.5}
    verdicts(tmp_path, rule, {**full, on("/cdrom", readonly): 1.0, on("/var", readonly): 0.0})
    verdicts(tmp_path, rule, {**full, on("/cdrom", readonly): 1.0})


@needs_promtool
def test_a_whole_is_that_of_the_same_machine_and_never_nothing(tmp_path: Path) -> None:
    part, whole = "sysmon_filesystem_used_bytes", "node_memory_MemTotal_bytes"
    alike = replace(PLAIN, metric=part, of="node_filesystem_size_bytes")
    sizes = {on("/var", alike.of): 100.0, on("/", alike.of): 1000.0, on("/proc", alike.of): 0.0}
    parts = {on("/var", part): 95.0, on("/", part): 95.0, on("/proc", part): 95.0}
    verdicts(tmp_path, alike, {**parts, **sizes})
    other = replace(PLAIN, metric=part, of=whole)
    machines = {
        f'{whole}{{instance="{name}", job="j"}}': size
        for name, size in (("i", 100.0), ("k", 1000.0))
    }
    parts = {on("/var", part): 95.0, on("/", part): 5.0, on("/", part, "k"): 95.0}
    verdicts(tmp_path, other, {**parts, **machines})


@needs_promtool
def test_a_total_is_what_a_rate_came_to(tmp_path: Path) -> None:
    rate = "sysmon_filesystem_errors_per_second"
    rule = replace(
        PLAIN,
        metric=rate,
        measure="total",
        over=600.0,
        levels=(Level(Severity.WARNING, 5.0, 5.0, 60.0),),
    )
    verdicts(tmp_path, rule, {on("/var", rate): 0.01, on("/", rate): 0.008})
