from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sysmon_tui.model.alert import AlertEvent, Shelf
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.incident import Incident
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.account import account, redacted
from sysmon_tui.storage.memory import MemoryLedger, MemoryStore
from tests.model.briefs import NOW, alert, event, taken
from tests.scene import HOST

INCIDENT = Incident(name="x", began=NOW - 60.0, by=clean("ann"))


class Broken(MemoryLedger):
    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        raise StoreError("alerts.sqlite cannot be used")


class Unreadable(MemoryStore):
    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        raise StoreError("history.sqlite cannot be used")


def test_what_cannot_be_read_is_a_remark() -> None:
    past = Unreadable(retention=1e9, quota=1 << 20)
    found = account(INCIDENT, HOST, Broken(), past, NOW)
    assert found.remarks == ("alerts.sqlite cannot be used", "history.sqlite cannot be used")
    assert found.until == NOW


def test_secrets_are_taken_out_of_every_note() -> None:
    shelf = Shelf(clean("bob"), NOW, NOW + 9.0, clean("token=abcdef99"))
    noted = replace(alert("Full"), ack=taken("ann", "PASSWORD=hunter2"), shelf=shelf)
    told = redacted(event(0.0, "noted", noted, "ann")).alert
    assert told.ack is not None
    assert told.shelf is not None
    assert (told.ack.note, told.shelf.note) == ("PASSWORD=***", "token=***")
    plain = event(0.0, "firing", alert("Full"))
    assert redacted(plain) is plain
