"""An incident as it was recorded, for the tests of what is left of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sysmon_tui.model.alert import AlertEvent, Severity, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.desk import Desk
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import open_ledger, open_past, open_store
from tests.evidence import evidence
from tests.model.briefs import NOW, alert, taken
from tests.model.test_brief import row
from tests.scene import HOST

BEGAN, ENDED = NOW - 60.0, NOW
FULL = alert(
    "aaaa000000000001",
    severity=Severity.CRITICAL,
    since=BEGAN + 5.0,
    fired_at=BEGAN + 10.0,
    summary=clean("/var is |97%| full"),
)


def record(state: Path) -> Desk:
    """A minute of trouble before `NOW`, in real files."""
    store = open_store("sqlite:", state=state, retention=1e9, quota=1 << 24, derive=derive)
    for second in range(60):
        wall = BEGAN + second
        ticks = {labels(cpu="0", mode="user"): 0.9 * second, labels(cpu="0", mode="idle"): 9.0}
        store.append(
            [
                Batch(
                    collector="cpu",
                    wall=wall,
                    mono=wall,
                    families={"node_cpu_seconds_total": ticks, "node_load1": {(): second / 10}},
                )
            ]
        )
        if second % 5 == 0:
            table = ProcessTable(rows=(row(7, float(second), 9e6),))
            store.append([Batch(collector="process", wall=wall, mono=wall, processes=table)])
    store.flush()
    store.close()
    ledger = open_ledger("sqlite:", state=state)
    earlier = alert("bbbb000000000002", since=NOW - 7200.0)
    over = replace(FULL, state=State.RESOLVED, resolved_at=NOW - 5.0)
    mine = replace(FULL, ack=taken("ann", "token=hunter2 used"))
    ledger.record(
        [
            AlertEvent(NOW - 7000.0, "firing", earlier),
            AlertEvent(BEGAN + 10.0, "firing", FULL),
            AlertEvent(BEGAN + 20.0, "acknowledged", mine, clean("ann")),
            AlertEvent(NOW - 5.0, "resolved", replace(over, ack=mine.ack)),
        ]
    )
    ledger.keep_silence(
        Silence(
            id="s1",
            matchers=(Matcher("alertname", MatchOp.EQUAL, "Swap"),),
            by=clean("bob"),
            at=BEGAN + 30.0,
            until=NOW + 3600.0,
            note=clean("PASSWORD=hunter2"),
        )
    )
    ledger.keep_evidence(replace(evidence(), fingerprint=FULL.fingerprint, at=BEGAN + 10.0))
    past = open_past("sqlite:", state=state, derive=derive)
    return Desk(Incidents(state), ledger, past, HOST, flush=lambda: True)
