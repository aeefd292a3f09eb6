"""What an error of our own leaves behind: a report nobody else can read, and one line.

Textual prints a crash with the local variables of every frame, passwords included, to a terminal
that others may see or record. The report has the frames and no values.

Not every defect is the end. What a key asked for, or a worker beside the picture, is lost alone:
it is told and the app lives. Where a widget's own messages are no longer handled the picture
could be wrong without saying so, and the app ends with 1.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, TypeAlias

from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.worker import WorkerFailed, get_current_worker

from sysmon_tui import __version__
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.text import clean
from sysmon_tui.security.files import private_directory
from sysmon_tui.security.paths import open_new

Report: TypeAlias = Callable[[BaseException], str]
"""Keeps what is known of an error; what to tell the user."""


def in_a_line(error: BaseException) -> str:
    """Where nothing can be kept: what went wrong and where."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"sysmon-tui: it failed: {type(error).__name__}{where}"


def write_report(state: Path, now: Callable[[], float], error: BaseException) -> str:
    """Write the frames of `error` to a new file in the state directory."""
    name = datetime.fromtimestamp(now(), UTC).strftime("crash-%Y%m%dT%H%M%S.%fZ.txt")
    lines = traceback.format_exception(error)
    text = f"sysmon-tui {__version__}\n{''.join(lines)}"
    try:
        private_directory(state)
        descriptor = open_new(state, name)
        try:
            os.write(descriptor, text.encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except (OSError, SysmonError):
        return in_a_line(error)
    return f"{in_a_line(error)}. The report is in {clean(str(state / name))}"


class ReportingApp(App[None]):
    """An app that ends with a report where Textual prints locals; the exit code is 1."""

    VITAL: ClassVar[frozenset[str]] = frozenset()
    """Groups of workers without which there is nothing to show: they take the app with them."""

    report: Report = staticmethod(in_a_line)
    last_words = ""
    """For whoever has the terminal afterwards to print: Textual would cut the line."""

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As ever; what an action raises is told, but by leaving, which has to be an end."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:
            if action == "quit":
                raise
            self.survive(error)
            return True

    def survive(self, error: BaseException) -> None:
        """Keep a report and say so, on whatever screen there is."""
        self.run_worker(self._tell(error), group="defects", exit_on_error=False)

    async def _tell(self, error: BaseException) -> None:
        # The state directory may lie on a file system that hangs: never on the loop.
        said = await asyncio.to_thread(self.report, error)
        what = said.removeprefix("sysmon-tui: it failed: ")
        self.notify(what, title="That failed", severity="error", markup=False)

    def _handle_exception(self, error: Exception) -> None:
        # Private, so pinned with Textual's version and held by a test.
        if isinstance(error, WorkerFailed) and get_current_worker().group not in self.VITAL:
            self.survive(error.error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Private, so pinned with Textual's version and held by a test.
        error = self._exception
        self.last_words = self.report(error) if error is not None else "sysmon-tui: it failed"
        self._close_messages_no_wait()
