from __future__ import annotations

import pytest

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.processors.cpu import (
    BUSY,
    CORE_RATIO,
    CPU_RATIO,
    CPU_SECONDS,
    LOAD_PER_CORE,
    WORK,
    Cpu,
)
from tests.processors.batches import batch


def seconds(*cores: dict[str, float]) -> Families:
    family: dict[Labels, float] = {
        labels(cpu=str(number), mode=mode): value
        for number, modes in enumerate(cores)
        for mode, value in modes.items()
    }
    return {CPU_SECONDS: family}


def test_shares_of_the_machine_and_of_each_core() -> None:
    cpu = Cpu()
    idle = {"user": 0.0, "nice": 0.0, "idle": 100.0, "iowait": 0.0, "steal": 0.0}
    cpu.feed(batch(0.0, seconds(idle, idle)))
    derived = cpu.feed(
        batch(
            1.0,
            seconds(
                {"user": 0.5, "nice": 0.1, "idle": 100.2, "iowait": 0.1, "steal": 0.1},
                idle | {"idle": 101.0},
            ),
        )
    )
    ratios = derived[CPU_RATIO]
    assert ratios[BUSY] == pytest.approx(0.35)
    assert ratios[WORK] == pytest.approx(0.25)
    assert ratios[labels(mode="iowait")] == pytest.approx(0.05)
    assert derived[CORE_RATIO] == pytest.approx({labels(cpu="0"): 0.7, labels(cpu="1"): 0.0})


def test_load_is_known_from_the_first_batch_on() -> None:
    families = dict(seconds({"idle": 1.0}, {"idle": 1.0})) | {
        "node_load1": {(): 4.0},
        "node_load15": {(): 1.0},
    }
    derived = Cpu().feed(batch(0.0, families))
    assert derived == {LOAD_PER_CORE: {labels(window="1m"): 2.0, labels(window="15m"): 0.5}}


def test_nothing_counted_is_no_share() -> None:
    cpu = Cpu()
    same = seconds({"user": 1.0, "idle": 1.0})
    cpu.feed(batch(0.0, same))
    assert CPU_RATIO not in cpu.feed(batch(1.0, same))


def test_waiting_time_that_steps_back_is_not_a_reset() -> None:
    cpu = Cpu()
    cpu.feed(batch(0.0, seconds({"user": 10.0, "idle": 500.0, "iowait": 5000.0})))
    derived = cpu.feed(batch(1.0, seconds({"user": 10.5, "idle": 500.5, "iowait": 4999.9})))
    assert derived[CPU_RATIO][BUSY] == pytest.approx(0.5)
    assert derived[CPU_RATIO][labels(mode="iowait")] == 0.0


def test_without_cores_there_is_nothing() -> None:
    assert Cpu().feed(batch(0.0, {"node_load1": {(): 4.0}})) == {}
