"""Where ticks come from, as the screen sees it: this machine now, later history or another host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Protocol

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process import ProcessDemand, ProcessKey
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText
from sysmon_tui.model.tick import Tick


class Source(Protocol):
    """What `monitor.Monitor` offers to a screen."""

    host: HostFacts
    interval: float

    @property
    def notices(self) -> tuple[str, ...]: ...

    @property
    def recorder(self) -> str:
        """Who records this machine, where that is another program; else empty."""

    def stream(self) -> AsyncIterator[Tick]: ...

    def history(self, seconds: float, step: float) -> Iterable[Tick]:
        """Ticks of the last `seconds` from the store, oldest first; blocks while it reads."""

    def dossier(self, fingerprint: str) -> Dossier:
        """Everything kept about one alert; blocks while it reads."""

    def recorded(self, seconds: float, step: float) -> Iterable[Tick]:
        """Like `history`, with what no chart draws: every figure that a rule may look at."""

    def happened(self, limit: int) -> Sequence[AlertEvent]:
        """The newest events of alerts, newest first; blocks while it reads."""

    def hold(self, key: ProcessKey) -> Hold:
        """Take hold of a process to act on it; blocks. Raises `SysmonError` with the reason."""

    def demand(self, demand: ProcessDemand) -> None: ...

    def acknowledge(
        self, fingerprints: Collection[str], by: SafeText, note: SafeText = NO_TEXT
    ) -> None: ...

    def unacknowledge(self, fingerprints: Collection[str], by: SafeText) -> None: ...

    def annotate(self, fingerprints: Collection[str], by: SafeText, note: SafeText) -> None:
        """Say something about alerts somebody has; taking those nobody has."""

    def shelve(
        self, fingerprints: Collection[str], by: SafeText, until: float, note: SafeText = NO_TEXT
    ) -> None:
        """Put alerts out of sight until a moment (seconds since the epoch)."""

    def unshelve(self, fingerprints: Collection[str], by: SafeText) -> None: ...

    def silence(self, silence: Silence) -> None:
        """Keep a silence; one with its id that ends now ends it."""
