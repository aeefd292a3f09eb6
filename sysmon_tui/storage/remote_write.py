"""Samples as the body of a Prometheus remote write request (version 0.1.0 of its specification).

    message WriteRequest { repeated TimeSeries timeseries = 1; }
    message TimeSeries   { repeated Label labels = 1; repeated Sample samples = 2; }
    message Label        { string name = 1; string value = 2; }
    message Sample       { double value = 1; int64 timestamp = 2; }  // milliseconds

Four messages are less than a dependency on protobuf. `prometheus` sends what this makes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from sysmon_tui.model.metric import Labels

HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def encode(series: Mapping[Labels, Sequence[tuple[int, float]]]) -> bytes:
    """Series with their samples (milliseconds, value), uncompressed."""
    return b"".join(_field(1, _series(labels, samples)) for labels, samples in series.items())


def _series(labels: Labels, samples: Sequence[tuple[int, float]]) -> bytes:
    pairs = (
        _field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in labels
    )
    points = (
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at))
        for at, value in samples
    )
    return b"".join(pairs) + b"".join(points)


def _field(number: int, body: bytes) -> bytes:
    """A field of wire type 2: length, then bytes."""
    return bytes([number << 3 | 2]) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    # An int64 below zero is sent as the 64 bits it is.
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
