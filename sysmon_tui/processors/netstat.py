"""Connections lost a second, segments sent again, and how full the tracking table is."""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.rate import Rates
from sysmon_tui.processors.registry import derives

ENTRIES = "node_nf_conntrack_entries"
LIMIT = "node_nf_conntrack_entries_limit"
SENT = "node_netstat_Tcp_OutSegs"
SENT_AGAIN = "node_netstat_Tcp_RetransSegs"

OVERFLOWS = "sysmon_netstat_listen_overflows_per_second"
DROPS = "sysmon_netstat_listen_drops_per_second"
RETRANSMITTED = "sysmon_netstat_retransmit_ratio"
TRACKED = "sysmon_conntrack_used_ratio"

_RATES = (
    ("node_netstat_TcpExt_ListenOverflows", OVERFLOWS),
    ("node_netstat_TcpExt_ListenDrops", DROPS),
)

_NONE: Mapping[Labels, float] = {}

Values = dict[str, dict[Labels, float]]


@derives(
    "netstat",
    {
        **{name: (counter,) for counter, name in _RATES},
        RETRANSMITTED: (SENT, SENT_AGAIN),
        TRACKED: (LIMIT, ENTRIES),
    },
)
class Netstat:
    def __init__(self) -> None:
        self._rates = Rates()

    def feed(self, batch: Batch) -> Families:
        derived: Values = {}
        limit = batch.families.get(LIMIT, _NONE).get((), 0.0)
        if limit > 0.0 and ENTRIES in batch.families:
            derived[TRACKED] = {(): batch.families[ENTRIES][()] / limit}
        if self._rates.feed(batch):
            for counter, name in _RATES:
                derived[name] = self._rates.per_second(counter)
            derived[RETRANSMITTED] = self._retransmitted()
        return {name: family for name, family in derived.items() if family}

    def _retransmitted(self) -> dict[Labels, float]:
        """Of all segments put on the wire; absent while none was."""
        sent, again = self._rates.increase(SENT), self._rates.increase(SENT_AGAIN)
        whole = sum(sent.values()) + sum(again.values())
        return {key: count / whole for key, count in again.items()} if whole > 0.0 else {}
