"""Interfaces by traffic, with errors and drops; and sensors, where the machine has any."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from sysmon_tui.model import units
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels, label
from sysmon_tui.ui import signals
from sysmon_tui.ui.table import Cell, Column
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.table_panel import TablePanel, figure, mark

ERRORS = "sysmon_network_errors_per_second"
DROPS = "sysmon_network_drops_per_second"
UTILIZATION = "sysmon_network_utilization_ratio"
TEMPERATURE = "node_hwmon_temp_celsius"


class Interfaces(TablePanel):
    title = "Network"
    collector = "network"
    columns = (
        Column("", 1, right=False),
        Column("interface", 0, right=False),
        Column("receive", 8),
        Column("send", 8),
        Column("errors", 6),
        Column("drops", 6, drop=1),
    )

    def rows(self, view: View) -> list[Sequence[Cell]]:
        received, sent = view.tick.family(signals.RECEIVE), view.tick.family(signals.TRANSMIT)

        def rank(key: Labels) -> tuple[bool, int, str]:
            volume = received[key] + sent.get(key, 0.0)
            # By powers of two: interfaces of like traffic do not change places each second.
            return key == signals.LOOPBACK, -int(volume).bit_length(), label(key, "device")

        return [self._row(view, key) for key in sorted(received, key=rank)]

    def _row(self, view: View, key: Labels) -> Sequence[Cell]:
        tick, judge = view.tick, view.judge
        rates = (tick.value(signals.RECEIVE, key), tick.value(signals.TRANSMIT, key))
        full = judge.of(tick, UTILIZATION, key)
        errors, drops = tick.value(ERRORS, key), tick.value(DROPS, key)
        worst = max(full, judge.of(tick, ERRORS, key), judge.of(tick, DROPS, key))
        return (
            mark(worst, view),
            (label(key, "device"), "text"),
            figure(units.rate(rates[0]), full, quiet=not rates[0] > 0),
            figure(units.rate(rates[1]), full, quiet=not rates[1] > 0),
            _rare(errors, judge.of(tick, ERRORS, key)),
            _rare(drops, judge.of(tick, DROPS, key)),
        )


def _rare(rate: float, severity: Severity) -> Cell:
    """A rate that ought to be zero."""
    if isnan(rate) or rate == 0.0:
        return ("0" if rate == 0.0 else "", "dim")
    return (units.number(rate), (severity or Severity.INFO).word)


class Sensors(TablePanel):
    title = "Sensors"
    collector = "sensors"
    columns = (
        Column("", 1, right=False),
        Column("sensor", 0, right=False),
        Column("now", 6),
        Column("max", 6, drop=1),
    )

    def rows(self, view: View) -> list[Sequence[Cell]]:
        family = view.tick.family(TEMPERATURE)
        ranked = sorted(family, key=lambda key: -family[key])
        return [self._row(view, key, family[key]) for key in ranked]

    def _row(self, view: View, key: Labels, value: float) -> Sequence[Cell]:
        worst = view.judge.severity(TEMPERATURE, key, value)
        limit = view.tick.value("node_hwmon_temp_max_celsius", key)
        name = " ".join(text for _, text in key)
        return (
            mark(worst, view),
            (name, "text"),
            figure(units.celsius(value), worst, quiet=False),
            figure("" if isnan(limit) else units.celsius(limit), Severity.OK, quiet=True),
        )
