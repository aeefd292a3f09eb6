"""What `sysmon-tui export` does: the chain from the store to the file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import click

from sysmon_tui.cli.past import ALL, the_past
from sysmon_tui.cli.progress import by_time
from sysmon_tui.cli.sink import opened_for_reading, write_lines, write_stdout, write_whole
from sysmon_tui.model.ports import Past
from sysmon_tui.model.sample import Batch
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.exchange.forms import (
    RESUMABLE,
    Form,
    form_of,
    resume_point,
    text_of,
    write_parquet,
)
from sysmon_tui.storage.export import selected, with_derived, with_processes

WARM_UP = 65.0
"""Seconds: slow collectors are read once a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    form: str | None
    output: str | None
    start: float | None
    end: float | None
    span: float | None
    step: float
    metrics: tuple[str, ...]
    derived: bool
    processes: bool


def write(wanted: Wanted, url: str | None, *, force: bool, resume: bool) -> None:
    """Raises `SysmonError`, `click.UsageError`."""
    form = _form(wanted)
    if wanted.processes and form is not Form.JSONL:
        raise click.UsageError("--processes goes with jsonl only")
    past = the_past(url)
    try:
        _write(wanted, form, past, force=force, resume=resume)
    except KeyboardInterrupt:
        if form in RESUMABLE and wanted.output is not None:
            click.echo(f"sysmon-tui: {wanted.output} is whole lines; --resume goes on", err=True)
        raise


def _write(wanted: Wanted, form: Form, past: Past, *, force: bool, resume: bool) -> None:
    if resume:
        _resume(wanted, form, past)
    elif wanted.output is None:
        _to_stdout(wanted, form, past)
    elif form in RESUMABLE:
        batches = _batches(wanted, past)
        write_lines(Path(wanted.output), text_of(form, batches), force=force)
    else:
        directory = Path(wanted.output).absolute().parent
        batches = _batches(wanted, past)

        def whole(file: IO[bytes]) -> None:
            _whole(form, batches, file, directory)

        write_whole(Path(wanted.output), whole, force=force)


def _form(wanted: Wanted) -> Form:
    if wanted.form is not None:
        return Form(wanted.form)
    if wanted.output is None:
        return Form.CSV
    form = form_of(wanted.output)
    if form in (None, Form.SYSSTAT) or wanted.output.endswith(".gz"):
        raise click.UsageError(f"{wanted.output} does not say which format it is: add --format")
    return form or Form.CSV


def _to_stdout(wanted: Wanted, form: Form, past: Past) -> None:
    if form is Form.PARQUET:
        raise click.UsageError("parquet needs an --output")
    write_stdout(text_of(form, _batches(wanted, past)))


def _whole(form: Form, batches: Iterator[Batch], file: IO[bytes], directory: Path) -> None:
    if form is Form.PARQUET:
        write_parquet(batches, file)
        return
    for line in text_of(form, batches, directory=directory):
        file.write(line)


def _resume(wanted: Wanted, form: Form, past: Past) -> None:
    output = wanted.output or ""
    if form not in RESUMABLE:
        raise click.UsageError(f"--resume does not go with {form}")
    if not os.path.lexists(output):
        keep, start = 0, wanted.start
    else:
        with opened_for_reading(output) as file:
            keep, newest = resume_point(file, form, output)
        start = newest if newest is not None else wanted.start
        wanted = wanted if newest is None else replace(wanted, span=None)
    pieces = text_of(form, _batches(replace(wanted, start=start), past), header=not keep)
    write_lines(Path(output), pieces, force=False, keep=keep)


def _batches(wanted: Wanted, past: Past) -> Iterator[Batch]:
    end = time.time() if wanted.end is None else wanted.end
    start = end - wanted.span if wanted.span is not None else wanted.start or 0.0
    # A rate needs the reading before the first one.
    begin = start - WARM_UP if wanted.derived else start
    read = past.read(begin, end, collectors=ALL, step=wanted.step)
    batches = by_time(read, end, "exporting")
    if wanted.derived:
        batches = (one for one in with_derived(batches, derive) if one.wall >= start)
    batches = selected(batches, wanted.metrics)
    if wanted.processes:
        batches = with_processes(batches, past.processes(start, end))
    return batches
