"""Prometheus rule files judged live."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sysmon_tui.alerts.engine import Engine
from sysmon_tui.alerts.rulefiles import lacking
from sysmon_tui.alerts.rules import Rules, external_labels, load_rules
from sysmon_tui.model.alert import AlertEvent, Severity, State
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.rule import Op
from sysmon_tui.settings.schema import Prometheus
from tests.alerts.ledger import MemoryLedger
from tests.clock import ManualClock

FILE = """\
groups:
- name: node
  rules:
  - alert: Full
    expr: node_filesystem_avail_bytes{job="node"} < 10
    for: 1m
    labels: {severity: critical, team: disks}
    annotations:
      summary: |
        {{ $labels.mountpoint }} of {{ $labels.instance }} has
        {{ printf "%.1f" $value }} bytes left.
      runbook_url: https://example.org/full
  - alert: Full
    expr: node_filesystem_avail_bytes < 20
    labels: {severity: warning}
    annotations: {summary: '{{ range query "up" }}{{ end }}'}
  - alert: Odd
    expr: avg_over_time(up[5m:1m]) < 1
  - record: job:up
    expr: sum(up)
"""
EXTERNAL = external_labels(Prometheus(), "db1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "node.rules.yml"
    made.write_text(FILE)
    return made


def load(file: Path | str, own: str = "") -> Rules:
    tables = tomllib.loads(own).get("rules", ())
    return load_rules(tables, "settings.toml", own, files=(str(file),), external=EXTERNAL)


def test_each_alert_is_a_rule_with_its_place(file: Path) -> None:
    loaded = load(file)
    assert loaded.problems == ()
    full, milder = (rule for rule in loaded.rules if rule.origin)
    assert (full.name, full.origin) == ("Full", f"{file}:4")
    assert (milder.name, milder.origin) == ("Full warning", f"{file}:13")
    assert (full.op, full.filtering, full.kind) == (Op.GE, True, "expr")
    assert (full.levels[0].severity, full.levels[0].hold) == (Severity.CRITICAL, 60.0)
    assert full.labels == labels(team="disks")
    assert full.runbook == "https://example.org/full"
    # What is beyond us leaves the rule's name as its sentence.
    assert milder.summary == ""


def test_what_cannot_be_judged_is_named_with_the_reason(file: Path) -> None:
    (odd,) = load(file).unjudged
    assert (odd.name, odd.where) == ("Odd", f"{file}:17")
    assert "subqueries are not supported" in odd.reason
    assert load(file).left_out == ("Not judged here: Odd. `sysmon-tui rules check` says why",)


def test_what_cannot_be_judged_may_be_switched_off_too(file: Path) -> None:
    loaded = load(file, '[[rules]]\nname = "Odd"\nenabled = false\n')
    assert (loaded.problems, loaded.unjudged, loaded.left_out) == ((), (), ())
    assert loaded.off == ("Odd",)


def test_many_are_not_all_named_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "many.yml"
    odd = [f"  - {{alert: A{number}, expr: 'up['}}" for number in range(8)]
    file.write_text("\n".join(("groups:", "- name: g", "  rules:", *odd)))
    (said,) = load(file).left_out
    assert "A0, A1, A2, A3, A4 and 3 more." in said


def test_the_user_may_switch_one_off_or_replace_it(file: Path) -> None:
    own = '[[rules]]\nname = "Full"\nenabled = false\n'
    loaded = load(file, own)
    assert loaded.problems == ()
    assert [rule.name for rule in loaded.rules if rule.origin] == ["Full warning"]
    own = '[[rules]]\nname = "Full warning"\nmetric = "m"\nwarning = { above = 1 }\n'
    assert [rule.name for rule in load(file, own).rules if rule.origin] == ["Full"]


def test_patterns_and_files_that_are_not_there(file: Path, tmp_path: Path) -> None:
    assert [rule.name for rule in load(tmp_path / "*.rules.yml").rules if rule.origin]
    (problem,) = load(tmp_path / "other.yml").problems
    assert "there is no such rule file" in str(problem)
    file.write_text("groups: 3")
    assert "groups: is missing or no list" in str(load(file).problems[0])
    file.chmod(0)
    (tmp_path / "folder.yml").mkdir()
    assert load(tmp_path / "folder.yml").problems


def test_a_name_of_the_pack_stays_the_packs(tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    file.write_text(
        "groups: [{name: g, rules: [{alert: CpuBusy, expr: up == 0}, {alert: CpuBusy, expr: up}]}]"
    )
    names = [rule.name for rule in load(file).rules if rule.origin]
    assert names == ["CpuBusy warning", "CpuBusy 2"]


def test_what_a_scrape_would_have_to_add_is_told(tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    file.write_text(
        'groups: [{name: g, rules: [{alert: A, expr: \'up{job="other", instance=~"db.*"} == 0\'}]}]'
    )
    (rule,) = (rule for rule in load(file).rules if rule.origin)
    assert list(lacking(rule, EXTERNAL)) == ['job="other"']
    assert list(lacking(rule, external_labels(Prometheus(labels={"job": "other"}), "db1"))) == []


class Live:
    """The engine over a file's rules, a beat every fifteen seconds."""

    def __init__(self, file: Path) -> None:
        rules = [rule for rule in load(file).rules if rule.origin]
        self.clock = ManualClock()
        self.ledger = MemoryLedger()
        self.engine = Engine(rules, self.ledger, external=EXTERNAL)

    def beat(self, avail: dict[Labels, float]) -> tuple[AlertEvent, ...]:
        families: Families = {"node_filesystem_avail_bytes": avail}
        _, events = self.engine.judge(families, self.clock.wall(), self.clock.mono())
        self.clock.advance(15.0)
        return events


def test_live_from_pending_to_resolved(file: Path) -> None:
    live = Live(file)
    var = labels(mountpoint="/var")
    assert live.beat({var: 50.0}) == ()
    kinds = [[(e.kind, e.alert.rule) for e in live.beat({var: 5.25})] for _ in range(6)]
    assert kinds[0] == [("pending", "Full"), ("firing", "Full warning")]
    assert [("firing", "Full")] in kinds[3:5]
    firing = next(alert for alert in live.engine.alerts if alert.rule == "Full")
    assert firing.state is State.FIRING
    assert firing.labels == labels(mountpoint="/var", team="disks")
    assert firing.summary == "/var of db1 has 5.2 bytes left."
    assert firing.severity is Severity.CRITICAL
    # What is not in the result does not hold: that is the all-clear, at once.
    assert {(e.kind, e.alert.rule) for e in live.beat({var: 50.0})} == {
        ("resolved", "Full"),
        ("resolved", "Full warning"),
    }


def test_a_restart_does_not_end_what_fires_before_anything_was_read(file: Path) -> None:
    live = Live(file)
    var = labels(mountpoint="/var")
    for _ in range(6):
        live.beat({var: 5.0})
    ledger = live.ledger
    again = Live(file)
    again.engine = Engine(live.engine.rules, ledger, external=EXTERNAL)
    again.clock = live.clock
    assert again.beat({}) == ()
    assert all(alert.state is State.FIRING for alert in again.engine.alerts)
    assert again.beat({var: 5.0}) == ()
