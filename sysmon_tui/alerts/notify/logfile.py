"""A line of JSON for each message, appended to a file that is nobody else's."""

from __future__ import annotations

import json
import os
import stat

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup, in_thread
from sysmon_tui.alerts.notify.payload import full_body
from sysmon_tui.model.message import Message
from sysmon_tui.settings.schema import Receiver

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LogFile:
    def __init__(self, path: str) -> None:
        self._path = path

    async def deliver(self, message: Message) -> None:
        line = json.dumps(full_body(message), separators=(",", ":")) + "\n"
        await in_thread(lambda: self._append(line.encode()))

    def _append(self, line: bytes) -> None:
        """In one write, so that lines of several programs do not mix."""
        try:
            descriptor = os.open(self._path, _FLAGS, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise DeliveryError(f"{self._path} is not a regular file", "Name another path")
                written = os.write(descriptor, line)
                if written < len(line):
                    # Half a line must not begin the next one.
                    os.write(descriptor, b"\n")
                    raise DeliveryError(f"{self._path} took half a line", "Free space there")
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DeliveryError(f"{self._path} cannot be written: {error.strerror}") from None


def create(receiver: Receiver, _lookup: Lookup) -> LogFile:
    return LogFile(receiver.path)
