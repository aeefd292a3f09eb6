"""Where ticks come from, as the screen sees it: this machine now, later history or another host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.curve import Curve
from sysmon_tui.model.evidence import Dossier
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.ports import Hold
from sysmon_tui.model.process import ProcessDemand, ProcessKey
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import NO_TEXT, SafeText
from sysmon_tui.model.tick import Tick

if TYPE_CHECKING:
    # Loaded only when somebody compares.
    from sysmon_tui.model.difference import Difference


class Lookback(Protocol):
    """What was recorded, as `monitor.lookback` tells it. All of it blocks and raises `StoreError`;
    one thread at a time."""

    def tick(self, at: float) -> Tick:
        """All that was known at a moment; no figures where nothing was recorded then."""

    def ticks(
        self, start: float, end: float, step: float, metrics: Collection[str]
    ) -> Iterable[Tick]:
        """Figures of a range, one tick in `step` seconds, oldest first; of these metrics."""

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        """Series of some metrics in equal spans, from whatever rollups serve."""

    def difference(self, before: Tick, after: Tick, boot_time: float) -> Difference:
        """What changed between two ticks of this machine, live or not."""


class Source(Protocol):
    """What `monitor.Monitor` offers to a screen."""

    host: HostFacts
    interval: float

    @property
    def lookback(self) -> Lookback: ...

    @property
    def notices(self) -> tuple[str, ...]: ...

    @property
    def recorder(self) -> str:
        """Who records this machine, where that is another program; else empty."""

    def stream(self) -> AsyncIterator[Tick]: ...

    def history(self, seconds: float, step: float, metrics: Collection[str]) -> Iterable[Tick]:
        """Ticks of the last `seconds` from the store, oldest first, with figures of these metrics;
        blocks while it reads."""

    def dossier(self, fingerprint: str) -> Dossier:
        """Everything kept about one alert; blocks while it reads."""

    def recorded(self, seconds: float, step: float, metrics: Collection[str]) -> Iterable[Tick]:
        """Like `history`, also of what no chart draws: of every figure that a rule may look at."""

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
