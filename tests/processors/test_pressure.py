from __future__ import annotations

from sysmon_tui.model.metric import labels
from sysmon_tui.processors.pressure import PRESSURE_RATIO, Pressure
from tests.processors.batches import batch

CPU = "node_pressure_cpu_waiting_seconds_total"
IO = "node_pressure_io_stalled_seconds_total"


def test_share_of_the_last_interval() -> None:
    pressure = Pressure()
    assert pressure.feed(batch(0.0, {CPU: {(): 10.0}, IO: {(): 5.0}})) == {}
    assert pressure.feed(batch(2.0, {CPU: {(): 10.5}, IO: {(): 6.0}})) == {
        PRESSURE_RATIO: {
            labels(resource="cpu", kind="some"): 0.25,
            labels(resource="io", kind="full"): 0.5,
        }
    }


def test_never_more_than_all_of_the_time() -> None:
    pressure = Pressure()
    pressure.feed(batch(0.0, {CPU: {(): 500.0}}))
    derived = pressure.feed(batch(1.0, {CPU: {(): 90.0}}))
    assert set(derived[PRESSURE_RATIO].values()) == {1.0}


def test_no_totals_no_share() -> None:
    pressure = Pressure()
    pressure.feed(batch(0.0, {}))
    assert pressure.feed(batch(1.0, {})) == {}
