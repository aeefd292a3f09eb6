"""A POST of Alertmanager's webhook JSON: what its many receivers already understand."""

from __future__ import annotations

from urllib.parse import urlsplit

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup
from sysmon_tui.alerts.notify.http import call, check
from sysmon_tui.alerts.notify.payload import webhook_body
from sysmon_tui.alerts.notify.secret import line_of
from sysmon_tui.model.message import Message
from sysmon_tui.settings.schema import Receiver


class Webhook:
    def __init__(self, receiver: Receiver, lookup: Lookup) -> None:
        self._receiver = receiver
        self._lookup = lookup

    async def deliver(self, message: Message) -> None:
        receiver = self._receiver
        url = receiver.url or line_of(receiver.url_file, receiver.url_secret, self._lookup)
        if urlsplit(url).scheme not in ("http", "https"):
            where = receiver.url_file or f"the secret {receiver.url_secret}"
            raise DeliveryError(f"{where} holds no http or https URL", "Correct it")
        check(await call(receiver, "POST", url, webhook_body(message), lookup=self._lookup))


def create(receiver: Receiver, lookup: Lookup) -> Webhook:
    return Webhook(receiver, lookup)
