"""What `sysmon-tui import` does: the chain from the file to the store."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from math import inf, isfinite
from typing import IO

import click

from sysmon_tui.cli.alerts_read import iso
from sysmon_tui.cli.past import ALL, IMPORTED
from sysmon_tui.cli.progress import by_place
from sysmon_tui.cli.sink import opened_for_reading
from sysmon_tui.cli.start import open_settings
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage import open_store
from sysmon_tui.storage.exchange.forms import Form, batches_in, form_of
from sysmon_tui.storage.export import newest, whole_moments

FLUSH = 500
"""Batches written at once."""
LATEST = 2.5e11
AGES = 100 * 365.25 * 86400.0
"""Seconds: nothing imported into a history of its own is too old for it."""
MIB = 1 << 20


def read(files: Iterable[str], form: str | None, url: str | None, *, resume: bool) -> None:
    """Raises `SysmonError`, `click.UsageError`."""
    chosen = [(name, _form(name, form)) for name in files]
    with closing(history(url)) as store:
        for name, one in chosen:
            with opened_for_reading(name) as file:
                _one(store, file, name, one, resume=resume)


def _form(name: str, form: str | None) -> Form:
    found = Form(form) if form is not None else form_of(name)
    if found is None:
        raise click.UsageError(f"{name} does not say which format it is: add --format")
    if found is Form.PARQUET and name == "-":
        raise click.UsageError("parquet cannot be read from a pipe")
    return found


def history(url: str | None) -> Store:
    """Open to be written. Raises `StoreError`."""
    loaded, dirs = open_settings()
    storage = loaded.settings.storage
    into = url or storage.url
    if into.startswith("memory:"):
        raise StoreError("what is imported into memory: is gone at once", "Name a place: --into")
    store = open_store(
        into,
        state=dirs.state,
        retention=AGES if url else storage.retention_hours * 3600.0,
        quota=storage.quota_mib * MIB,
        derive=derive,
    )
    if not store.recording:
        store.close()
        raise StoreError(
            f"another program records to {into}", "End it, or import --into sqlite:///another/file"
        )
    return store


def _one(store: Store, file: IO[bytes], name: str, form: Form, *, resume: bool) -> None:
    size = 0 if name == "-" else os.fstat(file.fileno()).st_size
    batches = batches_in(file, form, name, collector_of())
    take_in(store, by_place(batches, file, size, name), name, resume=resume)


def take_in(store: Store, batches: Iterable[Batch], name: str, *, resume: bool) -> None:
    """What is newer than all there is; then say how much. Raises `StoreError`."""
    after = newest(store, ALL, LATEST)
    told = _Told()
    try:
        _append(store, _new(batches, after, resume=resume), told)
    finally:
        click.echo(f"{name}: {told}", err=True)


def _new(batches: Iterable[Batch], after: float, *, resume: bool) -> Iterator[Batch]:
    for batch in batches:
        if batch.wall > after:
            yield batch
        elif not resume:
            raise StoreError(
                f"the history goes on to {iso(after)}, and this begins at {iso(batch.wall)}",
                "Import --into sqlite:///another/file, or add --resume for what is newer",
            )


def _append(store: Store, batches: Iterable[Batch], told: _Told) -> None:
    """In flushes of whole moments, so that `--resume` can tell what is there by the time alone."""
    waiting: list[Batch] = []
    for together in whole_moments(batches):
        waiting += together
        if len(waiting) >= FLUSH:
            _flush(store, waiting, told)
    _flush(store, waiting, told)


def _flush(store: Store, waiting: list[Batch], told: _Told) -> None:
    store.append(waiting)
    store.flush()
    told.count(waiting)
    waiting.clear()


class _Told:
    """What was imported so far."""

    def __init__(self) -> None:
        self._samples = 0
        self._start, self._end = inf, -inf

    def count(self, batches: Iterable[Batch]) -> None:
        for batch in batches:
            self._samples += sum(map(len, batch.families.values()))
            self._start, self._end = min(self._start, batch.wall), max(self._end, batch.wall)

    def __str__(self) -> str:
        if not isfinite(self._start):
            return "nothing imported"
        return f"{self._samples} samples imported, {iso(self._start)} to {iso(self._end)}"


def collector_of() -> Callable[[str], str]:
    """Whose figure a metric is; `import` for one that is none of ours."""
    known: Mapping[str, str] = {
        metric.name: collector.name
        for collector in create_collectors(Roots())
        for metric in collector.metrics
    }
    return lambda name: known.get(name, IMPORTED)
