"""Carries out what the alert log asks for: at once, or after a line was typed.

The application has one; what such a line may say is in `ui.acts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.app import App

from sysmon_tui.alerts.figures import duration
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.text import SafeText, clean
from sysmon_tui.ui import acts
from sysmon_tui.ui.screens.ask import Ask
from sysmon_tui.ui.source import Source
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Act

NOTE_LIMIT = 500
"""Characters of a note that are kept."""


class AlertActs:
    def __init__(
        self,
        app: App[None],
        source: Source,
        actor: SafeText,
        view: Callable[[], View],
        tables: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """`view` is the newest one: its clock is that of the machine looked at. `tables` are the
        rules of the settings."""
        self._app = app
        self._source = source
        self._actor = actor
        self._view = view
        self._tables = tables

    def perform(self, act: Act, alerts: Sequence[Alert]) -> None:
        """`alerts` are one or more, the most important first."""
        prints = [alert.fingerprint for alert in alerts]
        match act:
            case Act.ACKNOWLEDGE:
                self._source.acknowledge(prints, self._actor)
            case Act.UNACKNOWLEDGE:
                self._source.unacknowledge(prints, self._actor)
            case Act.NOTE:
                self._annotate(alerts, prints)
            case Act.SHELVE:
                self._shelve(alerts, prints)
            case Act.SILENCE:
                self._silence(alerts)
            case Act.TUNE:
                self._tune(alerts[0])

    @property
    def _now(self) -> float:
        return self._view().tick.wall

    def _ask(self, ask: Ask, done: Callable[[str], None]) -> None:
        self._app.push_screen(ask, lambda line: None if line is None else done(line))

    def _annotate(self, alerts: Sequence[Alert], prints: Sequence[str]) -> None:
        only = alerts[0].ack if len(alerts) == 1 else None
        self._ask(
            Ask(
                f"Note on {acts.named(alerts)}",
                self._view().glyphs,
                line=only.note if only is not None else "",
            ),
            lambda line: self._source.annotate(prints, self._actor, clean(line, NOTE_LIMIT)),
        )

    def _shelve(self, alerts: Sequence[Alert], prints: Sequence[str]) -> None:
        """Out of sight; back where all of them are out of sight already."""
        if all(alert.shelf is not None for alert in alerts):
            self._source.unshelve(prints, self._actor)
            return

        def done(line: str) -> None:
            until = self._now + (duration(line) or 0.0)
            self._source.shelve(prints, self._actor, until)

        title = f"Shelve {acts.named(alerts)} for"
        glyphs = self._view().glyphs
        self._ask(Ask(title, glyphs, line=acts.AN_HOUR, wrong=acts.wrong_time), done)

    def _silence(self, alerts: Sequence[Alert]) -> None:
        view = self._view()
        ask = Ask(
            "Silence: for how long, then what",
            view.glyphs,
            line=acts.like(alerts),
            remark=acts.covered(view.tick.alerts, self._actor, self._now),
            wrong=acts.wrong_silence,
        )
        self._ask(
            ask, lambda line: self._source.silence(acts.silence(line, self._actor, self._now))
        )

    def _tune(self, alert: Alert) -> None:
        view = self._view()
        rule = view.rules.get(alert.rule)
        if rule is None or not rule.levels:
            self._app.notify(f"{alert.rule} is no rule of this machine", markup=False)
            return
        from sysmon_tui.ui.screens.tuning import TuningScreen  # only where somebody tunes

        self._app.push_screen(TuningScreen(rule, self._source, view, self._tables, self._saved))

    def _saved(self, table: Mapping[str, Any]) -> None:
        others = [one for one in self._tables if one.get("name") != table["name"]]
        self._tables = (*others, table)
