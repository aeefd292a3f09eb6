"""How one collector is run: when, on whose thread, and what becomes of a failure.

A pass that may hang in the kernel runs on a thread of its own, at most one at a time, and is
never waited for. Whatever a collector raises ends as the status of a `Batch`; nothing it does
can stop the beat.
"""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from time import thread_time

from sysmon_tui.collectors.base import Collector
from sysmon_tui.model.errors import Denied, SysmonError, Unsupported
from sysmon_tui.model.sample import Batch, CollectorState, Reading, Status
from sysmon_tui.model.text import clean

SHARE = 0.02
"""Of one core, the most a collector may use; a dearer one is run less often."""
DEAR = 0.1
"""CPU seconds: whoever used more in a pass does not hold up the beat with the next one."""
DEADLINE = 5.0
"""Seconds after which a pass on its own thread counts as hung."""
RETRY_LIMIT = 60.0
"""Seconds: the longest pause between tries of a collector that fails."""
SHORT = "no free descriptors, threads or memory; tried again at its next turn"
"""What a collector says that fails through no fault of its own: it needs no longer pause."""
FIRST_PAUSE = 0.25
"""Seconds between a collector's first two passes: rates need a pair, the user needs them now."""
STALE_INTERVALS = 5.0
FASTEST = 1.0
"""Seconds: what is read as often does not get faster when there is a hurry."""

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})


class Lane:
    """One collector with its cadence, its last good batch and its state."""

    def __init__(self, collector: Collector, interval: float | None = None) -> None:
        self.collector = collector
        self.name = collector.name
        self.wanted = interval or collector.interval
        """Seconds between two readings where nothing hurries or hinders them."""
        self._interval = self.wanted
        self._pace = 1.0
        self._due = float("-inf")
        self._good = float("nan")
        self._failures = 0
        self._state = Status.OK
        self._note = ""
        self._cost = 0.0

    def poll(self, wall: float, mono: float) -> Batch | None:
        """The batch of this beat; None when the collector is not due or still under way."""
        # Half a hundredth of slack: a beat that comes a hair early must not skip a turn.
        if mono + 0.005 * self._interval < self._due:
            return None
        return self._settle(self._run(wall, mono))

    def _run(self, wall: float, mono: float) -> Batch:
        return run(self.collector, wall, mono)

    def _settle(self, batch: Batch) -> Batch:
        self._state, self._note, self._cost = batch.status, batch.note, batch.cost
        first = False
        if batch.status is Status.OK:
            first = self._good != self._good
            self._failures = 0
            self._good = batch.mono
            self._interval = max(self._hurried, batch.cost / SHARE)
        elif batch.note == SHORT:
            self._interval = self.wanted
        else:
            self._failures += 1
            pause = self.wanted * 2.0 ** min(self._failures - 1, 16)
            self._interval = max(self.wanted, min(pause, RETRY_LIMIT))
        self._due = self._following(batch.mono, first=first)
        return batch

    def _following(self, at: float, *, first: bool) -> float:
        """When the pass after the one at `at` is due. A beat that came late is still that beat:
        counted from it, the next one would be early and skip its turn."""
        if first:
            return at + min(FIRST_PAUSE, self._interval)
        late = at - self._due
        on_time = at if self._failures or late >= self._interval else self._due
        return on_time + self._interval

    def hurry(self, pace: float) -> None:
        """Read `pace` times as often from now on, within a collector's share; 1 is as ever."""
        if pace > self._pace and not self._failures:
            self._due = float("-inf")
        self._pace = pace

    @property
    def _hurried(self) -> float:
        return max(self.wanted / self._pace, min(self.wanted, FASTEST))

    def age(self, mono: float) -> float:
        """Seconds since the last good pass; infinite if there was none."""
        return mono - self._good if self._good == self._good else float("inf")

    def fresh(self, mono: float) -> bool:
        """Whether the last good figures may still be shown as now."""
        return self.age(mono) <= STALE_INTERVALS * self._interval

    def state(self, mono: float) -> CollectorState:
        status = self._state
        if status is Status.OK and self._good == self._good and not self.fresh(mono):
            status = Status.STALE
        return CollectorState(
            name=self.name,
            status=status,
            interval=self._interval,
            age=self.age(mono),
            cost=self._cost,
            note=self._note,
        )

    @property
    def cost(self) -> float:
        """CPU seconds of the last pass."""
        return self._cost

    def close(self) -> None:
        self.collector.close()


class BlockingLane(Lane):
    """A lane with a thread of its own, idle between passes, abandoned when it hangs."""

    def __init__(self, collector: Collector, interval: float | None = None) -> None:
        super().__init__(collector, interval)
        self._go = threading.Event()
        self._closing = False
        self._asked: tuple[float, float] | None = None
        self._done: Batch | None = None
        self._thread: threading.Thread | None = None

    def poll(self, wall: float, mono: float) -> Batch | None:
        if self._asked is None:
            if mono + 0.005 * self._interval >= self._due:
                self._ask(wall, mono)
            return None
        batch, self._done = self._done, None
        if batch is not None:
            self._asked = None
            return self._settle(batch)
        if mono - self._asked[1] > DEADLINE and self._state is not Status.TIMEOUT:
            self._state = Status.TIMEOUT
            self._note = f"no answer for {DEADLINE:.0f} s; waiting"
        return None

    def _ask(self, wall: float, mono: float) -> None:
        self._asked = (wall, mono)
        if self._thread is None:
            # A daemon: a pass stuck in the kernel must not keep the program from ending.
            thread = threading.Thread(target=self._serve, name=f"collect-{self.name}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self._done = _short(self.name, wall, mono)
                return
            self._thread = thread
        self._go.set()

    def _serve(self) -> None:
        while True:
            self._go.wait()
            self._go.clear()
            asked = self._asked
            if self._closing or asked is None:
                return
            self._done = self._run(*asked)

    def close(self) -> None:
        self._closing = True
        self._go.set()
        super().close()


class GrowingLane(BlockingLane):
    """A lane on the thread of the beat while its passes are short. On a machine of a hundred
    thousand processes they are not, and the other collectors' beat must not wait for them."""

    def poll(self, wall: float, mono: float) -> Batch | None:
        if self._asked is None and self._cost < DEAR:
            return Lane.poll(self, wall, mono)
        return super().poll(wall, mono)


def create_lane(collector: Collector, interval: float | None = None) -> Lane:
    return (BlockingLane if collector.may_block else GrowingLane)(collector, interval)


def run(collector: Collector, wall: float, mono: float) -> Batch:
    """One pass as a `Batch`, whatever happens in it."""
    began = thread_time()
    reading, status, note = Reading(), Status.OK, ""
    try:
        reading = collector.collect()
        note = reading.note
    except Unsupported as error:
        status, note = Status.UNSUPPORTED, str(error)
    except (Denied, PermissionError) as error:
        status, note = Status.DENIED, _explain(error)
    except MemoryError:
        return _short(collector.name, wall, mono)
    except Exception as error:  # noqa: BLE001 - odd kernels raise anything; the beat goes on
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            return _short(collector.name, wall, mono)
        status, note = Status.ERROR, _explain(error)
    batch = Batch(
        collector=collector.name,
        wall=wall,
        mono=mono,
        families=reading.families,
        processes=reading.processes,
        status=status,
        note=clean(note, 500),
    )
    return replace(batch, cost=thread_time() - began)


def _short(name: str, wall: float, mono: float) -> Batch:
    return Batch(collector=name, wall=wall, mono=mono, status=Status.ERROR, note=SHORT)


def _explain(error: Exception) -> str:
    return str(error) if isinstance(error, SysmonError) else f"{type(error).__name__}: {error}"
