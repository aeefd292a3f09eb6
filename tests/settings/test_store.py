"""Loading: what overrides what, and what becomes of every kind of mistake."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.document import effective
from sysmon_tui.settings.fields import FIELDS, Source
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.source import SIZE_LIMIT, Untrusted
from sysmon_tui.settings.store import Loaded, load, place_of, reload

NOTHING: Mapping[str, Any] = {}


@pytest.fixture
def dirs(tmp_path: Path) -> Dirs:
    config = tmp_path / "config"
    config.mkdir()
    return Dirs(config=config, state=tmp_path / "state")


def write(dirs: Dirs, text: str | bytes) -> Path:
    path = dirs.config / "settings.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load_text(dirs: Dirs, text: str | bytes) -> Loaded:
    write(dirs, text)
    return load(dirs, NOTHING, NOTHING)


def said(loaded: Loaded) -> list[str]:
    """The problems without the directory of the file."""
    return [
        str(problem).replace(f"{loaded.path.parent}{os.sep}", "") for problem in loaded.problems
    ]


def test_without_a_file_the_defaults_are_in_force(dirs: Dirs) -> None:
    loaded = load(dirs, NOTHING, NOTHING)
    assert loaded.settings == Settings()
    assert loaded.problems == ()
    assert loaded.intact
    assert loaded.stamp is None
    assert loaded.path == dirs.config / "settings.toml"
    assert set(loaded.provenance) == {*FIELDS, "rules"}
    assert set(loaded.provenance.values()) == {Source.DEFAULT}
    assert not loaded.path.exists()


def test_each_layer_overrides_those_before_it(dirs: Dirs) -> None:
    write(
        dirs, '[screen]\ntheme = "file"\nsort = "pid"\n[collection]\ninterval = 5\ndisabled = ["x"]'
    )
    environ = {"SYSMON_TUI_SCREEN_THEME": "env", "SYSMON_TUI_COLLECTION_INTERVAL": "3"}
    loaded = load(dirs, environ, {"collection.interval": 2.0})
    assert loaded.problems == ()
    assert loaded.settings.screen.sort == "pid"
    assert loaded.settings.screen.theme == "env"
    assert loaded.settings.collection.interval == 2.0
    assert loaded.settings.collection.disabled == ("x",)
    assert loaded.provenance["screen.sort"] is Source.FILE
    assert loaded.provenance["screen.theme"] is Source.ENVIRONMENT
    assert loaded.provenance["collection.interval"] is Source.FLAG
    assert loaded.provenance["screen.tree"] is Source.DEFAULT


def test_every_mistake_is_reported_with_its_place_and_costs_only_itself(dirs: Dirs) -> None:
    loaded = load_text(
        dirs,
        """\
host = 3
speed = 1

[screen]
theme = 3
glyphs = "asci"
treee = true
interval = 2
zzz = 1
sort = "memory"

[screen.keys]
quit = "x"
help = 4

[collection]
interval = nan
intervals = { cpu = 2, disk = "x", "a\\u001bb" = 0 }

[storage]
quota_mib = true
""",
    )
    assert said(loaded) == [
        "settings.toml:1: host: expected a table, found 3",
        "settings.toml:2: speed: unknown setting. "
        "Known here: screen, collection, host, storage, notify, logfile, prometheus, lock, acts, "
        "rules",
        "settings.toml:5: screen.theme: expected a text that is not empty, found 3",
        "settings.toml:6: screen.glyphs: expected one of auto, unicode, block, ascii, "
        'found "asci". Did you mean ascii?',
        "settings.toml:7: screen.treee: unknown setting. Did you mean tree?",
        "settings.toml:8: screen.interval: unknown setting. Did you mean collection.interval?",
        "settings.toml:9: screen.zzz: unknown setting. "
        "Known here: theme, glyphs, mouse, sort, tree, brief, diff, title, bell, desktop, keys",
        "settings.toml:14: screen.keys.help: expected a text, found 4",
        "settings.toml:17: collection.interval: expected a number from 0.1 to 3600, found nan",
        "settings.toml:18: collection.intervals.disk: expected a number from 0.1 to 3600, "
        'found "x"',
        'settings.toml:18: collection.intervals."a\\u001bb": expected a number from 0.1 to 3600, '
        "found 0",
        "settings.toml:21: storage.quota_mib: expected a whole number from 1 to 1048576, "
        "found true",
    ]
    assert not loaded.intact
    assert loaded.errors == loaded.problems
    settings = loaded.settings
    assert settings.screen.sort == "memory"
    assert settings.screen.theme == "auto"
    assert settings.screen.keys == {"quit": "x"}
    assert settings.collection.intervals == {"cpu": 2.0}
    assert settings.host == Settings().host
    assert loaded.provenance["screen.theme"] is Source.DEFAULT
    assert loaded.problems[2].field == "screen.theme"
    assert loaded.problems[2].where == f"{loaded.path}:5"


def test_rules_are_taken_as_tables(dirs: Dirs) -> None:
    loaded = load_text(dirs, '[[rules]]\nname = "a"\nfor = 3\n[[rules]]\nname = "b"\n')
    assert loaded.settings.rules == ({"name": "a", "for": 3}, {"name": "b"})
    assert loaded.provenance["rules"] is Source.FILE


@pytest.mark.parametrize(
    ("text", "problem", "kept"),
    [
        ("rules = 3", "rules: expected a list of tables, each headed [[rules]], found 3", 0),
        ("rules = [1, {}]", "rules[1]: expected a table, found 1", 1),
    ],
)
def test_rules_that_are_none_are_reported(dirs: Dirs, text: str, problem: str, kept: int) -> None:
    loaded = load_text(dirs, text)
    assert said(loaded) == [f"settings.toml:1: {problem}"]
    assert len(loaded.settings.rules) == kept


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[screen]\ntheme = \n", 2, "not valid TOML: Invalid value"),
        ('[screen]\ntheme = "x', 2, "not valid TOML: Unterminated string"),
        ("[screen]\n[screen]\n", 2, "not valid TOML: Cannot declare ('screen',) twice"),
        (b"[screen]\n\n# \xff\n", 3, "is not UTF-8"),
    ],
)
def test_what_is_no_toml_leaves_the_defaults(
    dirs: Dirs, text: str | bytes, line: int, problem: str
) -> None:
    loaded = load_text(dirs, text)
    assert loaded.settings == Settings()
    assert not loaded.intact
    assert len(loaded.problems) == 1
    assert said(loaded)[0].startswith(f"settings.toml:{line}: {problem}")


def test_nesting_without_end_is_refused(dirs: Dirs) -> None:
    loaded = load_text(dirs, "x = " + "[" * 100_000)
    assert said(loaded) == ["settings.toml: is nested too deeply to be read"]
    assert loaded.settings == Settings()


def test_a_byte_order_mark_is_no_mistake(dirs: Dirs) -> None:
    loaded = load_text(dirs, b'\xef\xbb\xbf[screen]\r\nsort = "pid"\r\n')
    assert loaded.problems == ()
    assert loaded.settings.screen.sort == "pid"


def test_a_wrong_flag_is_reported(dirs: Dirs) -> None:
    loaded = load(dirs, NOTHING, {"screen.sort": "x"})
    assert said(loaded) == [
        'command line: screen.sort: expected one of cpu, memory, time, pid, io, found "x"'
    ]
    assert loaded.intact


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_flipped_byte_never_costs_more_than_a_report(dirs: Dirs, data: st.DataObject) -> None:
    whole = effective(Settings(), {}).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    path = write(dirs, bytes(flipped))
    loaded = load(dirs, NOTHING, NOTHING)
    assert all(str(problem).isprintable() for problem in loaded.problems)
    assert path.read_bytes() == bytes(flipped)


_MESS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(sorted(FIELDS)), _MESS)
def test_no_value_gets_through_that_the_schema_forbids(dirs: Dirs, path: str, value: Any) -> None:
    loaded = load(dirs, NOTHING, {path: value})
    again = load_text(dirs, effective(loaded.settings, loaded.provenance))
    assert again.problems == ()
    assert again.settings == loaded.settings
    assert loaded.problems or loaded.provenance[path] is Source.FLAG


def test_loading_again_sees_the_edit_and_keeps_the_other_layers(dirs: Dirs) -> None:
    environ = {"SYSMON_TUI_SCREEN_THEME": "env", "PASSWORD": "secret"}
    loaded = load(dirs, environ, {"screen.tree": True})
    write(dirs, '[screen]\nsort = "io"')
    again = reload(loaded)
    assert again.settings.screen.sort == "io"
    assert again.settings.screen.theme == "env"
    assert again.settings.screen.tree
    assert again.stamp != loaded.stamp
    assert "secret" not in repr(loaded)


def test_the_place_of_a_value_is_where_it_was_set(dirs: Dirs) -> None:
    path = write(dirs, '[screen]\nsort = "io"\n')
    loaded = load(dirs, {"SYSMON_TUI_SCREEN_THEME": "x"}, {"screen.tree": True})
    assert place_of(loaded, ("screen", "sort")) == f"{path}:2"
    assert place_of(loaded, ("screen", "theme")) == "environment"
    assert place_of(loaded, ("screen", "tree")) == "command line"
    assert place_of(loaded, ("collection", "interval")) == str(path)


def test_what_came_from_nowhere_stays_as_it_is(tmp_path: Path) -> None:
    made = Loaded(settings=Settings(), path=tmp_path)
    assert reload(made) is made


class TestFile:
    """What may stand at the path instead of an honest file."""

    def test_a_file_that_everybody_may_write_is_read_with_a_warning(self, dirs: Dirs) -> None:
        write(dirs, '[screen]\nsort = "pid"').chmod(0o666)
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == ["settings.toml: everybody may write it. chmod o-w it"]
        assert loaded.settings.screen.sort == "pid"
        assert loaded.intact
        assert loaded.errors == ()
        assert isinstance(loaded.problems[0], Untrusted)

    def test_a_symlink_out_of_the_directory_is_read_with_a_warning(
        self, dirs: Dirs, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere.toml"
        elsewhere.write_text('[screen]\nsort = "pid"')
        (dirs.config / "settings.toml").symlink_to(elsewhere)
        loaded = load(dirs, NOTHING, NOTHING)
        assert [type(problem) for problem in loaded.problems] == [Untrusted]
        assert f"is a symlink to {elsewhere}" in str(loaded.problems[0])
        assert loaded.settings.screen.sort == "pid"

    def test_the_links_of_a_mounted_config_map_are_no_reason_to_worry(self, dirs: Dirs) -> None:
        version = dirs.config / "..2026_01_01"
        version.mkdir()
        (version / "settings.toml").write_text('[screen]\nsort = "pid"')
        (dirs.config / "..data").symlink_to(version.name)
        (dirs.config / "settings.toml").symlink_to("..data/settings.toml")
        loaded = load(dirs, NOTHING, NOTHING)
        assert loaded.problems == ()
        assert loaded.settings.screen.sort == "pid"

    def test_a_dangling_symlink_is_reported(self, dirs: Dirs) -> None:
        (dirs.config / "settings.toml").symlink_to("absent")
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == ["settings.toml: is a symlink to nothing. Repair or remove it"]
        assert loaded.settings == Settings()

    def test_a_foreign_owner_is_a_reason_to_warn(
        self, dirs: Dirs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(dirs, "")
        monkeypatch.setattr("sysmon_tui.settings.source._trusted_owners", lambda: (-1,))
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == [f"settings.toml: belongs to user {os.getuid()}. chown it"]

    def test_a_directory_is_refused(self, dirs: Dirs) -> None:
        (dirs.config / "settings.toml").mkdir()
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == ["settings.toml: is not a regular file. Put a TOML file there"]
        assert not loaded.intact

    def test_a_fifo_does_not_block(self, dirs: Dirs) -> None:
        os.mkfifo(dirs.config / "settings.toml")
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == ["settings.toml: is not a regular file. Put a TOML file there"]

    def test_a_huge_file_is_refused_unread(self, dirs: Dirs) -> None:
        path = write(dirs, "")
        os.truncate(path, SIZE_LIMIT + 1)
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == [
            "settings.toml: is larger than 1048576 bytes. Is it a settings file?"
        ]

    def test_a_file_that_may_not_be_read_is_reported(
        self, dirs: Dirs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_path: Path, _flags: int) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("sysmon_tui.settings.source.os.open", refuse)
        loaded = load(dirs, NOTHING, NOTHING)
        assert said(loaded) == [
            "settings.toml: cannot be read: Permission denied. Check its permissions"
        ]
