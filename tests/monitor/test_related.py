"""Which series go with an alert, and how they are sampled."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan

import pytest

from sysmon_tui.alerts.conditions import metrics
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.evidence import TRACES, Evidence, freeze
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Rule
from sysmon_tui.monitor.related import TABLE, Related, Samples, related
from tests.monitor.fakes import BUSY
from tests.scene import NOW, alerts, families, tick

RULES = load_rules((), "pack").rules
FAMILIES = families(600)


def fired(rule: Rule, key: Labels = (), severity: Severity = Severity.WARNING) -> Evidence:
    alert = replace(
        alerts()[0], rule=rule.name, labels=key, severity=severity, resource=rule.resource
    )
    return freeze(tick(), AlertEvent(NOW, "firing", alert), 0.0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_of_the_pack_has_its_own_series_first(rule: Rule) -> None:
    found = related(fired(rule), rule)
    (own, *_) = metrics(rule)
    assert found[0].title.startswith(own)
    assert found[0].unit == (rule.unit if rule.metric else "count")
    assert 4 <= len(found) <= TRACES
    assert len({one.title for one in found}) == len(found)


@pytest.mark.parametrize("resource", TABLE)
def test_every_series_of_the_table_is_one_we_have(resource: str) -> None:
    known = {one.title: one.read(FAMILIES) for one in TABLE[resource]}
    unknown = {title for title, value in known.items() if isnan(value)}
    assert unknown <= {"Major faults"}, "the scene has none of these"


def test_a_series_is_not_shown_twice() -> None:
    own = related(fired(BUSY, labels(mode="busy")), replace(BUSY, resource="cpu"))
    assert own[0].key is None
    assert "CPU busy" not in {one.title for one in own}


def test_loopback_is_no_traffic() -> None:
    traffic = next(one for one in TABLE[""] if one.title == "Received")
    rates = {labels(device="lo"): 5.0, labels(device="eth0"): 2.0, labels(device="x"): nan}
    assert traffic.read({"sysmon_network_receive_bytes_per_second": rates}) == 2.0


def test_a_share_is_of_its_whole() -> None:
    rule = replace(BUSY, metric="used", of="size")
    one = related(fired(rule, labels(d="a")), rule)[0]
    assert one.read({"used": {labels(d="a"): 2.0}, "size": {labels(d="a"): 8.0}}) == 0.25
    assert one.read({"used": {labels(d="a"): 2.0}, "size": {(): 4.0}}) == 0.5
    assert isnan(one.read({"used": {labels(d="a"): 2.0}, "size": {(): 0.0}}))
    assert isnan(one.read({}))


def test_the_bound_is_that_of_the_level_that_fired() -> None:
    rule = next(rule for rule in RULES if rule.name == "CpuBusy")
    assert related(fired(rule), rule)[0].bound == pytest.approx(0.85)
    worst = fired(rule, severity=Severity.CRITICAL)
    assert related(worst, rule)[0].bound == pytest.approx(0.95)
    assert isnan(related(fired(rule), replace(rule, measure="total", over=60.0))[0].bound)


def test_an_expression_shows_the_series_it_asks_for() -> None:
    rule = replace(BUSY, metric="", expr="used / on() size > 0.5")
    found = {str(one.title): one for one in related(fired(rule, labels(d="a")), rule)}
    assert found["used"].read({"used": {labels(d="a"): 2.0}}) == 2.0
    assert found["size"].read({"size": {(): 4.0}}) == 4.0
    assert isnan(found["size"].read({}))


def test_samples_are_the_newest_of_each_step() -> None:
    wanted = Related(alerts()[0].summary, "count", lambda found: found["m"].get((), nan))
    samples = Samples([wanted], end=900.0)
    for wall, value in ((-5.0, 1.0), (5.0, 2.0), (10.0, 3.0), (11.0, 4.0), (900.0, 5.0)):
        samples.add(wall, {"m": {(): value}})
    samples.add(899.0, {"m": {}})
    samples.add(900.5, {"m": {(): 9.0}})
    (trace,) = samples.traces()
    assert trace.values[:2] == (3.0, 4.0)
    assert trace.values[-1] == 5.0
    assert sum(value == value for value in trace.values) == 3


def test_a_series_nobody_knows_is_left_out() -> None:
    assert Samples([Related(alerts()[0].summary, "count", lambda _: nan)], 900.0).traces() == ()
