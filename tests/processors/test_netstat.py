from __future__ import annotations

import pytest

from sysmon_tui.model.metric import Families
from sysmon_tui.processors.netstat import (
    DROPS,
    ENTRIES,
    LIMIT,
    OVERFLOWS,
    RETRANSMITTED,
    SENT,
    SENT_AGAIN,
    TRACKED,
    Netstat,
)
from tests.processors.batches import batch


def counters(overflows: float, drops: float, sent: float, again: float) -> Families:
    return {
        "node_netstat_TcpExt_ListenOverflows": {(): overflows},
        "node_netstat_TcpExt_ListenDrops": {(): drops},
        SENT: {(): sent},
        SENT_AGAIN: {(): again},
    }


def test_rates_and_the_share_sent_again() -> None:
    netstat = Netstat()
    assert netstat.feed(batch(0.0, counters(5.0, 5.0, 100.0, 1.0))) == {}
    assert netstat.feed(batch(5.0, counters(15.0, 30.0, 190.0, 11.0))) == {
        OVERFLOWS: {(): 2.0},
        DROPS: {(): 5.0},
        RETRANSMITTED: {(): pytest.approx(0.1)},
    }


def test_nothing_sent_is_no_share() -> None:
    netstat = Netstat()
    netstat.feed(batch(0.0, counters(0.0, 0.0, 9.0, 9.0)))
    assert RETRANSMITTED not in netstat.feed(batch(1.0, counters(0.0, 0.0, 9.0, 9.0)))


def test_how_full_the_table_is_shows_at_once() -> None:
    assert Netstat().feed(batch(0.0, {ENTRIES: {(): 90.0}, LIMIT: {(): 100.0}})) == {
        TRACKED: {(): 0.9}
    }
    assert Netstat().feed(batch(0.0, {ENTRIES: {(): 90.0}, LIMIT: {(): 0.0}})) == {}
    assert Netstat().feed(batch(0.0, {LIMIT: {(): 100.0}})) == {}
