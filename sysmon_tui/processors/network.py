"""Traffic, errors and drops a second, and how much of each link that fills."""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.rate import Rates, rated
from sysmon_tui.processors.registry import derives

SPEED = "node_network_speed_bytes"
RECEIVE = "sysmon_network_receive_bytes_per_second"
TRANSMIT = "sysmon_network_transmit_bytes_per_second"
ERRORS = "sysmon_network_errors_per_second"
DROPS = "sysmon_network_drops_per_second"
UTILIZATION = "sysmon_network_utilization_ratio"

_RECEIVED = "node_network_receive_bytes_total"
_SENT = "node_network_transmit_bytes_total"
_SUMS = (
    ("node_network_receive_errs_total", "node_network_transmit_errs_total", ERRORS),
    ("node_network_receive_drop_total", "node_network_transmit_drop_total", DROPS),
)


@derives(
    "network",
    {
        RECEIVE: (_RECEIVED,),
        TRANSMIT: (_SENT,),
        UTILIZATION: (_RECEIVED, _SENT, SPEED),
        **{name: (one, other) for one, other, name in _SUMS},
    },
    {RECEIVE: rated(_RECEIVED), TRANSMIT: rated(_SENT)},
)
class Network:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        if not self._rates.feed(batch):
            return NOTHING
        per_second = self._rates.per_second
        received, sent = per_second(_RECEIVED), per_second(_SENT)
        derived = {RECEIVE: received, TRANSMIT: sent}
        for one, other, name in _SUMS:
            derived[name] = _sum(per_second(one), per_second(other))
        derived[UTILIZATION] = _filled(received, sent, batch.families.get(SPEED, {}))
        return {name: family for name, family in derived.items() if family}


def _sum(one: Mapping[Labels, float], other: Mapping[Labels, float]) -> dict[Labels, float]:
    return {key: rate + other.get(key, 0.0) for key, rate in one.items()}


def _filled(
    received: Mapping[Labels, float], sent: Mapping[Labels, float], speeds: Mapping[Labels, float]
) -> dict[Labels, float]:
    """The fuller direction: links carry their speed both ways at once."""
    return {
        key: min(max(received[key], sent.get(key, 0.0)) / speed, 1.0)
        for key, speed in speeds.items()
        if speed > 0.0 and key in received
    }
