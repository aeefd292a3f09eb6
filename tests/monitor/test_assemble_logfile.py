"""What the settings ask for is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Logfile, Settings, Storage

LOGS = Logfile(paths={"web": "/var/log/web"}, patterns={"web": "error"})


def assembled(tmp_path: Path, logs: Logfile, *disabled: str) -> Monitor:
    settings = Settings(
        storage=Storage(url="memory:"), logfile=logs, collection=Collection(disabled=disabled)
    )
    dirs = Dirs(config=tmp_path, state=tmp_path)
    return assemble(settings, dirs, environ={})


@pytest.mark.parametrize(
    ("logs", "disabled", "there"),
    [(LOGS, (), True), (LOGS, ("logfile",), False), (Logfile(), (), False)],
)
def test_log_files_are_followed_where_there_are_any(
    tmp_path: Path, logs: Logfile, disabled: tuple[str, ...], there: bool
) -> None:
    names = assembled(tmp_path, logs, *disabled).collectors
    assert ("logfile" in names) is there


def test_a_pattern_that_is_none_is_a_notice(tmp_path: Path) -> None:
    monitor = assembled(tmp_path, Logfile(paths=LOGS.paths, patterns={"web": "("}))
    assert any("logfile.patterns.web.: is no pattern" in notice for notice in monitor.notices)
