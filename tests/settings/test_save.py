"""One value changes in the user's file, and nothing else."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.security.lock import FileLock
from sysmon_tui.settings import save as saving
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.save import UNSET, save, save_rule, value_of_text
from sysmon_tui.settings.store import load

TEXT = """\
# mine
[screen]
sort = 'memory'   # what I look at
tree = true

# how often
[collection]
interval = 2   # seconds

[[rules]]
name = "A"     # of the pack
metric = "m"
warning = { above = 0.85, for = "1m" }

[[rules]]
name = "B"
metric = "n"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "settings.toml").write_text(TEXT)
    return tmp_path / "settings.toml"


def test_a_value_changes_and_its_comments_stay(path: Path) -> None:
    path.chmod(0o640)
    save(path, {"screen.sort": "io", "collection.interval": 0.5})
    assert path.read_text() == TEXT.replace("'memory'", '"io"').replace("= 2 ", "= 0.5 ")
    assert path.with_name("settings.toml.prev").read_text() == TEXT
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_setting_goes_into_its_section_a_new_section_to_the_end(path: Path) -> None:
    save(path, {"screen.keys": {"quit": "q,x"}, "storage.quota_mib": 64})
    loaded = load(Dirs(path.parent, path.parent), {}, {})
    assert loaded.problems == ()
    assert loaded.settings.screen.keys == {"quit": "q,x"}
    assert loaded.settings.screen.tree
    assert loaded.settings.storage.quota_mib == 64
    assert "# how often\n[collection]" in path.read_text()


def test_unset_takes_the_line_away(path: Path) -> None:
    save(path, {"screen.tree": UNSET, "storage.url": UNSET, "screen.theme": UNSET})
    assert path.read_text() == TEXT.replace("tree = true\n", "")


def test_without_a_file_there_is_one_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    save(path, {"collection.disabled": ("cpu", "disk")})
    assert tomllib.loads(path.read_text()) == {"collection": {"disabled": ["cpu", "disk"]}}
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_changes_nothing_writes_nothing(path: Path) -> None:
    save(path, {"screen.sort": "memory"})
    assert not path.with_name("settings.toml.prev").exists()


@pytest.mark.parametrize(
    ("dotted", "value", "words"),
    [
        ("screen.sort", "x", "expected one of cpu"),
        ("collection.interval", 0.0, "from 0.1"),
        ("screen.them", "x", "Did you mean screen.theme"),
        ("notify.to", (), "Edit the file"),
        ("screen.keys", {"a": 1}, "expected a text"),
    ],
)
def test_what_may_not_be_is_not_written(path: Path, dotted: str, value: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        save(path, {"screen.tree": False, dotted: value})
    assert path.read_text() == TEXT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[screen\n", ":1: not valid TOML"),
        ('[screen]\nsort="cpu"\nsort="io"\n', "not valid TOML"),
        ("screen = 3\n", "expected a table"),
        ("\xff", "is not UTF-8"),
    ],
)
def test_a_file_that_would_have_to_be_guessed_is_left_alone(
    path: Path, text: str, words: str
) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match=words):
        save(path, {"screen.sort": "io"})
    assert path.read_bytes() == text.encode("latin-1")


def test_other_mistakes_in_the_file_stay_where_they_are(path: Path) -> None:
    path.write_text(TEXT.replace("tree = true", "tree = 7"))
    save(path, {"screen.sort": "io"})
    assert "tree = 7" in path.read_text()


def test_two_programs_do_not_write_at_once(path: Path) -> None:
    lock = FileLock(path.with_name("settings.lock"))
    assert lock.acquire()
    with pytest.raises(SettingsError, match="another program"):
        save(path, {"screen.sort": "io"})
    lock.release()
    save(path, {"screen.sort": "io"})


def test_an_edit_in_between_is_not_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = saving._prove

    def meanwhile(*arguments: Any) -> None:
        real(*arguments)
        path.write_text("# theirs\n")

    monkeypatch.setattr(saving, "_prove", meanwhile)
    with pytest.raises(SettingsError, match="meanwhile"):
        save(path, {"screen.sort": "io"})
    assert path.read_text() == "# theirs\n"


def test_a_full_disk_is_told_and_the_file_is_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        save(path, {"screen.sort": "io"})
    assert path.read_text() == TEXT


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    path.rename(tmp_path / "dotfiles" / "s.toml")
    path.symlink_to(tmp_path / "dotfiles" / "s.toml")
    save(path, {"screen.sort": "io"})
    assert path.is_symlink()
    assert '"io"' in (tmp_path / "dotfiles" / "s.toml").read_text()


def test_a_rule_is_replaced_with_its_comments_or_added(path: Path) -> None:
    save_rule(path, {"name": "A", "metric": "m", "warning": {"above": 0.9, "for": "1m"}})
    text = path.read_text()
    assert text == TEXT.replace("above = 0.85", "above = 0.9")
    save_rule(path, {"name": "C", "metric": "o", "warning": {"above": 1}})
    rules = tomllib.loads(path.read_text())["rules"]
    assert [rule["name"] for rule in rules] == ["A", "B", "C"]
    assert "warning = {above = 1}" in path.read_text()
    save_rule(path, {"name": "B"})
    assert tomllib.loads(path.read_text())["rules"][1] == {"name": "B"}


def test_the_first_rule_makes_the_list(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save_rule(path, {"name": "A", "levels": [{"at": 1}]})
    assert tomllib.loads(path.read_text()) == {"rules": [{"name": "A", "levels": [{"at": 1}]}]}
    path.write_text("rules = 3\n")
    with pytest.raises(SettingsError, match="no list"):
        save_rule(path, {"name": "A"})


def test_what_tomlkit_gets_wrong_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomlkit.toml_document.TOMLDocument.as_string", lambda _self: "[")
    with pytest.raises(SettingsError, match="by hand"):
        save(path, {"screen.sort": "io"})
    assert path.read_text() == TEXT


def test_text_becomes_a_value() -> None:
    assert value_of_text("collection.interval", "2") == 2.0
    assert value_of_text("collection.disabled", "cpu, disk") == ("cpu", "disk")
    with pytest.raises(SettingsError, match="expected one of"):
        value_of_text("screen.sort", "x")


_word = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
_value = st.one_of(
    st.integers(-5, 5).map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    _word.map(lambda word: f'"{word}"'),
    st.lists(st.integers(0, 9), max_size=3).map(str),
)
_line = st.one_of(
    st.just(""),
    _word.map(lambda word: f"# {word}"),
    st.tuples(_word, _value).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.tuples(_word, _word, _value).map(lambda part: f"{part[0]}.{part[1]} = {part[2]} # c"),
    st.sampled_from(["[screen]", "[screen.keys]", "[x]", "[[rules]]", "[[y]]", "[y.z]"]),
    st.sampled_from(["screen.tree = true", "screen = { tree = true }", 'sort = "io"']),
    st.text("[]=\"'{}#\n\\ ", max_size=5),
)


@limits(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_line, max_size=10), st.sampled_from([7.5, UNSET]))
def test_whatever_the_file_says_it_says_that_afterwards_and_the_change(
    tmp_path: Path, lines: list[str], value: Any
) -> None:
    path = tmp_path / "settings.toml"
    text = "\n".join(lines)
    path.write_text(text)
    try:
        save(path, {"collection.interval": value})
    except SettingsError:
        assert path.read_text() == text
        return
    wanted = tomllib.loads(text)
    if value is UNSET:
        wanted.get("collection", {}).pop("interval", None)
    else:
        wanted.setdefault("collection", {})["interval"] = value
    fresh = path.read_text()
    assert tomllib.loads(fresh) == wanted
    assert all(line in fresh for line in lines if line.startswith("#"))
