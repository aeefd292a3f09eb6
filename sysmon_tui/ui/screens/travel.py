"""The keys of looking back, for a screen that shows a moment: it is the base of the overview."""

from __future__ import annotations

from textual import on
from textual.screen import Screen

from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.travel import Travel
from sysmon_tui.ui.widgets.alerts import Alerts
from sysmon_tui.ui.widgets.history import History


class TravelScreen(Screen[None]):
    BINDINGS = bindings(Scope.PAST)

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

    def action_live(self) -> None:
        self.travel.live()

    @on(History.Pointed)
    def _pointed(self, event: History.Pointed) -> None:
        self.travel.go(event.at)

    @on(History.Resized)
    def _resized(self) -> None:
        self.travel.refit()

    @on(Alerts.Acknowledge)
    @on(Alerts.Annotate)
    @on(Alerts.Shelve)
    @on(Alerts.Silence)
    def _only_now(self, event: Alerts.Acknowledge) -> None:
        """What was is not to be acknowledged: it may have ended, or fire again by now."""
        if self.travel.away:
            event.stop()
            self.notify("That was then. Press End, then act on what holds now", markup=False)
