"""The keys of looking back, for a screen that shows a moment: it is the base of the overview."""

from __future__ import annotations

from textual import on
from textual.screen import Screen

from sysmon_tui.model import units, when
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.messages import Marked
from sysmon_tui.ui.screens.ask import Ask
from sysmon_tui.ui.travel import Travel
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Alerts
from sysmon_tui.ui.widgets.history import History


class TravelScreen(Screen[None]):
    BINDINGS = bindings(Scope.PAST)
    view: View
    """What is shown."""

    def __init__(self, travel: Travel) -> None:
        super().__init__()
        self.travel = travel

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """At present End belongs to the list that has the focus."""
        return action != "live" or self.travel.away

    def action_back_in_time(self) -> None:
        self.travel.step(-1)

    def action_on_in_time(self) -> None:
        self.travel.step(1)

    def action_leap_back(self) -> None:
        self.travel.leap(-1)

    def action_leap_on(self) -> None:
        self.travel.leap(1)

    def action_zoom_in(self) -> None:
        self.travel.zoom(nearer=True)

    def action_zoom_out(self) -> None:
        self.travel.zoom(nearer=False)

    def action_zoom_live(self) -> None:
        self.travel.zoom(nearer=None)

    def action_go_to(self) -> None:
        """Ask for a moment; by default when the alert under the cursor began."""
        now = self.travel.now
        alerts = self.query_one(Alerts)
        alert = alerts.chosen_alert if alerts.has_focus else None

        def wrong(line: str) -> str:
            if not line.strip():
                return when.FORM
            try:
                when.parse(line, now)
            except when.WhenError as error:
                return str(error)
            return ""

        def remark(line: str) -> str:
            at = when.parse(line, now)
            return f"{when.spelled(at, now)}, {units.ago(now - at)}"

        def done(line: str | None) -> None:
            if line is not None:
                self.travel.go(when.parse(line, now))

        line = when.written(alert.since) if alert is not None else ""
        ask = Ask("Go to", self.view.glyphs, line=line, remark=remark, wrong=wrong)
        self.app.push_screen(ask, done)

    def action_mark(self) -> None:
        """Mark the moment shown; once more says something about it."""
        if self.travel.mark is not None and self.travel.marked:
            self._note(self.travel.mark)
            return
        at = self.travel.set_mark()
        self.post_message(Marked(at, self.travel.now))
        spelled = when.spelled(at, self.travel.now)
        self.notify(f"Marked {spelled}. m again adds a note, d compares", markup=False)

    def _note(self, at: float) -> None:
        def done(line: str | None) -> None:
            if line is not None:
                self.post_message(Marked(at, self.travel.now, line))

        title = f"Note on the mark {when.spelled(at, self.travel.now)}"
        self.app.push_screen(Ask(title, self.view.glyphs), done)

    def action_compare(self) -> None:
        before, after = self.travel.pair()
        from sysmon_tui.ui.screens.compare import CompareScreen  # seldom, and not at the start

        screen = CompareScreen(
            self.travel.lookback,
            before,
            self.travel.newest if after is None else after,
            boot_time=self.view.host.boot_time,
            now=self.travel.now,
            glyphs=self.view.glyphs,
        )
        self.app.push_screen(screen)

    def action_live(self) -> None:
        self.travel.live()

    @on(History.Pointed)
    def _pointed(self, event: History.Pointed) -> None:
        self.travel.go(event.at)

    @on(History.Resized)
    def _resized(self) -> None:
        self.travel.refit()
