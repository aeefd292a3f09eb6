"""The last lines of the system's journal, asked of journalctl; `monitor.evidence` calls it.

The file format is systemd's own business. journalctl(1) may be missing, forbidden or hang on a
damaged file: each of these is said instead of the lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import nan

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.program import said
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.evidence import LINE_LIMIT, LINES, Log, LogLine
from sysmon_tui.model.redact import mask_text
from sysmon_tui.model.text import SafeText, clean

DEADLINE = 2.0

_ENTRY = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.]{8,20}[+-]\d\d:?\d\d) (?:\S+ )?(.*)", re.DOTALL)
"""`short-iso`: a time with its offset, the host, then who says what."""


def read_journal(
    roots: Roots,
    *,
    kernel: bool = False,
    ask: Callable[[Sequence[str], float], bytes] = said,
) -> Log:
    """The newest lines, of the kernel alone with `kernel`. Never raises."""
    source = "kernel" if kernel else "journal"
    argv = ["journalctl", "-n", str(LINES), "--no-pager", "-o", "short-iso"]
    if kernel:
        argv.append("-k")
    if roots.foreign:
        argv += ["-D", str(roots.root / "var/log/journal")]
    try:
        text = ask(argv, DEADLINE)
    except Unsupported as error:
        return Log(source, (), clean(str(error), LINE_LIMIT))
    except (TimeoutError, OSError):
        return Log(source, (), clean(f"journalctl did not answer within {DEADLINE:g} s"))
    return _log(source, text)


def _log(source: str, text: bytes) -> Log:
    lines = text.splitlines()
    entries = tuple(parse_iso_lines(lines))[-LINES:]
    remark = next((line for line in lines if line.strip() and not _ENTRY.match(line)), b"")
    if entries and not remark.startswith(b"Hint:"):
        return Log(source, entries)
    if b"not seeing messages" in remark:
        remark = b"Other users' lines are hidden: run as root or join the group systemd-journal"
    return Log(source, entries, clean(remark.strip(b" -"), LINE_LIMIT) or clean("no lines"))


def parse_iso_lines(lines: Iterable[bytes]) -> Iterable[LogLine]:
    """Lines that begin with a time as ISO 8601 has it; others are left out."""
    for line in lines:
        if found := _ENTRY.match(line):
            yield LogLine(_moment(found[1]), line_text(found[2]))


def line_text(raw: bytes) -> SafeText:
    """A line as it is kept: cleaned, and without secrets (sudo logs whole command lines)."""
    # Masked before it is cut: half a secret would not be known for one.
    return clean(mask_text(clean(raw)), LINE_LIMIT)


def _moment(text: bytes) -> float:
    try:
        return datetime.fromisoformat(text.decode()).timestamp()
    except (ValueError, OverflowError):
        return nan
