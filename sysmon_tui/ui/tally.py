"""The alerts of a tick, counted once: header, verdict and title ask for the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sysmon_tui.model.alert import Alert, State


@dataclass(frozen=True, slots=True)
class Tally:
    calling: Sequence[Alert]
    """Those that fire and are not muted, the most urgent first."""
    muted: Sequence[Alert]
    """Those that are muted or shelved."""

    @classmethod
    def of(cls, alerts: Sequence[Alert]) -> Tally:
        # Lists, not generators: with ten thousand alerts this is a good part of a tick.
        return cls(
            [alert for alert in alerts if alert.state is State.FIRING and not alert.muted],
            [alert for alert in alerts if alert.muted or alert.shelf is not None],
        )

    @property
    def open(self) -> list[Alert]:
        """Those that call and that nobody has."""
        return [alert for alert in self.calling if alert.ack is None]
