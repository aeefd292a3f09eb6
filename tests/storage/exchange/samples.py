"""Batches to write and read back, and what of them is compared."""

from __future__ import annotations

import io
import string
from collections.abc import Iterable, Iterator
from math import nan

from hypothesis import strategies as st

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.storage.exchange.forms import Form, batches_in, text_of, write_parquet
from tests.storage.batches import MONO, WALL

Plain = tuple[float, str, str, Labels, str]


def plain(batches: Iterable[Batch], *, collectors: bool = True) -> list[Plain]:
    """Samples in one order; the value as it is written, because NaN equals nothing."""
    return sorted(
        (one.wall, one.collector if collectors else "", name, key, repr(value))
        for one in batches
        for name, family in one.families.items()
        for key, value in family.items()
    )


def written(batches: Iterable[Batch], form: Form) -> bytes:
    if form is Form.PARQUET:
        sink = io.BytesIO()
        write_parquet(batches, sink)
        return sink.getvalue()
    return b"".join(text_of(form, batches))


def read_back(content: bytes, form: Form) -> Iterator[Batch]:
    file = io.BufferedReader(io.BytesIO(content))
    return batches_in(file, form, "file", lambda name: "other")


def machine(count: int, begin: float = 0.0) -> Iterator[Batch]:
    """Ten series, a batch a second."""
    for n in range(count):
        figures: Families = {
            "node_cpu_seconds_total": {
                labels(cpu=str(core), mode="user"): 0.01 * n + core for core in range(8)
            },
            "node_load1": {(): (n * 7919 % 104_729) / 104_729},
            "node_vmstat_oom_kill": {(): float(n // 1000)},
        }
        at = begin + n
        yield Batch(collector="cpu", wall=WALL + at, mono=MONO + at, families=figures)


names = st.sampled_from(["node_load1", "x_total", "x", "a:b", "node_vmstat_pgfault", "y_count"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(clean)
odd = st.sampled_from(["=1+1", "+x", "-x", "@x", "'x", "'=x", '"', "\\", "a,b", "\\n", "", "{}"])
label_names = st.text(string.ascii_letters + "_", min_size=1, max_size=3).filter(
    lambda name: not name.startswith("__")  # those are Prometheus' own
)
keys = st.dictionaries(label_names, texts | odd.map(clean), max_size=3).map(
    lambda pairs: labels(**pairs)
)
values = st.floats(allow_nan=False) | st.just(nan)
families = st.dictionaries(names, st.dictionaries(keys, values, min_size=1, max_size=3), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> list[Batch]:
    """Up to eight batches of three collectors, their times growing."""
    wall, found = WALL, []
    for _ in range(draw(st.integers(0, 8))):
        wall += draw(st.sampled_from([0.1, 1.0, 1.000001, 3600.0]))
        for collector in draw(st.sets(st.sampled_from(["cpu", "memory", "disk"]), min_size=1)):
            figures = draw(families)
            found.append(Batch(collector=collector, wall=wall, mono=wall, families=figures))
    return found
