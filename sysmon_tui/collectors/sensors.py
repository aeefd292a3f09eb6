"""Temperatures, fans and batteries, where the machine has any.

/sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst), else /sys/class/thermal, and
/sys/class/power_supply; psutil elsewhere. Chips are named as node_exporter names them. A sensor
may answer slowly or hang on its bus, so this collector may block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.collectors.figures import names_in, read_integer, read_small
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean_name

TEMPERATURE = "node_hwmon_temp_celsius"
TEMPERATURE_MAX = "node_hwmon_temp_max_celsius"
TEMPERATURE_CRITICAL = "node_hwmon_temp_crit_celsius"
FAN = "node_hwmon_fan_rpm"
CAPACITY = "node_power_supply_capacity"
CHARGE = "sysmon_power_supply_charge_ratio"

METRICS = (
    Metric(TEMPERATURE, Kind.GAUGE, Unit.CELSIUS, "Temperature"),
    Metric(TEMPERATURE_MAX, Kind.GAUGE, Unit.CELSIUS, "Highest temperature it should have"),
    Metric(TEMPERATURE_CRITICAL, Kind.GAUGE, Unit.CELSIUS, "Temperature at which it is in danger"),
    Metric(FAN, Kind.GAUGE, Unit.COUNT, "Turns a minute"),
    Metric(CAPACITY, Kind.GAUGE, Unit.COUNT, "Charge of a battery in percent"),
    Metric(CHARGE, Kind.GAUGE, Unit.RATIO, "Charge of a battery"),
)

_MILLI = 1e-3
_INPUT = re.compile(r"(temp|fan)(\d{1,3})_input$")
_LIMITS = (("max", TEMPERATURE_MAX), ("crit", TEMPERATURE_CRITICAL))
_PLAUSIBLE = (-100.0, 250.0)
"""Degrees: sensors that are not connected read -273, -128, 255 or millions."""
_PLAUSIBLE_RPM = 100_000.0
NO_SENSORS = "This machine shows no sensors"
NO_SENSORS_REMEDY = "On hardware of your own, load its driver (sensors-detect finds it)"

Values = dict[str, dict[Labels, float]]


class LinuxSensors:
    name: ClassVar[str] = "sensors"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = True

    def __init__(self, roots: Roots) -> None:
        self._class = roots.sys / "class"

    def collect(self) -> Reading:
        families: Values = {metric.name: {} for metric in METRICS}
        for chip in names_in(self._class / "hwmon"):
            _read_chip(self._class / "hwmon" / chip, families)
        if not families[TEMPERATURE]:
            for zone in names_in(self._class / "thermal"):
                if zone.startswith("thermal_zone"):
                    _read_zone(self._class / "thermal" / zone, families)
        for supply in names_in(self._class / "power_supply"):
            _read_supply(self._class / "power_supply" / supply, families)
        return _reading(families)

    def close(self) -> None:
        """Nothing is held open: drivers come and go."""


def _reading(families: Values) -> Reading:
    found = {name: family for name, family in families.items() if family}
    if not found:
        raise Unsupported(NO_SENSORS, NO_SENSORS_REMEDY)
    return Reading(found)


def _read_chip(directory: Path, families: Values) -> None:
    chip = ""
    for kind, number in _inputs(directory):
        value = read_integer(directory / f"{kind}{number}_input")
        if value is None:
            continue
        chip = chip or chip_name(directory)
        pairs = {"chip": chip, "sensor": f"{kind}{number}"}
        if text := read_small(directory / f"{kind}{number}_label", 256):
            pairs["label"] = clean_name(text)
        key = labels(**pairs)
        if kind == "fan":
            if 0.0 <= value <= _PLAUSIBLE_RPM:
                families[FAN][key] = float(value)
        elif _store(families, TEMPERATURE, key, value):
            for limit, name in _LIMITS:
                _store(families, name, key, read_integer(directory / f"temp{number}_{limit}"))


def _inputs(directory: Path) -> Iterator[tuple[str, str]]:
    """What the chip measures, as (kind, number); old drivers keep it one directory deeper."""
    for name in names_in(directory):
        if found := _INPUT.match(name):
            yield found[1], found[2]


def _store(families: Values, name: str, key: Labels, thousandths: int | None) -> bool:
    if thousandths is None:
        return False
    degrees = thousandths * _MILLI
    # A limit of nothing is one nobody set.
    if not _PLAUSIBLE[0] < degrees < _PLAUSIBLE[1] or (name != TEMPERATURE and degrees <= 0.0):
        return False
    families[name][key] = degrees
    return True


def chip_name(directory: Path) -> str:
    """node_exporter's name for a chip: bus and device (`platform_coretemp_0`), else its `name`."""
    try:
        device = (directory / "device").resolve(strict=True)
    except (OSError, RuntimeError):
        given = read_small(directory / "name", 256)
        return _metric_name(clean_name(given) if given else directory.name)
    kind, name = _metric_name(device.parent.name), _metric_name(device.name)
    return f"{kind}_{name}" if kind and name else kind or name


def _metric_name(text: str) -> str:
    return re.sub(r"[^a-z0-9:_]", "_", text.lower()).strip("_")


def _read_zone(directory: Path, families: Values) -> None:
    value = read_integer(directory / "temp")
    kind = read_small(directory / "type", 256)
    pairs = {"chip": "thermal", "sensor": clean_name(directory.name)}
    if kind:
        pairs["label"] = clean_name(kind)
    _store(families, TEMPERATURE, labels(**pairs), value)


def _read_supply(directory: Path, families: Values) -> None:
    percent = read_integer(directory / "capacity")
    # A mouse or a headset has a battery too; it is no supply of this machine.
    if percent is None or not 0 <= percent <= 100 or read_small(directory / "scope") == b"Device":
        return
    key = labels(power_supply=clean_name(directory.name))
    families[CAPACITY][key] = float(percent)
    families[CHARGE][key] = percent / 100.0


class PortableSensors:
    """What psutil finds; macOS and Windows give it little more than the battery."""

    name: ClassVar[str] = "sensors"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = True

    def collect(self) -> Reading:
        import psutil

        families: Values = {metric.name: {} for metric in METRICS}
        if hasattr(psutil, "sensors_temperatures"):
            _portable_temperatures(families)
        if hasattr(psutil, "sensors_fans"):
            for chip, fans in psutil.sensors_fans().items():
                for number, fan in enumerate(fans, 1):
                    families[FAN][_portable_key(chip, f"fan{number}", fan.label)] = float(
                        fan.current
                    )
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        if battery is not None:
            key = labels(power_supply="battery")
            families[CAPACITY][key] = float(battery.percent)
            families[CHARGE][key] = battery.percent / 100.0
        return _reading(families)

    def close(self) -> None:
        """Nothing is held open."""


def _portable_temperatures(families: Values) -> None:
    import psutil

    for chip, sensors in psutil.sensors_temperatures().items():
        for number, sensor in enumerate(sensors, 1):
            key = _portable_key(chip, f"temp{number}", sensor.label)
            families[TEMPERATURE][key] = float(sensor.current)
            for limit, name in (
                (sensor.high, TEMPERATURE_MAX),
                (sensor.critical, TEMPERATURE_CRITICAL),
            ):
                if limit:
                    families[name][key] = float(limit)


def _portable_key(chip: str, sensor: str, label: str) -> Labels:
    pairs = {"chip": clean_name(chip), "sensor": sensor}
    if label:
        pairs["label"] = clean_name(label)
    return labels(**pairs)


def create(roots: Roots) -> Collector:
    return LinuxSensors(roots) if (roots.proc / "stat").exists() else PortableSensors()
