"""What systemd is told of a `Type=notify` service: one datagram a word, see sd_notify(3).

Without `NOTIFY_SOCKET` in the environment nothing is sent and no socket is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress


class Supervisor:
    def __init__(self, environ: Mapping[str, str], pid: int) -> None:
        """`pid` is ours: the watchdog may be meant for a parent that started us."""
        address = environ.get("NOTIFY_SOCKET", "")
        # An address in the abstract name space is written with an `@`.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog = float("inf")
        """Seconds within which it wants to hear from us again and again."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        if microseconds.isdigit() and environ.get("WATCHDOG_PID", str(pid)) == str(pid):
            self.watchdog = int(microseconds) / 1e6

    def tell(self, *words: str) -> None:
        """Assignments such as `READY=1`. One that is gone or full misses them; nobody waits."""
        if not self._address:
            return
        import socket

        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto("\n".join(words).encode(), self._address)
