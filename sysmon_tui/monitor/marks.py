"""The moments people marked, in a file that every program here appends to.

`monitor.desk` keeps what the screen marks, and asks what was marked during an incident. A line of
JSON each; a note that comes later is another line. A file that is large enough becomes the old
one, of which there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.redact import mask_text
from sysmon_tui.model.text import clean
from sysmon_tui.security.files import append_line, private_directory

FILE, OLD = "marks.jsonl", "marks.jsonl.1"
LARGEST = 1 << 18
NOTE_LIMIT = 500


class Marks:
    def __init__(self, state: Path) -> None:
        self._file, self._old = state / FILE, state / OLD

    def add(self, mark: Mark) -> None:
        """Keep it, without the secrets that got into its note. Raises `StoreError`."""
        said = msgspec.to_builtins(mark) | {"note": clean(mask_text(mark.note.strip()), NOTE_LIMIT)}
        line = json.dumps(said).encode() + b"\n"
        try:
            private_directory(self._file.parent)
            if append_line(self._file, line, "Remove it") > LARGEST:
                # Whoever holds it open still writes into a file that is read.
                self._file.replace(self._old)
        except OSError as error:
            raise StoreError(
                f"{self._file} cannot be written: {error.strerror}", "Make its directory writable"
            ) from None
        except SysmonError as error:
            remedy = error.remedy or "Make its directory writable"
            raise StoreError(error.problem, remedy) from None

    def between(self, start: float, end: float) -> tuple[Mark, ...]:
        """Those set in a time, by the moments they mark; what is no mark is passed over."""
        found: dict[tuple[float, str], Mark] = {}
        for mark in self._read():
            if start <= mark.set_at <= end:
                found[mark.at, mark.by] = mark
        return tuple(sorted(found.values(), key=lambda mark: mark.at))

    def _read(self) -> Iterator[Mark]:
        for path in (self._old, self._file):
            with suppress(OSError), path.open("rb") as file:
                # Two programs may let it grow a little beyond.
                for line in file.read(2 * LARGEST).splitlines():
                    with suppress(ValueError, RecursionError):
                        yield cleaned(msgspec.convert(json.loads(line), Mark))


def cleaned(mark: Mark) -> Mark:
    """Its texts as safe as those of a collector."""
    return replace(mark, by=clean(mark.by), note=clean(mark.note, NOTE_LIMIT))
