"""`sysmon-tui rules test`, beside the real `promtool test rules` on the same files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.alerts.ruletest import name_of
from sysmon_tui.alerts.testseries import Misspelt, expand, named
from sysmon_tui.model.gotemplate import rendered
from sysmon_tui.model.metric import labels
from sysmon_tui.promql import parse
from tests.cli.conftest import Run

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")

RULES: dict[str, Any] = {
    "groups": [
        {
            "name": "g",
            "rules": [
                {
                    "alert": "Full",
                    "expr": "used / size > 0.9 and ro == 0",
                    "for": "5m",
                    "labels": {"severity": "warning"},
                    "annotations": {
                        "summary": "{{ $labels.disk }} is {{ $value | humanizePercentage }} full"
                    },
                },
                {
                    "alert": "Kept",
                    "expr": "errors > 3",
                    "keep_firing_for": "4m",
                    "labels": {"disk": "any"},
                },
                {"alert": "Gone", "expr": 'absent(up{job="a"})', "for": "1m"},
                {"alert": "Growing", "expr": "rate(errors[5m]) * 60 >= 0.5"},
                {"alert": "Time", "expr": "vector(time()) > 300", "labels": {"severity": "info"}},
            ],
        }
    ]
}
SERIES = [
    {"series": 'used{disk="a"}', "values": "50+10x4 _ 95x3 stale 99x20"},
    {"series": 'used{disk="b"}', "values": "91.5x60"},
    {"series": 'size{disk="a"}', "values": "100x60"},
    {"series": 'size{disk="b"}', "values": "100x60"},
    {"series": 'ro{disk="a"}', "values": "0x60"},
    {"series": 'ro{disk="b"}', "values": "0x20 1x40"},
    {"series": 'errors{disk="c"}', "values": "0 1 2 3 4 5-1x5 _x10 0+0.5x20"},
    {"series": 'up{job="a"}', "values": "1 1 1 _x20 NaN Inf -Inf"},
]
FULL_B = {
    "exp_labels": {"disk": "b", "severity": "warning"},
    "exp_annotations": {"summary": "b is 91.5% full"},
}
FULL_A = {
    "exp_labels": {"disk": "a", "severity": "warning"},
    "exp_annotations": {"summary": "a is 99% full"},
}
KEPT = {"exp_labels": {"disk": "any"}}


def alert(name: str, at: str, *expected: dict[str, Any]) -> dict[str, Any]:
    return {"alertname": name, "eval_time": at, "exp_alerts": list(expected)}


def sample(expr: str, at: str, *expected: tuple[str, float]) -> dict[str, Any]:
    samples = [{"labels": text, "value": value} for text, value in expected]
    return {"expr": expr, "eval_time": at, "exp_samples": samples}


ALERTS = [
    alert("Full", "4m"),
    alert("Full", "5m", FULL_B),
    alert("Full", "5m30s", FULL_B),
    alert("Full", "16m", FULL_B, FULL_A),
    alert("Full", "25m", FULL_A),
    alert("Kept", "3m"),
    alert("Kept", "4m", KEPT),
    alert("Kept", "9m", KEPT),
    alert("Kept", "10m", KEPT),
    alert("Kept", "11m"),
    alert("Kept", "20m"),
    alert("Gone", "7m"),
    alert("Gone", "9m", {"exp_labels": {"job": "a"}}),
    alert("Growing", "4m", {"exp_labels": {"disk": "c"}}),
    alert("Growing", "20m"),
    alert("Time", "5m"),
    alert("Time", "6m", {"exp_labels": {"severity": "info"}}),
    alert("Nowhere", "6m"),
]
EXPRESSIONS = [
    sample("used", "2m", ('used{disk="a"}', 70), ('used{disk="b"}', 91.5)),
    sample("used > 80", "2m", ('used{disk="b"}', 91.5)),
    sample("80 < used", "2m", ('used{disk="b"}', 91.5)),
    sample("used > bool 80", "2m", ('{disk="a"}', 0), ('{disk="b"}', 1)),
    sample("used < size", "2m", ('used{disk="a"}', 70), ('used{disk="b"}', 91.5)),
    sample("used < on(disk) size", "2m", ('{disk="a"}', 70), ('{disk="b"}', 91.5)),
    sample("used and size", "2m", ('used{disk="a"}', 70), ('used{disk="b"}', 91.5)),
    sample("topk(1, used)", "2m", ('used{disk="b"}', 91.5)),
    sample("used or used", "2m", ('used{disk="a"}', 70), ('used{disk="b"}', 91.5)),
    sample("last_over_time(used[1m])", "2m", ('used{disk="a"}', 70), ('used{disk="b"}', 91.5)),
    sample("sum(used)", "2m", ("{}", 161.5)),
    sample("1 + 1", "2m", ("{}", 2)),
    sample("absent(used)", "2m"),
]


class Bench:
    """A rule file and a test file in a directory, and who runs them."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.run = run
        self.rules = folder / "rules.yml"
        self.tests = folder / "tests.yml"
        # JSON is YAML.
        self.rules.write_text(json.dumps(RULES))

    def write(self, *alerts: dict[str, Any], expressions: Any = (), **more: Any) -> None:
        group = {
            "interval": "1m",
            "input_series": SERIES,
            "alert_rule_test": list(alerts),
            "promql_expr_test": list(expressions),
        }
        document = {
            "rule_files": ["rules.yml"],
            "evaluation_interval": "1m",
            "tests": [{**group, **more}],
        }
        self.tests.write_text(json.dumps(document))

    def ours(self) -> bool:
        result = self.run("rules", "test", str(self.tests))
        assert result.exit_code in (0, 1), result.output
        return result.exit_code == 0

    def real(self) -> bool:
        assert PROMTOOL is not None
        done = subprocess.run(
            [PROMTOOL, "test", "rules", str(self.tests)], capture_output=True, timeout=60
        )
        return done.returncode == 0


@pytest.fixture
def bench(tmp_path: Path, run: Run) -> Bench:
    return Bench(tmp_path, run)


class TestBesidePromtool:
    pytestmark = needs_promtool

    def test_what_is_right_passes_both(self, bench: Bench) -> None:
        bench.write(*ALERTS, expressions=EXPRESSIONS)
        assert bench.real()
        assert bench.ours()

    @pytest.mark.parametrize(
        "one", ALERTS, ids=lambda one: f"{one['alertname']}-{one['eval_time']}"
    )
    def test_an_alert_too_many_or_too_few_fails_both(
        self, bench: Bench, one: dict[str, Any]
    ) -> None:
        if one["alertname"] == "Nowhere":
            one = {**one, "exp_alerts": [KEPT]}
        else:
            one = {**one, "exp_alerts": [] if one["exp_alerts"] else [KEPT]}
        bench.write(one)
        assert not bench.real()
        assert not bench.ours()

    @pytest.mark.parametrize("one", EXPRESSIONS, ids=lambda one: str(one["expr"]))
    def test_another_sample_fails_both(self, bench: Bench, one: dict[str, Any]) -> None:
        first, *rest = one["exp_samples"] or [{"labels": "x", "value": 1}]
        wrong = [{**first, "value": first["value"] + 1}, *rest]
        bench.write(expressions=[{**one, "exp_samples": wrong}])
        assert not bench.real()
        assert not bench.ours()
        named_so = [{**first, "labels": 'other{disk="a"}'}, *rest]
        bench.write(expressions=[{**one, "exp_samples": named_so}])
        assert not bench.real()
        assert not bench.ours()

    def test_another_annotation_fails_both(self, bench: Bench) -> None:
        bench.write(alert("Full", "5m", {**FULL_B, "exp_annotations": {"summary": "b"}}))
        assert not bench.real()
        assert not bench.ours()

    @pytest.mark.parametrize("every", ["2m", "90s"])
    def test_another_interval(self, bench: Bench, every: str) -> None:
        for at in ("4m", "5m", "6m", "8m"):
            bench.write(alert("Full", at, FULL_B), interval=every)
            assert bench.ours() is bench.real()

    def test_templates_read_as_prometheus_renders_them(self, bench: Bench) -> None:
        forms = (
            "{{ $value }}",
            "{{ $value | humanize }}",
            "{{ humanize1024 $value }}",
            "{{ $value | humanizeDuration }}",
            "{{ .Value | humanizePercentage }}",
            '{{ printf "%.2f" $value }}',
            '{{ $value | printf "<%.3e%%>" }}',
            '{{ "{{" }} {{ .Labels.i }}{{ $labels.none }}',
        )
        values = (
            *(0.0, 5.0, -3.25, 0.1, 999999.0, 1e6, 1234567.5, 123456789.5, 1e16, 0.0001, 1.234e-5),
            *(1e-7, 59.9, 60.0, 3661.0, 90061.0, -90.0, 1023.9, 1024.0, 1e18, float("inf")),
        )
        annotations = {f"a{number}": form for number, form in enumerate(forms)}
        rule = {"alert": "A", "expr": "m > -1e9", "annotations": annotations}
        bench.rules.write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
        series = [
            {"series": f'm{{i="{number}"}}', "values": str(value)}
            for number, value in enumerate(values)
        ]
        expected = [
            {
                "exp_labels": {"i": str(number)},
                "exp_annotations": {
                    name: rendered(form, labels(i=str(number)), value)
                    for name, form in annotations.items()
                },
            }
            for number, value in enumerate(values)
        ]
        bench.write(alert("A", "0m", *expected), input_series=series)
        assert bench.real()
        assert bench.ours()


def test_what_is_told(bench: Bench) -> None:
    bench.write(alert("Full", "5m"), alert("Time", "1m"), name="disks")
    result = bench.run("rules", "test", str(bench.tests))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{bench.tests}: 2 checks, 1 failed",
        "disks: Full at 300s: expected none, got {'alertname': 'Full', 'disk': 'b', 'severity': "
        "'warning'} {'summary': 'b is 91.5% full'}",
    ]
    bench.write(alert("Time", "1m"))
    result = bench.run("rules", "test", str(bench.tests), str(bench.tests))
    assert result.exit_code == 0
    assert result.stdout == f"{bench.tests}: 1 checks, all as expected\n" * 2


def test_rules_that_cannot_be_judged_fail_their_tests(bench: Bench) -> None:
    rules = [{"alert": "Sub", "expr": "up[5m:1m] > 0"}, {"alert": "T", "expr": "vector(1)"}]
    rules[1]["annotations"] = {"a": "{{ query `x` }}"}  # type: ignore[assignment] # JSON
    bench.rules.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    bench.write(alert("Sub", "1m"), alert("T", "1m", {"exp_annotations": {"a": "x"}}))
    result = bench.run("rules", "test", str(bench.tests))
    assert result.exit_code == 1
    assert "Sub at 60s: cannot be judged here: expr: 1:6: subqueries" in result.stdout
    assert "{'a': '(a template beyond us)'}" in result.stdout


def test_our_own_rules(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        '[[rules]]\nname = "Hot"\nmetric = "used"\nof = "size"\n'
        'and = [{ metric = "ro", below = 1 }]\n'
        'warning = { above = "90%", clear = "80%", for = "5m" }\n'
        'summary = "{label:disk} is {value} full"\nrunbook = "look"\n'
    )
    bench.write(
        alert("Hot", "4m"),
        alert(
            "Hot",
            "5m",
            {
                "exp_labels": {"disk": "b", "severity": "warning"},
                "exp_annotations": {"summary": "b is 92% full", "runbook": "look"},
            },
        ),
    )
    document = json.loads(bench.tests.read_text())
    bench.tests.write_text(json.dumps({**document, "rule_files": ["*.toml"]}))
    result = bench.run("rules", "test", str(bench.tests))
    assert result.stdout == f"{bench.tests}: 2 checks, all as expected\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule_files": ["none.yml"]}, "rule_files: there is no "),
        ({"rule_files": ["bad.yml"]}, "bad.yml: groups: is missing"),
        ({"rule_files": ["bad.toml"]}, "bad.toml:1: not valid TOML"),
        ({"rule_files": ["empty.toml"]}, 'empty.toml:1: rule "E": has no level'),
        ({"rule_files": ["bytes.yml"]}, "bytes.yml:1: is not UTF-8"),
        ({"tests": 3}, "tests: is no list of tables"),
        ({"tests": [{"interval": "soon"}]}, "interval: soon is no duration"),
        ({"evaluation_interval": "0"}, "evaluation_interval: 0 is no duration"),
        ({"tests": [{"input_series": [{"series": "a", "values": "x"}]}]}, "test 1: x is no value"),
        ({"tests": [{"promql_expr_test": [{"expr": "a +"}]}]}, "test 1: 1:4: unexpected the end"),
        (
            {"tests": [{"alert_rule_test": [{"eval_time": "30y", "alertname": "A"}]}]},
            "eval_time: more than 1000000 evaluations",
        ),
        (
            {"tests": [{"alert_rule_test": [{"exp_alerts": [{"exp_labels": [1]}]}]}]},
            "exp_labels: is no table",
        ),
        (
            {"tests": [{"promql_expr_test": [sample("1", "0", ("{}", "x"))]}]},  # type: ignore[arg-type]
            "exp_samples: x is no number",
        ),
        (
            {"tests": [{"promql_expr_test": [sample("up or used", "0")]}]},
            "test 1: the names in the result of this `or` are beyond us",
        ),
    ],
)
def test_files_of_no_use(bench: Bench, tmp_path: Path, change: Any, said: str) -> None:
    (tmp_path / "bad.yml").write_text("3")
    (tmp_path / "bad.toml").write_text("=")
    (tmp_path / "empty.toml").write_text('[[rules]]\nname = "E"\n')
    (tmp_path / "bytes.yml").write_bytes(b"\xff")
    bench.tests.write_text(json.dumps({"rule_files": ["rules.yml"], **change}))
    result = bench.run("rules", "test", str(bench.tests))
    assert result.exit_code == 78
    assert said in result.stderr


def test_a_test_file_that_is_no_table(bench: Bench) -> None:
    bench.tests.write_text("3")
    result = bench.run("rules", "test", str(bench.tests))
    assert result.exit_code == 78
    assert "a test file is a table with" in result.stderr


def test_the_notation_of_values() -> None:
    assert list(expand("1 -2+0.5x2 _ _x2 stale 3x1")) == [
        *((True, 1.0), (True, -2.0), (True, -1.5), (True, -1.0)),
        *((False, None),) * 3,
        *((True, None), (True, 3.0), (True, 3.0)),
    ]
    with pytest.raises(Misspelt, match="9999999 samples are too many"):
        list(expand("1x9999999"))


@pytest.mark.parametrize("text", ["a +", "1", 'a{b=~"c"}'])
def test_what_is_no_series(text: str) -> None:
    with pytest.raises(Misspelt):
        named(text)


@pytest.mark.parametrize(
    "template", ["{{ nothing }}", "{{ $value | nothing }}", "{{- $value }}", "{{ if 1 }}{{ end }}"]
)
def test_what_is_not_rendered(template: str) -> None:
    assert rendered(template, (), 1.0) is None


def test_names_left_on_results() -> None:
    assert name_of(parse("a unless b")) == "a"
    assert name_of(parse("a == on(x) group_left() b")) == "a"
    assert name_of(parse("-a")) == ""


KINDS = """
[[rules]]
name = "Filling"
metric = "avail"
forecast = "10m"
warning = { below = "1h" }
unit = "duration"
summary = "full in {value}"

[[rules]]
name = "Sum"
expr = "sum(avail) < 3000"
severity = "critical"
for = "2m"
labels = { team = "disks" }

[[rules]]
name = "Both"
metric = "avail"
and = [{ rule = "Sum" }]
info = { below = 1e9 }
"""


def test_every_kind_of_our_rules_is_tested_as_it_runs_live(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kinds.toml").write_text(KINDS)
    alerts = [
        at("Filling", "10m", severity="warning", said="full in 30m"),
        at("Sum", "11m"),
        at("Sum", "13m", severity="critical", team="disks"),
        at("Both", "13m", severity="info"),
    ]
    document = {
        "rule_files": ["kinds.toml"],
        "evaluation_interval": "30s",
        "tests": [
            {
                "interval": "30s",
                "input_series": [{"series": "avail", "values": "4000-50x60"}],
                "alert_rule_test": alerts,
            }
        ],
    }
    (tmp_path / "t.yml").write_text(json.dumps(document))
    result = run("rules", "test", str(tmp_path / "t.yml"))
    assert result.exit_code == 0, result.stdout


def at(name: str, time: str, **carried: str) -> dict[str, Any]:
    """An alert as it is to fire at a time, or none; `said` is its summary."""
    summary = carried.pop("said", name)
    alert = {"exp_labels": carried, "exp_annotations": {"summary": summary}}
    return {"alertname": name, "eval_time": time, "exp_alerts": [alert] if carried else []}
