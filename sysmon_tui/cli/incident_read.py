"""What `sysmon-tui incident` works with, and how it prints incidents."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from sysmon_tui.cli.alerts_read import aligned, iso
from sysmon_tui.cli.start import open_settings
from sysmon_tui.collectors.host import read_host
from sysmon_tui.model import units
from sysmon_tui.model.incident import Incident
from sysmon_tui.model.text import SafeText
from sysmon_tui.monitor.actor import actor, login_name
from sysmon_tui.monitor.desk import Desk, open_desk
from sysmon_tui.monitor.roots import roots_of


def desk() -> Desk:
    """Raises `SysmonError`."""
    loaded, dirs = open_settings()
    host = read_host(roots_of(loaded.settings), os.environ)
    return open_desk(loaded.settings, dirs, host)


def who(name: str) -> SafeText:
    """Who acts: as they say, else who is logged in."""
    return actor(name or login_name(), "")


def table(incidents: Sequence[Incident], now: float) -> list[str]:
    if not incidents:
        return ["no incidents"]
    rows = [("INCIDENT", "BEGAN", "LASTED", "BY", "WHAT")]
    for one in incidents:
        until = now if one.ended is None else one.ended
        lasted = units.duration(until - one.began)
        goes_on = "" if one.over(now) else ", goes on"
        rows.append((one.name, iso(one.began), f"{lasted}{goes_on}", one.by, one.why or one.note))
    return aligned(rows)


def as_object(incident: Incident) -> dict[str, Any]:
    return {
        "name": incident.name,
        "began": iso(incident.began),
        "by": incident.by,
        "why": incident.why,
        "ended": None if incident.ended is None else iso(incident.ended),
        "ended_by": incident.ended_by,
        "note": incident.note,
    }
