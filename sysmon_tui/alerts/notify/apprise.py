"""Everything else there is, through Apprise: chats, phones, pagers. An extra (`notify`)."""

from __future__ import annotations

from typing import Any

from sysmon_tui.alerts.notify.deliverer import DeliveryError, in_thread
from sysmon_tui.alerts.notify.payload import text, title
from sysmon_tui.alerts.notify.secret import read_secret
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.message import Message
from sysmon_tui.settings.schema import Receiver

_TYPES = {Severity.CRITICAL: "failure", Severity.WARNING: "warning"}


class Apprise:
    def __init__(self, url_file: str) -> None:
        self._url_file = url_file

    async def deliver(self, message: Message) -> None:
        await in_thread(lambda: self._send(message))

    def _send(self, message: Message) -> None:
        service = _load().Apprise()
        for number, url in enumerate(read_secret(self._url_file).splitlines(), 1):
            # The URL is the secret, and no part of what is said.
            if url.strip() and not service.add(url.strip()):
                raise DeliveryError(
                    f"line {number} of {self._url_file} is no Apprise URL", "Correct it"
                )
        kind = "success" if message.status == "resolved" else _TYPES.get(message.severity, "info")
        if not service.notify(body=text(message), title=title(message), notify_type=kind):
            raise DeliveryError("a service did not take it")


def _load() -> Any:
    try:
        import apprise  # an extra, and slow to load
    except ImportError:
        raise DeliveryError(
            "Apprise is not installed", "Install sysmon-tui[notify]", retry=False
        ) from None
    return apprise


def create(receiver: Receiver) -> Apprise:
    return Apprise(receiver.url_file)
