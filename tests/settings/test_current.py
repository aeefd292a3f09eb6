"""The one configuration in force: installed, followed, renewed, overridden."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Screen, Settings
from sysmon_tui.settings.source import Stamp
from sysmon_tui.settings.store import Loaded, load
from sysmon_tui.settings.watch import Watch


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "_current", current._Current())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The settings file of what is installed."""
    current.install(load(Dirs(tmp_path, tmp_path), {}, {}))
    return tmp_path / "settings.toml"


def made(theme: str) -> Loaded:
    return Loaded(settings=Settings(screen=Screen(theme=theme)), path=Path("settings.toml"))


def test_before_anything_is_installed_the_defaults_are_in_force() -> None:
    assert current.settings() == Settings()
    assert current.loaded().problems == ()
    assert current.reload() == ()


def test_what_is_installed_is_in_force_for_every_thread() -> None:
    current.install(made("x"))
    seen: list[Settings] = []
    thread = threading.Thread(target=lambda: seen.append(current.settings()))
    thread.start()
    thread.join()
    assert seen == [current.settings()]
    assert current.settings().screen.theme == "x"


def test_subscribers_are_told_of_a_change_in_order_until_they_leave() -> None:
    told: list[str] = []
    leave = current.subscribe(lambda settings: told.append(f"1 {settings.screen.theme}"))
    current.subscribe(lambda settings: told.append(f"2 {settings.screen.theme}"))
    current.install(made("x"))
    current.install(made("x"))
    leave()
    leave()
    current.install(made("y"))
    assert told == ["1 x", "2 x", "2 y"]


def test_a_subscriber_that_fails_is_reported_and_keeps_nobody_from_the_news() -> None:
    told: list[Settings] = []

    def fail(_settings: Settings) -> None:
        raise ValueError("broken")

    current.subscribe(fail)
    current.subscribe(told.append)
    with pytest.raises(ExceptionGroup) as caught:
        current.install(made("x"))
    assert [str(error) for error in caught.value.exceptions] == ["broken"]
    assert told == [current.settings()]
    assert current.settings().screen.theme == "x"


def test_an_override_ends_with_its_block_even_when_that_fails() -> None:
    current.install(made("x"))
    with current.override(collection=Collection(interval=9.0)) as changed:
        assert current.settings() is changed
        assert changed.collection.interval == 9.0
        assert changed.screen.theme == "x"
    assert current.settings().collection.interval == 1.0
    with pytest.raises(ZeroDivisionError), current.override(collection=Collection(interval=9.0)):
        1 / 0  # noqa: B018 - any failure inside the block
    assert current.settings().collection.interval == 1.0


def test_a_valid_edit_is_taken_over(file: Path) -> None:
    told: list[Settings] = []
    current.subscribe(told.append)
    file.write_text('[screen]\ntheme = "a"')
    assert current.reload() == ()
    assert current.settings().screen.theme == "a"
    assert told == [current.settings()]


def test_an_invalid_edit_leaves_what_was_in_force(file: Path) -> None:
    file.write_text('[screen]\ntheme = "a"')
    current.reload()
    before = current.loaded()
    file.write_text('[screen]\ntheme = "b"\nsort = "x"')
    problems = current.reload()
    assert [problem.field for problem in problems] == ["screen.sort"]
    assert current.loaded() is before


def test_a_warning_is_no_reason_to_refuse_an_edit(file: Path) -> None:
    file.write_text('[screen]\ntheme = "a"')
    file.chmod(0o666)
    assert len(current.reload()) == 1
    assert current.settings().screen.theme == "a"


def test_a_watch_sees_each_new_version_once(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    watch = Watch(path, None)
    assert not watch.changed()
    path.write_text("a")
    assert watch.changed()
    assert not watch.changed()
    path.write_text("ab")
    assert watch.changed()


def test_a_watch_sees_a_file_that_was_put_in_the_place_of_the_other(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("a")
    seen = path.stat()
    watch = Watch(path, Stamp(seen.st_mtime_ns, seen.st_ino, seen.st_size))
    assert not watch.changed()
    fresh = tmp_path / "fresh"
    fresh.write_text("b")
    path.unlink()
    assert not watch.changed()
    fresh.rename(path)
    assert watch.changed()


def test_a_watch_does_not_miss_an_edit_between_loading_and_watching(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("")
    loaded = load(Dirs(tmp_path, tmp_path), {}, {})
    path.write_text('[screen]\ntheme = "a"')
    assert Watch(loaded.path, loaded.stamp).changed()
