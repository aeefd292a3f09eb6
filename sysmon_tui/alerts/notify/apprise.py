"""Everything else there is, through Apprise: chats, phones, pagers. An extra (`notify`)."""

from __future__ import annotations

from typing import Any

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup, in_thread
from sysmon_tui.alerts.notify.payload import text, title
from sysmon_tui.alerts.notify.secret import text_of
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.message import Message
from sysmon_tui.settings.schema import Receiver

_TYPES = {Severity.CRITICAL: "failure", Severity.WARNING: "warning"}


class Apprise:
    def __init__(self, receiver: Receiver, lookup: Lookup) -> None:
        self._receiver = receiver
        self._lookup = lookup

    async def deliver(self, message: Message) -> None:
        await in_thread(lambda: self._send(message))

    def _send(self, message: Message) -> None:
        service = _load().Apprise()
        receiver = self._receiver
        urls = text_of(receiver.url_file, receiver.url_secret, self._lookup)
        for number, url in enumerate(urls.splitlines(), 1):
            # The URL is the secret, and no part of what is said.
            if url.strip() and not service.add(url.strip()):
                where = receiver.url_file or f"the secret {receiver.url_secret}"
                raise DeliveryError(f"line {number} of {where} is no Apprise URL", "Correct it")
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


def create(receiver: Receiver, lookup: Lookup) -> Apprise:
    return Apprise(receiver, lookup)
