"""Rollups of a band as columns are those that come back as rows."""

from __future__ import annotations

from math import nan

import pytest

from sysmon_tui.model.curve import Stats
from sysmon_tui.storage.band import Row, Strip, pack, unpack
from sysmon_tui.storage.blob import DamagedChunk


def row(minute: int, *slots: int) -> Row:
    stats = {n: Stats(60.0, 10.0 * minute + n, 0.25, 7.5, float(minute)) for n in slots}
    return Row(60.0 * minute, stats)


BLOBS = (
    ([row(0, 0, 1), row(1, 0, 1), row(2, 1)], 2),
    # The band has grown, as it does when a device comes.
    ([row(3, 0, 1, 2)], 3),
    ([row(4, 0, 2)], 3),
)


def test_columns_are_the_rows() -> None:
    strip = Strip((0, 2))
    rows: list[Row] = []
    for blob, slots in BLOBS:
        body = pack(blob, slots, frozenset())
        strip.add(body, len(blob), slots)
        rows.extend(unpack(body, len(blob), slots, (0, 2)))
    assert list(strip.starts) == [each.start for each in rows] == [0.0, 60.0, 120.0, 180.0, 240.0]
    for slot, columns in strip.stats.items():
        found = [Stats(*figures) for figures in zip(*columns, strict=True)]
        wanted = [each.stats.get(slot, Stats(0.0, nan, nan, nan, nan)) for each in rows]
        assert repr(found) == repr(wanted)


def test_only_a_range_is_kept() -> None:
    strip = Strip((0,))
    for blob, slots in BLOBS:
        strip.add(pack(blob, slots, frozenset()), len(blob), slots)
    strip.keep(60.0, 240.0)
    assert list(strip.starts) == [60.0, 120.0, 180.0]
    assert list(strip.stats[0][4]) == pytest.approx([1.0, nan, 3.0], nan_ok=True)


def test_of_a_damaged_blob_nothing_is_taken() -> None:
    strip = Strip((0,))
    for blob, slots in BLOBS:
        body = pack(blob, slots, frozenset())
        for damaged in (body[:-3], b"", body[:4] + body[5:]):
            with pytest.raises(DamagedChunk):
                strip.add(damaged, len(blob), slots)
        with pytest.raises(DamagedChunk):
            strip.add(body, len(blob), slots + 1)
    assert not len(strip.starts)
    assert not any(map(len, strip.stats[0]))
