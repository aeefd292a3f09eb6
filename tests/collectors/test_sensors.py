from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.sensors import (
    CAPACITY,
    CHARGE,
    FAN,
    TEMPERATURE,
    TEMPERATURE_CRITICAL,
    TEMPERATURE_MAX,
    LinuxSensors,
    PortableSensors,
    chip_name,
    create,
)
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.hostile import mutations, relaxed, survives

PACKAGE = labels(chip="coretemp", sensor="temp1", label="Package id 0")


@pytest.fixture
def chip(fake_roots: Roots) -> Path:
    return fake_roots.sys / "class" / "hwmon" / "hwmon0"


def test_reads_temperatures_limits_fans_and_batteries(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxSensors)
    families = collector.collect().families
    assert families[TEMPERATURE] == {PACKAGE: 45.0}
    assert families[TEMPERATURE_MAX] == {PACKAGE: 80.0}
    assert families[TEMPERATURE_CRITICAL] == {PACKAGE: 100.0}
    assert families[FAN] == {labels(chip="coretemp", sensor="fan2"): 1200.0}
    assert families[CAPACITY] == {labels(power_supply="BAT0"): 83.0}
    assert families[CHARGE] == {labels(power_supply="BAT0"): 0.83}
    collector.close()


def test_a_chip_bears_the_name_of_its_device(chip: Path, tmp_path: Path) -> None:
    device = tmp_path / "devices" / "platform" / "coretemp.0"
    device.mkdir(parents=True)
    (chip / "device").symlink_to(device)
    assert chip_name(chip) == "platform_coretemp_0"


def test_a_chip_without_device_and_name_bears_its_number(chip: Path) -> None:
    (chip / "name").unlink()
    assert chip_name(chip) == "hwmon0"


def test_a_chip_that_points_at_itself_has_its_own_name(chip: Path) -> None:
    (chip / "device").symlink_to(chip / "device")
    assert chip_name(chip) == "coretemp"


@pytest.mark.parametrize("value", ["-273000", "255000", "999999999", "", "x"])
def test_an_implausible_temperature_is_left_out(fake_roots: Roots, chip: Path, value: str) -> None:
    (chip / "temp1_input").write_text(value)
    families = LinuxSensors(fake_roots).collect().families
    assert PACKAGE not in families.get(TEMPERATURE, {})
    assert TEMPERATURE_MAX not in families


def test_a_limit_nobody_set_is_left_out(fake_roots: Roots, chip: Path) -> None:
    (chip / "temp1_max").write_text("0\n")
    (chip / "temp1_crit").unlink()
    families = LinuxSensors(fake_roots).collect().families
    assert TEMPERATURE_MAX not in families
    assert TEMPERATURE_CRITICAL not in families


def test_an_implausible_fan_is_left_out(fake_roots: Roots, chip: Path) -> None:
    (chip / "fan2_input").write_text("-3\n")
    assert FAN not in LinuxSensors(fake_roots).collect().families


def test_thermal_zones_stand_in_for_chips(fake_roots: Roots, chip: Path) -> None:
    shutil.rmtree(chip)
    other = fake_roots.sys / "class" / "thermal" / "cooling_device0"
    other.mkdir()
    nameless = fake_roots.sys / "class" / "thermal" / "thermal_zone1"
    nameless.mkdir()
    (nameless / "temp").write_text("30000")
    assert LinuxSensors(fake_roots).collect().families[TEMPERATURE] == {
        labels(chip="thermal", sensor="thermal_zone0", label="acpitz"): 51.0,
        labels(chip="thermal", sensor="thermal_zone1"): 30.0,
    }


@pytest.mark.parametrize(("name", "text"), [("scope", "Device"), ("capacity", "101")])
def test_other_batteries_are_left_out(fake_roots: Roots, name: str, text: str) -> None:
    (fake_roots.sys / "class" / "power_supply" / "BAT0" / name).write_text(text)
    assert CAPACITY not in LinuxSensors(fake_roots).collect().families


def test_no_sensor_is_unsupported_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        LinuxSensors(Roots(sys=tmp_path)).collect()
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["temp1_input", "temp1_label", "temp1_max", "name", "fan2_input"])
def test_survives_whatever_the_files_hold(fake_roots: Roots, chip: Path, name: str) -> None:
    collector = LinuxSensors(fake_roots)

    @relaxed
    @given(mutations("45000\n"))
    def check(content: bytes) -> None:
        (chip / name).write_bytes(content)
        survives(collector)

    check()


def test_elsewhere_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = SimpleNamespace(label="", current=40.0, high=90.0, critical=None)
    fan = SimpleNamespace(label="rear", current=800)
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: {"k10": [sensor]}, raising=False)
    monkeypatch.setattr(psutil, "sensors_fans", lambda: {"nct": [fan]}, raising=False)
    battery = SimpleNamespace(percent=50)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    collector = create(Roots(proc=Path("/nowhere")))
    assert isinstance(collector, PortableSensors)
    families = collector.collect().families
    assert families == {
        TEMPERATURE: {labels(chip="k10", sensor="temp1"): 40.0},
        TEMPERATURE_MAX: {labels(chip="k10", sensor="temp1"): 90.0},
        FAN: {labels(chip="nct", sensor="fan1", label="rear"): 800.0},
        CAPACITY: {labels(power_supply="battery"): 50.0},
        CHARGE: {labels(power_supply="battery"): 0.5},
    }
    collector.close()


def test_a_platform_without_any_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("temperatures", "fans", "battery"):
        monkeypatch.delattr(psutil, f"sensors_{name}", raising=False)
    with pytest.raises(Unsupported):
        PortableSensors().collect()
