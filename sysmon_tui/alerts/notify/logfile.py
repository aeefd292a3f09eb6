"""A line of JSON for each message, appended to a file that is nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup, in_thread
from sysmon_tui.alerts.notify.payload import full_body
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.message import Message
from sysmon_tui.security.files import append_line
from sysmon_tui.settings.schema import Receiver


class LogFile:
    def __init__(self, path: str) -> None:
        self._path = Path(path)

    async def deliver(self, message: Message) -> None:
        line = json.dumps(full_body(message), separators=(",", ":")) + "\n"
        await in_thread(lambda: self._append(line.encode()))

    def _append(self, line: bytes) -> None:
        try:
            append_line(self._path, line, "Name another path")
        except SysmonError as error:
            raise DeliveryError(error.problem, error.remedy) from None


def create(receiver: Receiver, _lookup: Lookup) -> LogFile:
    return LogFile(receiver.path)
