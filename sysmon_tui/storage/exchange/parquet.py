"""Apache Parquet, a row for each sample; needs pyarrow, the extra `parquet`.

Columns are those of the CSV form, labels as a map. Rows go through in groups, so memory is that of
one group. pyarrow is imported where it is used: it takes a good part of a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

from sysmon_tui.model.errors import StoreError
from sysmon_tui.storage.exchange.errors import FormatError
from sysmon_tui.storage.exchange.sample import Gate, Sample

GROUP = 16_384
"""Rows."""
_COLUMNS = ("time", "collector", "metric", "labels", "value")


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise StoreError(
            "Parquet needs pyarrow, which is not installed",
            "Install sysmon-tui with the extra: pip install 'sysmon-tui[parquet]'",
        ) from None
    return pyarrow, pyarrow.parquet


def write(samples: Iterable[Sample], sink: IO[bytes]) -> None:
    """Raises `StoreError` where pyarrow is missing, `OSError`."""
    pa, pq = _arrow()
    types = (
        pa.float64(), pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int32(), pa.string()), pa.map_(pa.string(), pa.string()), pa.float64(),
    )  # fmt: skip
    schema = pa.schema(list(zip(_COLUMNS, types, strict=True)))
    iterator = iter(samples)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        while rows := list(islice(iterator, GROUP)):
            columns = zip(*rows, strict=True)
            # Times and metrics are tuples of samples; a map takes pairs as they are.
            arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=GROUP)


def read(file: IO[bytes], gate: Gate, name: str) -> Iterator[Sample]:
    """Raises `FormatError`; rows count from 1. The file must be seekable."""
    pa, pq = _arrow()
    number = 0
    try:
        # Dictionaries of all row groups would be kept.
        parquet = pq.ParquetFile(file, buffer_size=1 << 16)
        if tuple(parquet.schema_arrow.names) != _COLUMNS:
            raise FormatError(name, "has other columns", f"Name them {', '.join(_COLUMNS)}")
        for batch in parquet.iter_batches(GROUP):
            for row in batch.to_pylist():
                number += 1
                yield _sample(number, row, gate)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FormatError(name, f"is no Parquet file that can be read: {error}") from None


def _sample(number: int, row: dict[str, Any], gate: Gate) -> Sample:
    texts = (row["collector"], row["metric"])
    pairs = row["labels"] or []
    fine = (
        all(isinstance(text, str) for text in texts)
        and isinstance(pairs, list)
        and all(isinstance(text, str) for pair in pairs for text in pair)
        and all(isinstance(row[column], float) for column in ("time", "value"))
    )
    if not fine:
        raise gate.error(number, "a value is of another type than exports have")
    return gate.sample(number, row["time"], *texts, tuple(dict(pairs).items()), row["value"])
