"""The incident that goes on and those that were, as files that every program here shares.

`incidents/current.json` in the state directory is the one that goes on; it is made and taken away
in one step, so that two people never begin two. `sysmon-tui incident` and the screen call this.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.incident import LONGEST, Incident
from sysmon_tui.model.redact import mask_text
from sysmon_tui.model.text import NO_TEXT, TEXT_LIMIT, SafeText, clean
from sysmon_tui.security.files import write_atomic
from sysmon_tui.security.paths import OutOfPlace, confine
from sysmon_tui.storage.database import set_aside

DIRECTORY = "incidents"
CURRENT = "current.json"
SIZE_LIMIT = 1 << 16
NOTE_LIMIT = 500
KEPT = 100
"""Incidents listed, newest."""


class Incidents:
    """Every method raises `StoreError` where the files cannot be used."""

    def __init__(self, state: Path) -> None:
        self.directory = state / DIRECTORY

    def current(self) -> Incident | None:
        """The one that goes on, or that was to end by itself and was not closed yet."""
        return self._read(self.directory / CURRENT)

    def begin(self, by: SafeText, why: str, now: float) -> Incident:
        """Raises `SysmonError` where one goes on already.

        One that should have ended by itself by now ends first; nobody wrote its report yet.
        """
        if (known := self.current()) is not None and known.over(now):
            self.end(NO_TEXT, "", now)
        self._clear_damage()
        name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
        incident = Incident(name=name, began=now, by=by, why=_said(why))
        beside = self._write(f".{name}.{os.getpid()}", incident)
        try:
            os.link(beside, self.directory / CURRENT)
        except FileExistsError:
            known = self.current()
            whose = f", begun by {known.by}" if known else ""
            raise SysmonError(
                f"an incident goes on already{whose}", "End it first: sysmon-tui incident stop"
            ) from None
        except OSError as error:
            raise self._failed(error) from None
        finally:
            with suppress(OSError):
                beside.unlink()
        return incident

    def end(self, by: SafeText, note: str, now: float) -> Incident | None:
        """The one that went on, ended; None where none does, or somebody else was quicker.

        One that was to end by itself by then ended at that time.
        """
        incident = self.current()
        if incident is None:
            return None
        by_itself = now >= incident.began + LONGEST
        ended = replace(
            incident,
            ended=min(now, incident.began + LONGEST),
            ended_by=NO_TEXT if by_itself else by,
            note=_said(note),
        )
        try:
            (self.directory / CURRENT).rename(self.directory / f"{incident.name}.json")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from None
        self._write(f"{incident.name}.json", ended)
        return ended

    def past(self) -> tuple[Incident, ...]:
        """Those that are over, newest first."""
        try:
            names = sorted((path for path in self.directory.glob("*Z.json")), reverse=True)
        except OSError as error:
            raise self._failed(error) from None
        found = (self._read(path) for path in names[:KEPT])
        return tuple(incident for incident in found if incident is not None)

    def write_report(self, incident: Incident, text: str) -> Path:
        """Beside the others, readable by its owner alone."""
        return self._put(f"{incident.name}.md", text.encode("utf-8", "replace"))

    def capsule_path(self, incident: Incident) -> Path:
        return self.directory / f"{incident.name}.zip"

    def _clear_damage(self) -> None:
        """A file that tells of no incident is kept aside: it would be in every new one's way."""
        path = self.directory / CURRENT
        try:
            if path.exists() and self._read(path) is None:
                # Not there any more where somebody else was quicker.
                with suppress(FileNotFoundError):
                    set_aside(path)
        except OSError as error:
            raise self._failed(error) from None

    def _read(self, path: Path) -> Incident | None:
        try:
            with path.open("rb") as file:
                incident = msgspec.convert(json.loads(file.read(SIZE_LIMIT)), Incident)
            # Its report and its capsule are called by the name that the file gives it.
            confine(self.directory, f"{incident.name}.json")
            return incident
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from None
        except (ValueError, RecursionError, OutOfPlace):
            return None

    def _write(self, name: str, incident: Incident) -> Path:
        return self._put(name, json.dumps(msgspec.to_builtins(incident)).encode())

    def _put(self, name: str, body: bytes) -> Path:
        path = self.directory / name
        try:
            write_atomic(path, body)
        except OSError as error:
            raise self._failed(error) from None
        return path

    def _failed(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.directory} cannot be used: {error.strerror}", "Make it a writable directory"
        )


def _said(text: str) -> SafeText:
    """What a person wrote, without the secrets that got into it."""
    return clean(mask_text(text.strip()[:TEXT_LIMIT]), NOTE_LIMIT)
