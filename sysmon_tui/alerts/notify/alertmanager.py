"""Alertmanager's API, version 2: what of it we use, as its OpenAPI specification has it.

`mirror` decides what is there and what should be; this only speaks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sysmon_tui.alerts.notify.deliverer import DeliveryError, Lookup, no_vault
from sysmon_tui.alerts.notify.http import Answer, call, check
from sysmon_tui.settings.schema import Receiver

_GONE = (b"not found", b"already expired")


class Alertmanager:
    """Every method raises `DeliveryError`."""

    def __init__(self, receiver: Receiver, lookup: Lookup = no_vault) -> None:
        self._receiver = receiver
        self._lookup = lookup
        self._base = receiver.url.rstrip("/") + "/api/v2"

    async def post_alerts(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        check(await self._call("POST", f"{self._base}/alerts", list(alerts)))

    async def silences(self) -> list[dict[str, Any]]:
        """All it knows, ended ones too."""
        answer = await self._call("GET", f"{self._base}/silences")
        check(answer)
        try:
            found = json.loads(answer.body)
        except ValueError:
            found = None
        if not isinstance(found, list):
            raise DeliveryError("it does not answer as an Alertmanager does", "Check url")
        return [item for item in found if isinstance(item, dict)]

    async def create_silence(self, silence: Mapping[str, Any]) -> None:
        check(await self._call("POST", f"{self._base}/silences", dict(silence)))

    async def delete_silence(self, id: str) -> None:  # noqa: A002 - what it is called there
        """One that is gone already is as good as deleted."""
        answer = await self._call("DELETE", f"{self._base}/silence/{id}")
        # Older versions (0.25) answer 500 for it.
        if answer.status != 404 and not any(word in answer.body for word in _GONE):
            check(answer)

    async def _call(self, method: str, url: str, body: Any = None) -> Answer:
        return await call(self._receiver, method, url, body, lookup=self._lookup)
