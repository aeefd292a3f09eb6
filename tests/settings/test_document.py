"""The manual and the effective settings are TOML that says what the schema says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.document import WIDTH, effective, field_docs, manual
from sysmon_tui.settings.fields import FIELDS, SECTIONS, Source
from sysmon_tui.settings.schema import Collection, Notify, Receiver, Screen, Settings
from sysmon_tui.settings.store import load


def read_back(text: str, tmp_path: Path) -> Settings:
    (tmp_path / "settings.toml").write_text(text)
    loaded = load(Dirs(tmp_path, tmp_path), {}, {})
    assert loaded.problems == ()
    return loaded.settings


def test_every_setting_and_section_is_explained() -> None:
    docs = field_docs()
    receivers = {f"notify.to.{name}" for name in Receiver.__struct_fields__}
    assert set(docs) == {*FIELDS, *SECTIONS, *receivers}
    assert all(text.endswith(".") for text in docs.values())
    assert docs["collection.interval"] == "Seconds between two ticks."
    assert docs["storage"] == "Where history is kept."


def test_the_manual_changes_nothing_as_it_is_and_gives_the_defaults_when_uncommented(
    tmp_path: Path,
) -> None:
    text = manual()
    assert read_back(text, tmp_path) == Settings()
    assert set(tomllib.loads(text)) == set(SECTIONS)
    uncommented, count = re.subn(r"(?m)^#(?=[a-z])", "", text)
    assert count == len(FIELDS) - len(["notify.to"])
    assert read_back(uncommented, tmp_path) == Settings()


def test_the_manual_says_what_is_allowed_and_how_the_environment_sets_it() -> None:
    text = manual()
    assert '# One of auto, on, off. SYSMON_TUI_SCREEN_MOUSE\n#mouse = "auto"\n' in text
    assert max(map(len, text.splitlines())) <= WIDTH + 2


def test_the_manual_shows_what_a_receiver_may_have() -> None:
    lines = manual().splitlines()
    assert "#   [[notify.to]]" in lines
    assert '#   from = ""' in lines
    assert '#   tls = "starttls"' in lines
    assert not any("SYSMON_TUI_NOTIFY_TO" in line for line in lines)


def test_the_effective_settings_read_back_are_the_same(tmp_path: Path) -> None:
    settings = Settings(
        screen=Screen(theme='a"b\n', keys={"a b": "x", "quit": "q,é"}),
        collection=Collection(disabled=("cpu",), intervals={"disk": 3.0}),
        notify=Notify(
            to=(
                Receiver(name="ops", kind="command", argv=("/bin/x", '"'), severity="critical"),
                Receiver(
                    name="mail", kind="email", host="mx", sender="a@b.c", to=("d@e.f",), port=26
                ),
            )
        ),
        rules=({"name": "a", "labels": {"x": 1}, "levels": [{"at": 2.5}]}, {"name": "b"}),
    )
    assert read_back(effective(settings, {}), tmp_path) == settings


def test_each_effective_setting_names_its_source() -> None:
    lines = effective(Settings(), {"screen.sort": Source.FLAG}).splitlines()
    assert 'sort = "cpu"  # flag' in lines
    assert "tree = false  # default" in lines
    assert lines[0] == "[screen]"
