"""The log of the headless commands: one line an event on stderr, as logfmt or as JSON.

`record` installs it under the standard logging, so that what libraries warn of looks the same.
Times are UTC; every text from outside is made safe once more, and a line never spans two.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from select import POLLOUT, poll
from typing import TypeAlias

import msgspec

from sysmon_tui.model.text import clean

LINE_LIMIT = 4000
"""Bytes of a line: below PIPE_BUF, so that a pipe takes it whole or not at all."""
VALUE_LIMIT = 300
"""Characters of one value, so that a line with four long ones keeps its end."""
REPEATS = 3
"""How often the same line is written within a window."""
WINDOW = 60.0
"""Seconds."""
_KEYS = 256
"""Lines remembered for that."""

Form: TypeAlias = Callable[[logging.LogRecord], str]

_DIGITS = re.compile(r"\d+")
_BARE = re.compile(r"[^\s\"=\\]+")


def fields_of(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """What a line says, in order; what is empty is left out."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    yield "time", f"{moment}.{int(record.msecs):03d}Z"
    yield "level", record.levelname.lower()
    yield "event", clean(record.getMessage(), VALUE_LIMIT)
    for name, value in getattr(record, "fields", {}).items():
        if value := clean(str(value), VALUE_LIMIT):
            yield name, value
    if record.exc_info and (error := record.exc_info[1]) is not None:
        yield "error", clean(f"{type(error).__name__}: {error}", VALUE_LIMIT)


def as_text(record: logging.LogRecord) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in fields_of(record))


def as_json(record: logging.LogRecord) -> str:
    return msgspec.json.encode(dict(fields_of(record))).decode()


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Repeats(logging.Filter):
    """Lets a line through a few times a minute; the next one after that says how many are gone.

    Lines that differ only in their figures are the same, but alerts are told apart.
    """

    def __init__(self, mono: Callable[[], float]) -> None:
        super().__init__()
        self._mono = mono
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        fields = getattr(record, "fields", {})
        said = fields.get("fingerprint") or _DIGITS.sub("#", " ".join(map(str, fields.values())))
        key = f"{record.getMessage()} {said}"
        now = self._mono()
        began, count = self._seen.pop(key, (now, 0))
        if now - began >= WINDOW:
            if count > REPEATS:
                record.fields = {**fields, "left_out": count - REPEATS}
            began, count = now, 0
        while len(self._seen) >= _KEYS:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = (began, count + 1)
        return count < REPEATS


class Lines(logging.Handler):
    """Writes to a descriptor that may be full or gone; then lines are lost, and nobody waits."""

    def __init__(self, descriptor: int, form: Form) -> None:
        super().__init__()
        self._descriptor = descriptor
        # Not select(2), which knows no descriptor above 1023.
        self._ready = poll()
        self._ready.register(descriptor, POLLOUT)
        self._form = form

    def emit(self, record: logging.LogRecord) -> None:
        line = self._form(record).encode("utf-8", "replace")[:LINE_LIMIT]
        try:
            # A terminal on Ctrl-S or a pipe that nobody reads would hold us, and our end, up.
            if self._ready.poll(0):
                os.write(self._descriptor, line + b"\n")
        except OSError:
            # There is nobody to tell.
            return


def install(form: str, level: str, descriptor: int) -> None:
    """Send everything logged from `level` on to a descriptor."""
    lines = Lines(descriptor, as_json if form == "json" else as_text)
    lines.addFilter(Repeats(time.monotonic))
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level.upper())
