"""Values are spelled so that tomllib reads them back; keys are found on their line."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.settings import toml
from sysmon_tui.settings.toml import KeyPath, line_of

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES)
def test_every_value_is_read_back_as_it_was(value: Any) -> None:
    line = f"x = {toml.value(value)}"
    assert line.isprintable()
    assert tomllib.loads(line) == {"x": value}


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1e22, "1e+22"),
        (("a", "b"), '["a", "b"]'),
        ({}, "{}"),
        ({"a b": 1}, '{ "a b" = 1 }'),
        ("\x1b[31m", '"\\u001b[31m"'),
        ("\U000e0001", '"\\U000e0001"'),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (time(1, 2, 3), "01:02:03"),
    ],
)
def test_a_value_is_spelled(value: Any, spelled: str) -> None:
    assert toml.value(value) == spelled


DOCUMENT = '''\
# comment = 1
top.level = 1
[screen]
theme = "x"
note = """ it's \'\'\' not closed
fake = 1
[fake]
""" # closed
"quoted" = 1
[ collection . "intervals" ]
cpu = 1
[[rules]]
name = "a"
[[rules]]
name = "b"
inline = { deep = 1 }
[rules.labels]
one = \'\'\'a\'\'\'
two = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top", "level"), 2),
        (("top",), 2),
        (("screen",), 3),
        (("screen", "theme"), 4),
        (("screen", "fake"), 3),
        (("fake",), 0),
        (("screen", "quoted"), 9),
        (("collection", "intervals", "cpu"), 11),
        (("rules", 0, "name"), 13),
        (("rules", 1, "name"), 15),
        (("rules", 1, "inline", "deep"), 16),
        (("rules", 1, "labels", "two"), 19),
        (("absent", "key"), 0),
        ((), 0),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    tomllib.loads(DOCUMENT)
    assert line_of(DOCUMENT, path) == line


@given(st.text(max_size=200))
def test_any_text_has_lines_or_none(text: str) -> None:
    assert 0 <= line_of(text, ("a", "b")) <= text.count("\n") + 1
