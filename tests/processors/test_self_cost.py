"""The monitor's own cost as figures that rules can judge."""

from __future__ import annotations

import pytest

from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.self_cost import SelfCost


def batch(at: float, seconds: float, memory: float) -> Batch:
    return Batch(
        collector="self_cost",
        wall=at,
        mono=at,
        families={
            "process_cpu_seconds_total": {(): seconds},
            "process_resident_memory_bytes": {(): memory},
        },
    )


def test_cpu_is_a_share_of_a_core_and_memory_has_a_name_of_its_own() -> None:
    processor = SelfCost()
    assert processor.feed(batch(10.0, 1.0, 5e7)) == {"sysmon_self_memory_bytes": {(): 5e7}}
    derived = processor.feed(batch(20.0, 1.5, 6e7))
    assert derived["sysmon_self_memory_bytes"] == {(): 6e7}
    assert derived["sysmon_self_cpu_ratio"][()] == pytest.approx(0.05)


def test_what_does_not_say_its_memory_has_none() -> None:
    silent = Batch(collector="self_cost", wall=1.0, mono=1.0, families={})
    assert SelfCost().feed(silent) == {}
