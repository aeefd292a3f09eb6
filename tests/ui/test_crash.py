"""An error of our own ends the app with a report without values, and with 1."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from textual.app import App

from sysmon_tui.ui.crash import ReportingApp, in_a_line, write_report

CANARY = "canary-77aa"


class Failing(ReportingApp):
    def on_mount(self) -> None:
        password = "canary-" + "77aa"
        raise ValueError(len(password))


async def ended(report: Callable[[BaseException], str]) -> tuple[str, int | None]:
    """What goes to the terminal, and the exit code."""
    app = Failing()
    app.report = report
    with pytest.raises(ValueError, match="11"):
        async with app.run_test():
            pass
    assert not app._exit_renderables
    return app.last_words, app.return_code


async def test_the_frames_are_kept_and_their_values_are_not(tmp_path: Path) -> None:
    shown, code = await ended(partial(write_report, tmp_path / "state", lambda: 0.0))
    path = tmp_path / "state" / "crash-19700101T000000.000000Z.txt"
    assert code == 1
    assert shown.startswith("sysmon-tui: it failed: ValueError at test_crash.py:")
    assert shown.endswith(f"The report is in {path}")
    report = path.read_text()
    assert "in on_mount" in report
    assert "ValueError: 11" in report
    assert CANARY not in report + shown
    assert path.stat().st_mode & 0o777 == 0o600


async def test_where_nothing_can_be_kept_a_line_is_left(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    shown, code = await ended(partial(write_report, tmp_path / "state", lambda: 0.0))
    assert code == 1
    assert shown.startswith("sysmon-tui: it failed: ValueError at test_crash.py:")
    assert CANARY not in shown
    assert os.listdir(tmp_path) == ["state"]


async def test_a_second_report_of_the_same_moment_does_not_replace_the_first(
    tmp_path: Path,
) -> None:
    first = write_report(tmp_path, lambda: 0.0, ValueError("a"))
    assert "The report is in" in first
    assert (
        write_report(tmp_path, lambda: 0.0, ValueError("b")) == "sysmon-tui: it failed: ValueError"
    )
    assert in_a_line(ValueError("secret")) == "sysmon-tui: it failed: ValueError"


def test_what_is_overridden_is_still_there() -> None:
    assert callable(App._fatal_error)
    assert callable(App._close_messages_no_wait)
