"""Odd kernel files, and the one thing asked of a collector that reads them.

Whatever stands in a file, a pass ends in a `Reading` of finite figures that are not negative, or
in `Unsupported` or `Denied`.
"""

from __future__ import annotations

from math import isfinite

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sysmon_tui.collectors.base import Collector
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean

FIXED = [b"", b"\n", b"\0" * 64, b"\xff\xfe", b"9" * 5000, b"-1 nan inf 1e999 1_000\n", b": " * 999]

# One tree serves all examples of a test: each overwrites the file before it reads.
relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def mutations(text: str) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and `text` cut, spliced or with one field replaced."""
    raw = text.encode()
    position = st.integers(0, len(raw))
    junk = st.one_of(
        st.binary(max_size=40), st.sampled_from([b"-1", b"nan", b"9" * 30, b"\n", b" ", b"1e5"])
    )

    def replaced(at: int, length: int, new: bytes) -> bytes:
        return raw[:at] + new + raw[at + length :]

    return st.one_of(
        st.sampled_from(FIXED),
        st.binary(max_size=400),
        position.map(lambda end: raw[:end]),
        st.builds(replaced, position, st.integers(0, 12), junk),
    )


def survives(collector: Collector) -> Reading | None:
    """The reading of one pass, checked; None where the collector says it has nothing."""
    try:
        reading = collector.collect()
    except (Unsupported, Denied):
        return None
    names = {metric.name for metric in collector.metrics}
    for name, family in reading.families.items():
        assert name in names, f"{name} is not declared"
        for key, value in family.items():
            assert isfinite(value), f"{name} {key}"
            assert value >= 0.0 or "celsius" in name, f"{name} {key}"
            assert all(text == clean(text) for pair in key for text in pair), key
    return reading
