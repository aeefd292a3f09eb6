"""Settings from the environment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.settings import environment
from sysmon_tui.settings.fields import FIELDS


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("SYSMON_TUI_COLLECTION_INTERVAL", "2", "collection.interval", 2.0),
        ("SYSMON_TUI_STORAGE_QUOTA_MIB", "64", "storage.quota_mib", 64),
        ("SYSMON_TUI_SCREEN_TREE", "1", "screen.tree", True),
        ("SYSMON_TUI_SCREEN_TREE", "Yes", "screen.tree", True),
        ("SYSMON_TUI_SCREEN_DIFF", "off", "screen.diff", False),
        ("SYSMON_TUI_SCREEN_THEME", "1", "screen.theme", "1"),
        ("SYSMON_TUI_SCREEN_MOUSE", "off", "screen.mouse", "off"),
        ("SYSMON_TUI_SCREEN_KEYS", "quit=q , a = b=c", "screen.keys", {"quit": "q", "a": "b=c"}),
        ("SYSMON_TUI_COLLECTION_DISABLED", "cpu, disk,", "collection.disabled", ("cpu", "disk")),
        ("SYSMON_TUI_COLLECTION_INTERVALS", "cpu=3", "collection.intervals", {"cpu": 3.0}),
        ("HOST_PROC", "/host/proc", "host.proc", "/host/proc"),
        ("HOST_SYS", "/host/sys", "host.sys", "/host/sys"),
        ("HOST_ROOT", "/host", "host.root", "/host"),
    ],
)
def test_a_variable_sets_its_field(name: str, text: str, path: str, value: Any) -> None:
    values, problems = environment.read({name: text})
    assert problems == []
    assert values == {path: value}
    assert type(values[path]) is type(value)


def test_every_field_has_a_variable_of_its_own() -> None:
    names = [environment.variable(field) for field in FIELDS.values()]
    assert len(set(names)) == len(FIELDS)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "SYSMON_TUI_SCREEN_GLYPHS",
            "asci",
            'expected one of auto, unicode, block, ascii, found "asci". Did you mean ascii?',
        ),
        (
            "SYSMON_TUI_COLLECTION_INTERVAL",
            "0",
            'expected a number from 0.1 to 3600, found "0"',
        ),
        ("SYSMON_TUI_COLLECTION_INTERVAL", "x", 'expected a number from 0.1 to 3600, found "x"'),
        ("SYSMON_TUI_SCREEN_TREE", "2", 'expected true or false, found "2"'),
        (
            "SYSMON_TUI_SCREEN_KEYS",
            "quit",
            'expected name=value pairs separated by commas, each value a text, found "quit"',
        ),
        ("HOST_PROC", "proc", 'expected an absolute path, found "proc"'),
        ("SYSMON_TUI_SCREEN_THEME", "\udcff", 'expected a text that is not empty, found "\\udcff"'),
        ("SYSMON_TUI_SCREEN_THEM", "x", "unknown setting. Did you mean SYSMON_TUI_SCREEN_THEME?"),
        ("SYSMON_TUI_RULES", "x", "unknown setting"),
        ("SYSMON_TUI_CONFIG_DIRS", "x", "unknown setting. Did you mean SYSMON_TUI_CONFIG_DIR?"),
    ],
)
def test_a_mistake_is_reported(name: str, text: str, problem: str) -> None:
    values, problems = environment.read({name: text})
    assert values == {}
    assert len(problems) == 1
    assert str(problems[0]).startswith(f"environment: {name}: {problem}")
    assert problems[0].field == name


@pytest.mark.parametrize(
    "environ",
    [
        {"SYSMON_TUI_SCREEN_THEME": ""},
        {"HOST_PROC": ""},
        {"SYSMON_TUI_CONFIG_DIR": "/x", "SYSMON_TUI_STATE_DIR": "/y"},
        {"SYSMON_TUI_TEST_ANYTHING": "1"},
        {"SYSMON_TUIX": "1", "sysmon_tui_screen_theme": "x"},
    ],
)
def test_what_is_empty_or_not_a_setting_is_passed_over(environ: dict[str, str]) -> None:
    assert environment.read(environ) == ({}, [])


def test_our_name_goes_before_the_common_one() -> None:
    values, _ = environment.read({"HOST_PROC": "/a", "SYSMON_TUI_HOST_PROC": "/b"})
    assert values == {"host.proc": "/b"}


def test_only_what_concerns_us_is_kept() -> None:
    kept = environment.relevant({"SYSMON_TUI_X": "1", "HOST_SYS": "/s", "TOKEN": "t"})
    assert kept == {"SYSMON_TUI_X": "1", "HOST_SYS": "/s"}


def test_tables_of_receivers_are_for_the_file() -> None:
    values, problems = environment.read({"SYSMON_TUI_NOTIFY_TO": "x"})
    assert values == {}
    assert len(problems) == 1


@given(st.sampled_from(sorted({*FIELDS} - {"notify.to"})), st.text(st.characters(), max_size=20))
def test_any_text_is_a_value_or_a_problem(path: str, text: str) -> None:
    values, problems = environment.read({environment.variable(FIELDS[path]): text})
    assert len(values) + len(problems) == (1 if text else 0)
    assert all(str(problem).isprintable() for problem in problems)
