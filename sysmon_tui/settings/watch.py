"""Whether the settings file was edited: one stat when somebody with a beat asks, no thread.

watch = Watch(loaded.path, loaded.stamp)
if watch.changed():
    problems = current.reload()
"""

from __future__ import annotations

from pathlib import Path

from sysmon_tui.settings.source import Stamp, stamp_of


class Watch:
    def __init__(self, path: Path, seen: Stamp | None) -> None:
        """`seen` is the version that was loaded, so that an edit in between is not missed."""
        self._path = path
        self._seen = seen

    def changed(self) -> bool:
        """True once for each new version. A vanished file is none: editors rename."""
        stamp = stamp_of(self._path)
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True
