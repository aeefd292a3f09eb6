"""Signals over time: gaps are gaps, and an extra tick is not a sample."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest

from sysmon_tui.ui.signals import SIGNALS
from sysmon_tui.ui.trends import CAPACITY, Trends
from tests.scene import tick


def test_every_signal_reads_a_figure_from_the_scene() -> None:
    for signal in SIGNALS.values():
        assert not isnan(signal.read(tick())), signal.name


def test_totals_leave_the_loopback_out() -> None:
    moment = tick()
    family = moment.family("sysmon_network_receive_bytes_per_second")
    everything = sum(family.values())
    assert SIGNALS["network.receive"].read(moment) < everything


def test_a_signal_without_figures_is_unknown() -> None:
    empty = replace(tick(), families={})
    assert all(isnan(signal.read(empty)) for signal in SIGNALS.values())


def test_a_sample_a_beat() -> None:
    trends = Trends.replay(1.0, [tick(step) for step in range(5)])
    ring = trends.ring("cpu")
    assert ring.total == 5
    assert list(ring.last(1)) == [pytest.approx(SIGNALS["cpu"].read(tick(4)))]


def test_a_tick_between_beats_is_left_out() -> None:
    trends = Trends(1.0)
    first = tick(2)
    trends.add(first)
    trends.add(replace(first, wall=first.wall + 0.2))
    assert trends.ring("cpu").total == 1


def test_missed_beats_are_gaps() -> None:
    trends = Trends(1.0)
    trends.add(tick(2))
    trends.add(tick(6))
    values = list(trends.ring("cpu").last(5))
    assert [isnan(value) for value in values] == [False, True, True, True, False]


def test_a_clock_set_back_only_goes_on() -> None:
    trends = Trends(1.0)
    trends.add(tick(100))
    trends.add(replace(tick(101), wall=tick(101).wall - 3600))
    assert trends.ring("cpu").total == 2


def test_a_long_gap_fills_the_ring_once() -> None:
    trends = Trends(1.0)
    trends.add(tick(2))
    trends.add(replace(tick(2), wall=tick(2).wall + 1e6))
    assert trends.ring("cpu").total == CAPACITY + 2
