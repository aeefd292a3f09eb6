"""A closer look at single processes for an alert's evidence: command, user, what they wait in.

The table has these only for the rows it was asked for. `monitor.evidence` calls this on its own
thread, a moment after the beat: a process that ended meanwhile keeps what is known.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_detail import read_command
from sysmon_tui.collectors.process_files import ProcessFiles
from sysmon_tui.collectors.process_roster import make_row
from sysmon_tui.collectors.process_stat import parse_stat
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.evidence import COMMAND_LIMIT, LINE_LIMIT, Suspect
from sysmon_tui.model.process import ProcessRow
from sysmon_tui.model.text import SafeText, clean


class ProcessLook:
    def __init__(self, roots: Roots) -> None:
        self._proc = roots.proc
        self._users = UserNames(roots.root / "etc/passwd")

    def __call__(self, suspect: Suspect) -> Suspect:
        """The same with what can be read of it; as it was where nothing can. Never raises."""
        files = ProcessFiles(self._proc, descriptors=0)
        try:
            row = _row(files, suspect)
            if row is None:
                return suspect
            self._users.refresh()
            command = suspect.command or clean(read_command(files, row), COMMAND_LIMIT)
            return replace(
                suspect,
                user=self._users.name(row.uid),
                command=command,
                waits_in=_first(lambda: files.read(row.pid, "wchan")),
                group=_group(files, row.pid),
            )
        except OSError:
            return suspect
        finally:
            files.close()


def _row(files: ProcessFiles, suspect: Suspect) -> ProcessRow | None:
    """The process as it is now; None where its pid is another's."""
    stat = parse_stat(files.read(suspect.pid, "stat"))
    if stat is None:
        return None
    row = make_row(suspect.pid, files.owner(suspect.pid), stat, suspect.name, 0.0)
    return row if row.start_time == suspect.start_time else None


def _first(read: Callable[[], bytes]) -> SafeText:
    """The one word of a file; `0` is what the kernel says where it waits in nothing."""
    with suppress(OSError):
        word = read().strip()
        return clean(word if word != b"0" else b"", LINE_LIMIT)
    return SafeText("")


def _group(files: ProcessFiles, pid: int) -> SafeText:
    """The path in the unified hierarchy (cgroups(7)), else in the first one."""
    with suppress(OSError):
        lines = files.read(pid, "cgroup").splitlines()
        chosen = next((line for line in lines if line.startswith(b"0::")), (*lines, b"")[0])
        return clean(chosen.split(b":", 2)[-1], LINE_LIMIT)
    return SafeText("")
