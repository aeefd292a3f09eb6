"""Prometheus rule files, read: nothing in them is dropped in silence."""

from __future__ import annotations

import pytest

from sysmon_tui.alerts.export import export
from sysmon_tui.alerts.gotext import Translated, translate
from sysmon_tui.alerts.promrules import ImportedRule, RuleFile, duration, read_rule_file
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import labels
from sysmon_tui.promql import parse

HEAD = "groups:\n- name: g\n  rules:\n"


def only(text: str) -> ImportedRule:
    file = read_rule_file(HEAD + text, "r.yml")
    assert (file.refused, file.problems) == ((), ())
    (rule,) = file.rules
    return rule


def refused(text: str) -> str:
    file = read_rule_file(HEAD + text, "r.yml")
    assert (file.rules, file.problems) == ((), ())
    (one,) = file.refused
    assert (one.name, one.line) == ("A", 4)
    return f"{one.kind}: {one.reason}"


def problem(file: RuleFile) -> str:
    assert not file.rules
    assert not file.refused
    (one,) = file.problems
    return str(one)


def test_every_field() -> None:
    rule = only(
        "  - alert: A\n"
        "    expr: |\n      up == 0\n"
        "    for: 1h30m\n"
        "    keep_firing_for: 90s\n"
        "    labels: {severity: critical, team: 7}\n"
        "    annotations:\n"
        "      summary: '{{ $labels.device }} is {{ $value | humanizePercentage }}'\n"
        "      description: '{{ $value }} beside'\n"
        "      runbook_url: https://x/\n"
    )
    assert rule == ImportedRule(
        name="A",
        expr=parse("up == 0"),
        text="up == 0",
        hold=5400.0,
        keep_firing=90.0,
        severity=Severity.CRITICAL,
        labels=labels(severity="critical", team="7"),
        annotations={
            "summary": "{{ $labels.device }} is {{ $value | humanizePercentage }}",
            "description": "{{ $value }} beside",
            "runbook_url": "https://x/",
        },
        template="{{ $labels.device }} is {{ $value | humanizePercentage }}",
        summary="{label:device} is {value}",
        runbook="https://x/",
        unit="ratio",
        line=4,
        notes=(),
    )


def test_the_least_there_is_to_say() -> None:
    rule = only("  - alert: A\n    expr: up\n    labels:\n    annotations:\n")
    assert (rule.hold, rule.keep_firing, rule.labels, rule.summary) == (0.0, 0.0, (), "")
    assert rule.severity is Severity.WARNING
    assert rule.notes == ("it has no severity and is taken as warning",)


def test_what_is_lost_is_noted() -> None:
    rule = only(
        "  - alert: A\n    expr: up\n    labels: {severity: page}\n"
        "    annotations: {summary: '{{ query `up` }}', message: 'down: {{ .Value }}'}\n"
    )
    assert rule.notes == (
        "its severity page is taken as warning",
        "its summary uses {{ query `up` }}",
    )
    assert rule.summary == "down: {value}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  - alert: A\n    expr: up[5m:1m] > 0\n", "alert: expr: 1:6: subqueries are not supp"),
        ("  - alert: A\n", "alert: expr: 1:1: unexpected the end"),
        ("  - alert: A\n    expr: up\n    for: soon\n", "alert: for: soon is no duration; write"),
        ("  - alert: A\n    expr: up\n    labels: [1]\n", "alert: its labels are no table"),
        (
            "  - alert: A\n    expr: up\n    labels: {x: '{{ $value }}'}\n",
            "alert: its label x is a template; only plain text",
        ),
        ("  - record: A\n    expr: up\n", "record: recording rules are not evaluated here"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_reason(text: str, reason: str) -> None:
    assert refused(text).startswith(reason)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("groups:\n  - [", "r.yml:2: not valid YAML: "),
        ("a: " + "[" * 3000, "r.yml: not valid YAML: "),
        ("a: 2023-99-99\n", "r.yml: not valid YAML: "),
        ("a: !!python/object:os.x 1\n", "r.yml:1: not valid YAML: could not determine"),
        ("3", "r.yml: groups: is missing or no list. A rule file has"),
        ("groups: {a: 1}", "r.yml: groups: is missing or no list"),
        ("groups: [1]", "r.yml: group 1: has no list of rules"),
        ("groups: [{rules: [1]}]", "r.yml: group 1: has no list of rules"),
        (HEAD + "  - expr: up\n", "r.yml:4: is no rule. Give it an `alert` or a `record`"),
    ],
)
def test_what_is_no_rule_file(text: str, said: str) -> None:
    assert problem(read_rule_file(text, "r.yml")).startswith(said)


def test_lines_are_those_of_each_rule_in_its_group() -> None:
    text = (
        "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - {alert: B, expr: up}\n"
        "- name: none\n  rules: []\n- name: h\n  rules:\n\n  - alert: C\n    expr: up\n"
    )
    file = read_rule_file(text, "r.yml")
    assert [(rule.name, rule.line) for rule in file.rules] == [("A", 4), ("B", 6), ("C", 12)]


def test_our_own_export_comes_back_whole() -> None:
    rules = load_rules((), "nowhere").rules
    file = read_rule_file(export(rules).text, "pack.yml")
    assert (file.refused, file.problems) == ((), ())
    expected = [
        (rule.name, level.severity, level.hold)
        for rule in rules
        if rule.kind != "anomaly"
        for level in rule.levels
    ]
    assert [(rule.name, rule.severity, rule.hold) for rule in file.rules] == expected
    assert all(rule.summary and not rule.notes for rule in file.rules)


@pytest.mark.parametrize(
    ("template", "ours"),
    [
        ("plain", Translated("plain", "count", "")),
        ("{{ $value }}", Translated("{value}", "count", "")),
        ("{{- $value|humanize1024 -}}B", Translated("{value}B", "bytes", "")),
        ('{{ printf "%.2f" $value }}%', Translated("{value}%", "count", "")),
        ('{{ $value | printf "%.1f" }}', Translated("{value}", "count", "")),
        ("{{ .Labels.a }}:{{$labels.b}}", Translated("{label:a}:{label:b}", "count", "")),
        ("{{ $value | humanizeDuration }}", Translated("{value}", "duration", "")),
        ("{{ $value | reReplaceAll }}", Translated("", "count", "$value | reReplaceAll")),
        ("a {{ if 1 }}b{{ end }}", Translated("", "count", "if 1")),
    ],
)
def test_templates(template: str, ours: Translated) -> None:
    assert translate(template) == ours


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1w2d", 777_600.0),
        ("1y", 31_536_000.0),
        ("1m30s500ms", 90.5),
        ("", None),
        ("5", None),
        ("1s1m", None),
        ("9" * 41 + "s", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds
