"""A POST of Alertmanager's webhook JSON: what its many receivers already understand."""

from __future__ import annotations

from urllib.parse import urlsplit

from sysmon_tui.alerts.notify.deliverer import DeliveryError
from sysmon_tui.alerts.notify.http import call, check
from sysmon_tui.alerts.notify.payload import webhook_body
from sysmon_tui.alerts.notify.secret import read_line
from sysmon_tui.model.message import Message
from sysmon_tui.settings.schema import Receiver


class Webhook:
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def deliver(self, message: Message) -> None:
        receiver = self._receiver
        url = receiver.url or read_line(receiver.url_file)
        if urlsplit(url).scheme not in ("http", "https"):
            raise DeliveryError(f"{receiver.url_file} holds no http or https URL", "Correct it")
        check(await call(receiver, "POST", url, webhook_body(message)))


def create(receiver: Receiver) -> Webhook:
    return Webhook(receiver)
