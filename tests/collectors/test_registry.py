from __future__ import annotations

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.registry import COLLECTORS, create_collectors
from sysmon_tui.model.metric import Kind


def test_creates_every_collector_in_order(fake_roots: Roots) -> None:
    collectors = create_collectors(fake_roots)
    assert tuple(collector.name for collector in collectors) == COLLECTORS
    for collector in collectors:
        collector.close()


def test_leaves_out_what_the_settings_disable(fake_roots: Roots) -> None:
    collectors = create_collectors(fake_roots, ("process", "sensors"))
    assert {collector.name for collector in collectors} == set(COLLECTORS) - {
        "process",
        "sensors",
    }


def test_no_two_collectors_declare_the_same_metric(fake_roots: Roots) -> None:
    names = [
        metric.name for collector in create_collectors(fake_roots) for metric in collector.metrics
    ]
    assert len(names) == len(set(names))


def test_names_end_as_their_kind_and_unit_ask(fake_roots: Roots) -> None:
    for collector in create_collectors(fake_roots):
        for metric in collector.metrics:
            assert metric.help
            assert metric.name.startswith(("node_", "sysmon_", "process_"))
            if metric.name.endswith("_total"):
                assert metric.kind is Kind.COUNTER


@pytest.mark.parametrize("name", ["filesystem", "sensors"])
def test_what_can_hang_has_a_thread_of_its_own(fake_roots: Roots, name: str) -> None:
    (found,) = (one for one in create_collectors(fake_roots) if one.name == name)
    assert found.may_block
