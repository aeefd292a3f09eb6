"""Labels compare however they were written; keys read as Prometheus writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.metric import SeriesKey, label, labels


def test_labels_are_equal_in_any_order() -> None:
    assert labels(mode="idle", cpu="0") == labels(cpu="0", mode="idle")
    assert labels(mode="idle", cpu="0") == (("cpu", "0"), ("mode", "idle"))


def test_an_absent_label_is_empty() -> None:
    found = labels(cpu="0", mode="idle")

    assert label(found, "mode") == "idle"
    assert label(found, "device") == ""
    assert label((), "cpu") == ""


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (SeriesKey("node_load1"), "node_load1"),
        (SeriesKey("up", labels(b="2", a="1")), 'up{a="1",b="2"}'),
        (SeriesKey("up", labels(path='C:\\x "y"\n')), 'up{path="C:\\\\x \\"y\\"\\n"}'),
    ],
)
def test_a_key_reads_as_in_the_exposition_format(key: SeriesKey, text: str) -> None:
    assert str(key) == text


@given(st.text(), st.text())
def test_keys_of_different_labels_read_differently(one: str, other: str) -> None:
    same = str(SeriesKey("m", labels(x=one))) == str(SeriesKey("m", labels(x=other)))

    assert same == (one == other)
