"""The kernel's last lines: OOM kills, I/O errors, hung tasks; `monitor.evidence` calls it.

From /dev/kmsg (Documentation/ABI/testing/dev-kmsg), which needs no other program but often a
privilege; else from journalctl; else from the file syslog writes. None of them waits.
"""

from __future__ import annotations

import errno
import os
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import nan
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.journal import line_text, parse_iso_lines, read_journal
from sysmon_tui.model.evidence import LINES, Log, LogLine
from sysmon_tui.model.text import clean

SOURCE = "kernel"
RECORDS = 50_000
"""Records read at most; the kernel's ring holds fewer, and a flood of new ones must end."""
TAIL = 64 << 10
"""Bytes read from the end of a log file."""
FILES = ("var/log/kern.log", "var/log/messages")

_RECORD = re.compile(rb"(\d{1,10}),(\d{1,20}),(\d{1,20}),[^;]*;([^\n]*)")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")
_QUIET = frozenset({errno.EACCES, errno.EPERM})


def read_kernel_log(roots: Roots, epoch: float, journal: Callable[[], Log] | None = None) -> Log:
    """The newest lines. Never raises.

    `epoch` is the moment (seconds since the epoch) at which the kernel's clock began.
    """
    refused = ""
    try:
        lines = _ring(roots.root / "dev/kmsg", epoch)
        if lines:
            return Log(SOURCE, lines)
    except OSError as error:
        if error.errno in _QUIET:
            refused = "The kernel log may not be read: run as root, or grant CAP_SYSLOG"
    found = journal() if journal else read_journal(roots, kernel=True)
    if found.lines:
        return found
    for name in FILES:
        if lines := _tail(roots.root / name):
            return Log(SOURCE, lines)
    return Log(SOURCE, (), clean(refused or "no kernel lines can be read"))


def _ring(path: Path, epoch: float) -> tuple[LogLine, ...]:
    """Every record is one read; EPIPE says that some were overwritten meanwhile."""
    kept: deque[bytes] = deque(maxlen=LINES)
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        for _ in range(RECORDS):
            try:
                record = os.read(fd, 8192)
            except BlockingIOError:
                break
            except BrokenPipeError:
                continue
            if not record:
                break
            kept.append(record)
    finally:
        os.close(fd)
    return tuple(line for record in kept if (line := parse_record(record, epoch)))


def parse_record(record: bytes, epoch: float) -> LogLine | None:
    """`priority,sequence,microseconds,flags;text`, continued by lines that say where it is from."""
    found = _RECORD.match(record)
    if found is None:
        return None
    text = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), found[4])
    return LogLine(epoch + float(found[3]) * 1e-6, line_text(text))


def _tail(path: Path) -> tuple[LogLine, ...]:
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            raw = os.pread(fd, TAIL, max(0, size - TAIL)).splitlines()[-LINES:]
        finally:
            os.close(fd)
        dated = tuple(parse_iso_lines(raw))
        # The older form has neither year nor zone: as it is.
        return dated or tuple(LogLine(nan, line_text(line)) for line in raw)
    return ()
