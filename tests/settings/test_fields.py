"""The schema as a table, and what a setting takes in words."""

from __future__ import annotations

import msgspec
import pytest

from sysmon_tui.settings.fields import FIELDS, SECTIONS, allowed, found, nearest, value_of
from sysmon_tui.settings.schema import Settings


def test_every_setting_is_in_the_table_with_its_default() -> None:
    settings = Settings()
    names = {
        f"{section}.{name}"
        for section, struct in SECTIONS.items()
        for name in struct.__struct_fields__
    }
    assert set(FIELDS) == names
    assert {*SECTIONS, "rules"} == set(Settings.__struct_fields__)
    for path, field in FIELDS.items():
        assert field.default == value_of(settings, path)
        assert msgspec.convert(field.default, field.type) == field.default


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("screen.theme", "a text that is not empty"),
        ("screen.glyphs", "one of auto, unicode, block, ascii"),
        ("screen.tree", "true or false"),
        ("screen.keys", "a table whose values are each a text"),
        ("collection.interval", "a number from 0.1 to 3600"),
        ("collection.disabled", "a list, each a text"),
        ("collection.intervals", "a table whose values are each a number from 0.1 to 3600"),
        ("host.proc", "an absolute path"),
        ("storage.quota_mib", "a whole number from 1 to 1048576"),
    ],
)
def test_what_a_setting_takes_is_said_in_words(path: str, words: str) -> None:
    assert allowed(FIELDS[path].type) == words


def test_every_setting_can_say_what_it_takes() -> None:
    assert all(allowed(field.type) for field in FIELDS.values())


def test_what_was_found_is_cut_short() -> None:
    assert found("x" * 500) == '"' + "x" * 56 + "..."
    assert found(True) == "true"


def test_the_nearest_word_is_offered() -> None:
    assert nearest("tehme", ["theme", "tree"]) == "Did you mean theme?"
    assert nearest("zzz", ["theme"]) == ""
