"""The health file: whole or not there, and old by whichever clock says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.monitor import pulse
from sysmon_tui.monitor.pulse import Pulse

PULSE = Pulse(
    version="1.2.3",
    pid=7,
    tick=40,
    wall=1000.0,
    mono=50.0,
    interval=2.0,
    recording="recording",
    collectors={"cpu": "ok"},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "health.json"
    pulse.write(path, PULSE)
    assert pulse.read(path) == PULSE
    pulse.write(path, replace(PULSE, tick=41))
    assert pulse.read(path).tick == 41
    assert [entry.name for entry in tmp_path.iterdir()] == ["health.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "health.json.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"health\.json\.new"):
        pulse.write(tmp_path / "health.json", PULSE)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("wall", "mono", "age"),
    [
        (1003.0, 53.0, 3.0),
        # The clock was set back an hour; the machine was started anew.
        (1003.0 - 3600.0, 53.0, 3.0),
        (1300.0, 12.0, 300.0),
    ],
)
def test_the_age_is_by_the_clock_that_says_more(wall: float, mono: float, age: float) -> None:
    assert PULSE.age(wall, mono) == age


def test_patience_grows_with_the_interval() -> None:
    assert PULSE.patience == 16.0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"more": 1}', "\xff"])
def test_what_is_no_health_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "health.json"
    path.write_text(content, "latin-1")
    with pytest.raises(SysmonError, match="is not a health file"):
        pulse.read(path)


def test_where_nothing_records_it_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(SysmonError, match=r"no recorder runs here.*sysmon-tui record"):
        pulse.read(tmp_path / "health.json")
    with pytest.raises(SysmonError, match="cannot be read: Is a directory"):
        pulse.read(tmp_path)
