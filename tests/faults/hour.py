"""An hour of the recorder in a moment, for the rights it is started with: `python -m
tests.faults.hour STATE BEATS`. The log goes to stderr, what is seen as JSON to stdout."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sysmon_tui.cli.logs import install
from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.service import Service
from sysmon_tui.monitor.supervisor import Supervisor
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings
from tests.clock import ManualClock

HOUR = 3600.0


def main() -> None:
    state, beats = Path(sys.argv[1]), int(sys.argv[2])
    install("text", "info", 2)
    clock = ManualClock()
    settings = Settings(collection=Collection(disabled=("filesystem", "sensors")))
    monitor = assemble(settings, Dirs(config=state, state=state), clock=clock)
    service = Service(monitor, clock, state / "health.json", supervisor=Supervisor({}, 0),
                      wait=False)  # fmt: skip
    monitor.tick_bus.subscribe(service._take)
    for _ in range(beats):
        clock.advance(HOUR / beats)
        tick = monitor.beat()
        monitor.writer.drain()
        service._turn()
        # The pane of a process that is not ours, where there is one to see.
        others = [row for row in tick.processes.rows if row.uid != os.geteuid()]
        if others:
            first = others[0].key
            monitor.demand(ProcessDemand(visible=frozenset({first.pid}), inspect=first))
    shown = tick.processes
    json.dump(
        {
            "statuses": {state.name: str(state.status) for state in tick.collectors},
            "notes": {state.name: state.note for state in tick.collectors if state.note},
            "rows": len(shown.rows),
            "hidden": shown.hidden,
            "facts": shown.inspection.facts if shown.inspection else (),
            "recording": monitor.recording.state,
        },
        sys.stdout,
    )
    monitor.stop()


if __name__ == "__main__":
    main()
