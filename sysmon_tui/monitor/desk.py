"""Where incidents are written up: joins their files with the ledger and the history.

`sysmon-tui incident` and the screen call it; all of it blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.incident import Account, Incident, report
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.ports import Ledger, Past
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.text import SafeText
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.incidents import Incidents
from sysmon_tui.monitor.marks import Marks
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.dirs import Dirs, settings_path
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_ledger, open_past

FRESH = 15.0
"""Seconds until what was read can be read back in any case: it is written every ten."""
UNFLUSHED = "No recorder answered: of the last seconds something may be missing"


class Desk:
    def __init__(
        self,
        incidents: Incidents,
        ledger: Ledger,
        past: Past | None,
        host: HostFacts,
        *,
        flush: Callable[[], bool],
        rules: Callable[[], Sequence[Rule]] = tuple,
    ) -> None:
        """`rules` are what the figures of alerts are told by. `flush` has whoever records write
        out what it holds, and says whether that was done."""
        self.incidents = incidents
        self._marks = Marks(incidents.directory.parent)
        self._ledger = ledger
        self._past = past
        self._host = host
        self._flush = flush
        self._rules = rules

    def known(self) -> tuple[Incident, ...]:
        """The one that goes on, then those that were. Raises `StoreError`."""
        current = self.incidents.current()
        return (*((current,) if current else ()), *self.incidents.past())

    def current(self) -> Incident | None:
        """The one that goes on. Raises `StoreError`."""
        return self.incidents.current()

    def begin(self, by: SafeText, why: str, now: float) -> Incident:
        """Raises `SysmonError` where one goes on already."""
        return self.incidents.begin(by, why, now)

    def mark(self, mark: Mark) -> None:
        """Keep a moment for the report. Raises `StoreError`."""
        self._marks.add(mark)

    def finish(self, by: SafeText, note: str, now: float) -> tuple[Path, ...]:
        """End the one that goes on and write it up; nothing where somebody else was quicker.

        Raises `StoreError`.
        """
        ended = self.incidents.end(by, note, now)
        return self.write(ended, now) if ended is not None else ()

    def named(self, name: str) -> Incident:
        """The newest where no name is given. Raises `SysmonError`."""
        found = [one for one in self.known() if one.name.startswith(name)]
        if not found:
            what = f"no incident is called {name!r}" if name else "there was no incident yet"
            raise SysmonError(what, "`sysmon-tui incident list` names them")
        return found[0]

    def report(self, incident: Incident, now: float, *, anonymous: bool = False) -> str:
        return report(self._account(incident, now, anonymous=anonymous))

    def write(
        self, incident: Incident, now: float, *, anonymous: bool = False
    ) -> tuple[Path, Path]:
        """The report and the capsule, written. Raises `StoreError`."""
        from sysmon_tui.monitor.capsule import write_capsule  # and what packs archives

        found = self._account(incident, now, anonymous=anonymous)
        text = report(found)
        path = self.incidents.capsule_path(incident)
        report_path = self.incidents.write_report(incident, text)
        write_capsule(path, found, text, past=self._past)
        return report_path, path

    def _account(self, incident: Incident, now: float, *, anonymous: bool) -> Account:
        from sysmon_tui.monitor.account import LEAD, account
        from sysmon_tui.monitor.capsule import anonymous as without_names

        fresh = now - (incident.ended or now) < FRESH
        whole = not fresh or self._flush()
        found = account(incident, self._host, self._ledger, self._past, now, self._rules())
        found = replace(found, marks=self._marks.between(incident.began - LEAD, found.until))
        if not whole:
            found = replace(found, remarks=(*found.remarks, UNFLUSHED))
        return without_names(found) if anonymous else found


def open_desk(settings: Settings, dirs: Dirs, host: HostFacts) -> Desk:
    """Raises `StoreError`."""
    url = settings.storage.url
    try:
        past = open_past(url, state=dirs.state, derive=derive)
    except StoreError:
        # Another program's memory cannot be read.
        past = None
    ledger = open_ledger(url, state=dirs.state)

    def rules() -> Sequence[Rule]:
        return load_rules(settings.rules, str(settings_path(dirs))).rules

    flush = Flush(dirs.state).ask
    return Desk(Incidents(dirs.state), ledger, past, host, flush=flush, rules=rules)
