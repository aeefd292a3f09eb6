"""Blobs that are not what was written."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.blob import DamagedChunk
from sysmon_tui.storage.builder import Builder
from sysmon_tui.storage.chunk import Chunk
from sysmon_tui.storage.layout import pack_layout, unpack_layout
from tests.storage.batches import batch, stream

LAYOUT = (("ticks", (labels(core="0"),)), ("noise", (labels(core="0"), ())))


def built(count: int = 10) -> Builder:
    builder = Builder()
    for item in stream(count):
        builder.add(item)
    return builder


def whole(chunk: Chunk) -> list[Batch]:
    rows = range(len(chunk.monos))
    return list(map(chunk.batch, rows, chunk.monos, chunk.figures(rows)))


def test_rows_from_the_middle_on() -> None:
    encoded = built().encode(4, quick=True)
    chunk = Chunk("cpu", encoded.layout, encoded.count, encoded.body)
    assert whole(chunk) == stream(10)[4:]
    assert encoded.wall == (stream(10)[4].wall, stream(10)[9].wall)


def test_a_series_that_came_and_went_is_not_in_later_rows() -> None:
    builder = built(2)
    builder.add(batch(2.0, ticks=1.0, brief=2.0))
    builder.add(batch(3.0, ticks=2.0))
    assert [name for name, _ in builder.encode().layout] == ["ticks", "noise", "brief"]
    assert [name for name, _ in builder.encode(3).layout] == ["ticks"]


def test_a_builder_knows_how_long_it_is() -> None:
    assert Builder().since(0) == 0.0
    assert built(10).since(0) == 9.0
    assert built(10).since(8) == 1.0
    assert built(10).since(10) == 0.0


def test_a_layout_comes_back() -> None:
    assert unpack_layout(pack_layout(LAYOUT)) == LAYOUT


def squeezed(value: object) -> bytes:
    return zlib.compress(json.dumps(value).encode())


@pytest.mark.parametrize(
    "packed", [b"", b"junk", squeezed(7), squeezed([7]), squeezed([["a", [[["k"]]]]])]
)
def test_a_broken_layout_is_damage(packed: bytes) -> None:
    with pytest.raises(DamagedChunk):
        unpack_layout(packed)


def side(value: object) -> bytes:
    """A blob whose columns are right and whose side table is `value`."""
    encoded = built().encode()
    plain = zlib.decompress(encoded.body)
    columns = plain[4 + int.from_bytes(plain[:4], "little") :]
    text = json.dumps(value).encode()
    return zlib.compress(len(text).to_bytes(4, "little") + text + columns)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        zlib.compress(b""),
        built().encode().body[:-3],
        side(7),
        side([[[0, "no such status", ""]], []]),
        side([[], [[0]]]),
    ],
)
def test_a_broken_blob_is_damage(body: bytes) -> None:
    encoded = built().encode()
    with pytest.raises(DamagedChunk):
        Chunk("cpu", encoded.layout, encoded.count, body)


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_damage_or_changes_nothing(at: int, bit: int) -> None:
    """A few bits are padding; the rest is under the checksum of the blob."""
    encoded = built().encode()
    body = bytearray(encoded.body)
    body[at % len(body)] ^= 1 << bit
    try:
        chunk = Chunk("cpu", encoded.layout, encoded.count, bytes(body))
    except DamagedChunk:
        return
    assert whole(chunk) == stream(10)


def test_a_layout_that_is_not_the_blobs_is_damage() -> None:
    encoded = built().encode()
    with pytest.raises(DamagedChunk):
        Chunk("cpu", LAYOUT, encoded.count, encoded.body)
    with pytest.raises(DamagedChunk):
        Chunk("cpu", encoded.layout, encoded.count + 1, encoded.body)


@given(
    st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=12),
    st.sets(st.sampled_from("abcd")),
    st.data(),
)
def test_some_rows_are_the_whole_cut_to_them(
    present: list[set[str]], wanted: set[str], data: st.DataObject
) -> None:
    """Of series that come and go."""
    batches = [
        batch(float(n), "cpu", **{name: float(n) for name in sorted(names)})
        for n, names in enumerate(present)
    ]
    builder = Builder()
    for item in batches:
        builder.add(item)
    encoded = builder.encode()
    chunk = Chunk("cpu", encoded.layout, encoded.count, encoded.body)
    assert whole(chunk) == batches
    places = st.integers(0, len(batches) - 1)
    rows = sorted(data.draw(st.sets(places, min_size=1)))
    assert list(chunk.figures(rows, frozenset(wanted))) == [
        {name: f for name, f in batches[row].families.items() if name in wanted} for row in rows
    ]
