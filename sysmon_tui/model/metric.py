"""What a figure means: its name, kind, unit and help, declared once beside its collector.

Names follow Prometheus and, where node_exporter has the metric, carry its name and labels, so
that rules, dashboards and recorded data are those of the world. What it lacks is `sysmon_*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Label pairs sorted by name; hashable, and equal however they were written down."""

Families: TypeAlias = Mapping[str, Mapping[Labels, float]]
"""Samples of one moment, grouped by metric name as the exposition format groups them."""


class Kind(StrEnum):
    GAUGE = "gauge"
    COUNTER = "counter"


class Unit(StrEnum):
    """Base units only; the screen scales them."""

    BYTES = "bytes"
    SECONDS = "seconds"
    RATIO = "ratio"
    CELSIUS = "celsius"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: Kind
    unit: Unit
    help: str


class SeriesKey(NamedTuple):
    """One line on a chart: a metric name with one set of labels."""

    name: str
    labels: Labels = ()

    def __str__(self) -> str:
        """The Prometheus text form, `name{label="value"}`."""
        if not self.labels:
            return self.name
        escaped = (
            (name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
            for name, value in self.labels
        )
        pairs = ",".join(f'{name}="{value}"' for name, value in escaped)
        return f"{self.name}{{{pairs}}}"


def is_counter(name: str) -> bool:
    """Whether a name says that it only grows; node_exporter's vmstat counters do not end so."""
    return name.endswith("_total") or name.startswith("node_vmstat_")


def labels(**pairs: str) -> Labels:
    """`Labels` from keywords, in the one order that makes them comparable."""
    return tuple(sorted(pairs.items()))


def label(of: Labels, name: str) -> str:
    """The value of one label, empty where it is absent (as Prometheus has it)."""
    for key, value in of:
        if key == name:
            return value
    return ""
