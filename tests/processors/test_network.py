from __future__ import annotations

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.processors.network import (
    DROPS,
    ERRORS,
    RECEIVE,
    SPEED,
    TRANSMIT,
    UTILIZATION,
    Network,
)
from tests.processors.batches import batch

ETH0, LO = labels(device="eth0"), labels(device="lo")


def counters(received: float, sent: float, lost: float, speed: float = 1000.0) -> Families:
    def family(value: float) -> dict[tuple[tuple[str, str], ...], float]:
        return {ETH0: value, LO: 0.0}

    return {
        "node_network_receive_bytes_total": family(received),
        "node_network_transmit_bytes_total": family(sent),
        "node_network_receive_errs_total": family(lost),
        "node_network_transmit_errs_total": family(lost),
        "node_network_receive_drop_total": family(lost),
        "node_network_transmit_drop_total": family(0.0),
        SPEED: {ETH0: speed},
    }


def test_rates_and_the_share_of_the_link() -> None:
    network = Network()
    assert network.feed(batch(0.0, counters(0.0, 0.0, 0.0))) == {}
    assert network.feed(batch(2.0, counters(400.0, 1000.0, 4.0))) == {
        RECEIVE: {ETH0: 200.0, LO: 0.0},
        TRANSMIT: {ETH0: 500.0, LO: 0.0},
        ERRORS: {ETH0: 4.0, LO: 0.0},
        DROPS: {ETH0: 2.0, LO: 0.0},
        UTILIZATION: {ETH0: 0.5},
    }


def test_a_link_is_never_fuller_than_full_and_no_speed_is_no_share() -> None:
    network = Network()
    network.feed(batch(0.0, counters(0.0, 0.0, 0.0)))
    assert network.feed(batch(1.0, counters(9000.0, 0.0, 0.0)))[UTILIZATION] == {ETH0: 1.0}
    assert UTILIZATION not in network.feed(batch(2.0, counters(9000.0, 0.0, 0.0, speed=0.0)))


def test_an_interface_that_came_just_now_has_no_rate_yet() -> None:
    network = Network()
    network.feed(batch(0.0, {"node_network_receive_bytes_total": {LO: 0.0}}))
    now = {"node_network_receive_bytes_total": {LO: 5.0, ETH0: 9.0}, SPEED: {ETH0: 10.0}}
    assert network.feed(batch(1.0, now)) == {RECEIVE: {LO: 5.0}}
