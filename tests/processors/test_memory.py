from __future__ import annotations

import pytest

from sysmon_tui.model.metric import Families
from sysmon_tui.processors.memory import (
    AVAILABLE_RATIO,
    CACHE_RATIO,
    MAJOR_FAULTS,
    OOM_KILLS,
    SWAP_IN,
    SWAP_OUT,
    SWAP_USED_RATIO,
    USED_RATIO,
    Memory,
)
from tests.processors.batches import batch


def sizes(**fields: float) -> Families:
    return {f"node_memory_{name}_bytes": {(): value} for name, value in fields.items()}


def events(**fields: float) -> Families:
    return {f"node_vmstat_{name}": {(): value} for name, value in fields.items()}


def test_shares_are_known_from_the_first_batch_on() -> None:
    families = sizes(
        MemTotal=1000.0,
        MemAvailable=600.0,
        Buffers=50.0,
        Cached=300.0,
        SReclaimable=70.0,
        Shmem=20.0,
        SwapTotal=200.0,
        SwapFree=150.0,
    )
    assert Memory().feed(batch(0.0, families)) == {
        USED_RATIO: {(): pytest.approx(0.4)},
        AVAILABLE_RATIO: {(): pytest.approx(0.6)},
        CACHE_RATIO: {(): pytest.approx(0.4)},
        SWAP_USED_RATIO: {(): pytest.approx(0.25)},
    }


def test_no_swap_has_no_share() -> None:
    families = sizes(MemTotal=1000.0, MemAvailable=600.0, SwapTotal=0.0, SwapFree=0.0)
    assert set(Memory().feed(batch(0.0, families))) == {USED_RATIO, AVAILABLE_RATIO}


def test_shares_stay_within_bounds() -> None:
    families = sizes(MemTotal=100.0, MemAvailable=120.0, Cached=10.0, Shmem=30.0)
    derived = Memory().feed(batch(0.0, families))
    assert derived[USED_RATIO] == {(): 0.0}
    assert derived[CACHE_RATIO] == {(): 0.0}


@pytest.mark.parametrize("families", [{}, sizes(MemTotal=0.0, MemAvailable=1.0), sizes(MemFree=1)])
def test_without_a_total_there_is_nothing(families: Families) -> None:
    assert Memory().feed(batch(0.0, families)) == {}


def test_rates_of_paging() -> None:
    memory = Memory(page=100.0)
    memory.feed(batch(0.0, events(pswpin=0, pswpout=10, pgmajfault=5, oom_kill=1)))
    derived = memory.feed(batch(2.0, events(pswpin=4, pswpout=16, pgmajfault=25, oom_kill=3)))
    assert derived == {
        SWAP_IN: {(): 200.0},
        SWAP_OUT: {(): 300.0},
        MAJOR_FAULTS: {(): 10.0},
        OOM_KILLS: {(): 2.0},
    }


def test_a_kernel_that_counts_no_kills_has_no_such_series() -> None:
    memory = Memory()
    memory.feed(batch(0.0, events(pgmajfault=5)))
    assert set(memory.feed(batch(1.0, events(pgmajfault=5)))) == {MAJOR_FAULTS}
