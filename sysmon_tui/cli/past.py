"""Where the commands that look back find the past: the store of the settings, or another one."""

from __future__ import annotations

from sysmon_tui.cli.start import open_settings
from sysmon_tui.collectors.registry import COLLECTORS
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.ports import Past
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import open_past

IMPORTED = "import"
"""The collector of samples that none of ours would yield."""
ALL = frozenset((*COLLECTORS, "logfile", IMPORTED))


def the_past(url: str | None) -> Past:
    """Raises `SysmonError` where history is kept by nobody else than the program itself."""
    loaded, dirs = open_settings()
    url = url or loaded.settings.storage.url
    if url.startswith("memory:"):
        raise SysmonError(
            "history is kept in the memory of the program that runs",
            "Set storage.url to sqlite:, or name a --store",
        )
    return open_past(url, state=dirs.state, derive=derive)
