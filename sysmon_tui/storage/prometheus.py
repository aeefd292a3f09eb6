"""History in Prometheus, or what speaks like it (Mimir, VictoriaMetrics, Thanos receive).

`prometheus+http://host:9090` and `prometheus+https://…`: batches are remote written, raw and
derived figures alike, with `job="sysmon-tui"`, the host as `instance` and their collector; looking
back asks PromQL. Retention is the server's affair. Times are kept to the millisecond; process
tables are not kept, because a series for each process would ruin the server.

Every request is made on the thread that asks. A server that is away keeps what was appended
waiting (`monitor.writer` bounds it); samples it refuses are dropped and told of.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil, nan
from pathlib import Path
from typing import Any

from sysmon_tui.model.curve import Curve, Stats
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, Labels, SeriesKey, is_counter
from sysmon_tui.model.moment import HORIZON, Moment
from sysmon_tui.model.ports import AlertLedger, Derive, Metrics, Past, Store
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.silence import Matcher
from sysmon_tui.storage import remote_write
from sysmon_tui.storage.gather import agree, newest_pairs, no_derive, only
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.scan import step_through
from sysmon_tui.storage.sqlite_read import SESSION_GAP

JOB = "sysmon-tui"
MONO = "sysmon_batch_mono_seconds"
"""One sample for each batch, its monotonic time."""
STATUS = "sysmon_batch_status"
"""One sample for each batch that is not simply good; status and note are labels."""
_OURS = ("__name__", "collector", "instance", "job")
_OWN = (MONO, STATUS)

WINDOW = 300.0
"""Seconds of samples fetched at a time."""
PIECES = 500
"""Parts of a range of which one query tells which have anything."""
_AGGREGATES = ("count", "sum", "min", "max", "last")
_JUST = 0.001
"""Seconds: Prometheus' ranges are open at the left and closed at the right, ours the other way."""


class PrometheusPast:
    def __init__(self, base: str, instance: str) -> None:
        self._base = base.rstrip("/")
        self._instance = instance

    def read(
        self,
        start: float,
        end: float,
        *,
        collectors: frozenset[str],
        step: float = 0.0,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        if collectors:
            batches = _grown(self._batches(start, end, collectors))
            for batch in step_through(batches, start, collectors, step):
                yield replace(batch, families=only(batch.families, metrics))

    def known(self, start: float, end: float) -> tuple[SeriesKey, ...]:
        found = self._get("series", {"match[]": self._selector(), "start": start, "end": end})
        keys = (_key(raw) for raw in found)
        return tuple(sorted({key for key in keys if key.name not in _OWN}))

    def series(
        self,
        name: str,
        start: float,
        end: float,
        buckets: int,
        *,
        matchers: Sequence[Matcher] = (),
    ) -> Mapping[SeriesKey, Curve]:
        step = (end - start) / buckets
        columns: dict[SeriesKey, dict[str, dict[int, float]]] = {}
        for aggregate in ("last",) if is_counter(name) else _AGGREGATES:
            query = f"{aggregate}_over_time({self._selector(name)}[{ceil(step * 1000)}ms])"
            for raw, samples in self._range(query, start + step - _JUST, end - _JUST, step):
                key = SeriesKey(name, _labels(raw))
                if agree(key.labels, matchers):
                    column = columns.setdefault(key, {}).setdefault(aggregate, {})
                    column |= {round((at - start) / step) - 1: value for at, value in samples}
        whole = _counted if is_counter(name) else _measured
        return {key: whole(columns[key], Curve(start, step, buckets)) for key in sorted(columns)}

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        return {name: self.series(name, start, end, buckets) for name in names}

    def moment(self, at: float) -> Moment:
        every = self._batches(at - HORIZON, at + _JUST, None)
        return Moment(at=at, batches=newest_pairs(_grown(every)))

    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        return iter(())

    def _batches(
        self, start: float, end: float, collectors: frozenset[str] | None
    ) -> Iterator[Batch]:
        for begin, stop in self._filled(start, end):
            span = ceil((stop - begin) * 1000)
            query = f"{self._selector()}[{span}ms]"
            found = self._get("query", {"query": query, "time": stop - _JUST})
            yield from _assembled(found["result"], collectors)

    def _filled(self, start: float, end: float) -> Iterator[tuple[float, float]]:
        """The windows of a range in which anything was recorded."""
        if end - start <= WINDOW:
            yield start, end
            return
        step = max(WINDOW, (end - start) / PIECES)
        query = f"sum(count_over_time({self._selector(MONO)}[{ceil(step * 1000)}ms]))"
        for _, samples in self._range(query, start + step - _JUST, end + step - _JUST, step):
            for at, _ in samples:
                begin = max(start, at + _JUST - step)
                yield from self._filled(begin, min(end, begin + step))

    def _selector(self, name: str = "") -> str:
        pairs = [f'job="{JOB}"', f'instance="{self._instance}"']
        if name:
            pairs.append('__name__="{}"'.format(name.replace("\\", r"\\").replace('"', r"\"")))
        return "{" + ",".join(pairs) + "}"

    def _range(
        self, query: str, start: float, end: float, step: float
    ) -> Iterator[tuple[dict[str, str], list[tuple[float, float]]]]:
        asked = {"query": query, "start": start, "end": end, "step": step}
        for series in self._get("query_range", asked)["result"]:
            samples = [(float(at), float(value)) for at, value in series["values"]]
            yield series["metric"], samples

    def _get(self, what: str, asked: Mapping[str, Any]) -> Any:
        from sysmon_tui.storage.http import get

        return get(f"{self._base}/api/v1/{what}", asked)


class PrometheusStore(PrometheusPast):
    recording = True
    elsewhere = False

    def __init__(self, base: str, instance: str, derive: Derive = no_derive) -> None:
        super().__init__(base, instance)
        self._derive = derive
        self._feeds: dict[str, Callable[[Batch], Families]] = {}
        self._waiting: dict[Labels, list[tuple[int, float]]] = {}
        self._refused = ""

    @property
    def notice(self) -> str:
        return f"Prometheus refuses what is recorded: {self._refused}" if self._refused else ""

    def append(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            if batch.collector not in self._feeds:
                self._feeds[batch.collector] = self._derive(batch.collector)
            self._take(batch, MONO, (), batch.mono)
            if batch.status is not Status.OK or batch.note:
                said = (("note", batch.note), ("status", batch.status.value))
                self._take(batch, STATUS, said, 1.0)
            derived = self._feeds[batch.collector](batch) if batch.status is Status.OK else {}
            for families in (batch.families, derived):
                for name, family in families.items():
                    for labels, value in family.items():
                        self._take(batch, name, labels, value)

    def flush(self) -> None:
        from sysmon_tui.storage.http import post

        if self._waiting:
            body = remote_write.encode(self._waiting)
            self._refused = post(f"{self._base}/api/v1/write", _snappy(body), remote_write.HEADERS)
            self._waiting.clear()

    def close(self) -> None:
        self.flush()

    def _take(self, batch: Batch, name: str, labels: Labels, value: float) -> None:
        ours = zip(_OURS, (name, batch.collector, self._instance, JOB), strict=True)
        # A label that is empty is none, and all must be sorted.
        key = tuple(sorted(pair for pair in (*labels, *ours) if pair[1]))
        self._waiting.setdefault(key, []).append((round(batch.wall * 1000), value))


def _snappy(body: bytes) -> bytes:
    try:
        import cramjam
    except ImportError:
        raise StoreError(
            "Remote write needs the package cramjam", "Install sysmon-tui[fleet]"
        ) from None
    return bytes(cramjam.snappy.compress_raw(body))


def _labels(raw: Mapping[str, str]) -> Labels:
    return tuple(sorted(pair for pair in raw.items() if pair[0] not in _OURS))


def _key(raw: Mapping[str, str]) -> SeriesKey:
    return SeriesKey(raw["__name__"], _labels(raw))


def _assembled(found: Any, collectors: frozenset[str] | None) -> Iterator[Batch]:
    """Batches out of the samples of a window, in the order of time."""
    parts: dict[tuple[float, str], dict[str, dict[Labels, float]]] = {}
    for series in found:
        raw = series["metric"]
        collector = raw.get("collector", "")
        if collectors is None or collector in collectors:
            key = _key(raw)
            for at, value in series["values"]:
                families = parts.setdefault((float(at), collector), {})
                families.setdefault(key.name, {})[key.labels] = float(value)
    for at, collector in sorted(parts):
        families = parts[at, collector]
        mono = families.pop(MONO, {}).get((), nan)
        said = dict(next(iter(families.pop(STATUS, {})), ()))
        yield Batch(
            collector=collector,
            wall=at,
            mono=mono,
            families=families,
            status=Status(said.get("status", Status.OK.value)),
            note=said.get("note", ""),
        )


def _grown(batches: Iterable[Batch]) -> Iterator[Batch]:
    """With monotonic times that grow: one that fell is another session's."""
    shift, last = 0.0, float("-inf")
    for batch in batches:
        if batch.mono + shift < last:
            shift = last + SESSION_GAP - batch.mono
        last = batch.mono + shift
        yield replace(batch, mono=last) if shift else batch


def _measured(columns: Mapping[str, Mapping[int, float]], curve: Curve) -> Curve:
    """A gauge, as the server summed it up."""
    for bucket in sorted(columns.get("count", ())):
        figures = (columns[aggregate].get(bucket, nan) for aggregate in _AGGREGATES)
        curve.add(curve.start + (bucket + 0.5) * curve.step, Stats(*figures))
    return curve


def _counted(columns: Mapping[str, Mapping[int, float]], curve: Curve) -> Curve:
    """A counter, from its last sample in each bucket. Its rate is the same all over a bucket."""
    last = columns["last"]
    for bucket in sorted(last):
        value, before = last[bucket], last.get(bucket - 1)
        stats = Stats(0.0, nan, nan, nan, value)
        if before is not None:
            increase = value - before if value >= before else value
            rate = increase / curve.step
            stats = Stats(curve.step, increase, rate, rate, value)
        curve.add(curve.start + (bucket + 0.5) * curve.step, stats)
    return curve


def open_store(
    rest: str, *, state: Path, retention: float, quota: int, derive: Derive = no_derive
) -> Store:
    """The server's address; retention and quota are its own."""
    return PrometheusStore(_address(rest), socket.gethostname(), derive)


def open_past(rest: str, *, state: Path, derive: Derive = no_derive) -> Past:
    return PrometheusPast(_address(rest), socket.gethostname())


def open_ledger(rest: str, *, state: Path) -> AlertLedger:
    """In the state directory: acknowledgements are of this machine."""
    _address(rest)
    return SqliteLedger(state / "alerts.sqlite")


def _address(rest: str) -> str:
    scheme, _, place = rest.partition("://")
    if scheme not in ("http", "https") or not place or "@" in place:
        raise StoreError(
            f"prometheus+{rest} names no server", "Write prometheus+http://host:9090, no password"
        )
    return rest
