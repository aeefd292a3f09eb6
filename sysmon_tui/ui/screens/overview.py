"""The screen one looks at: it gives every panel its place and the newest view."""

from __future__ import annotations

from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.dom import DOMNode
from textual.widget import Widget

from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.actions import Scope, bindings
from sysmon_tui.ui.layout import PAGES, Plan, Wants, plan
from sysmon_tui.ui.messages import AlertOpened, Demanded
from sysmon_tui.ui.process_order import Sort
from sysmon_tui.ui.screens.travel import TravelScreen
from sysmon_tui.ui.travel import Travel
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets.alerts import Alerts
from sysmon_tui.ui.widgets.cores import Cores
from sysmon_tui.ui.widgets.detail import Detail
from sysmon_tui.ui.widgets.filter_bar import FilterBar
from sysmon_tui.ui.widgets.footer import Footer
from sysmon_tui.ui.widgets.gauges import Gauges
from sysmon_tui.ui.widgets.header import Header
from sysmon_tui.ui.widgets.history import History
from sysmon_tui.ui.widgets.internals import Internals
from sysmon_tui.ui.widgets.line_panel import LinePanel
from sysmon_tui.ui.widgets.list_panel import ListPanel
from sysmon_tui.ui.widgets.network import Interfaces, Sensors
from sysmon_tui.ui.widgets.processes import Processes
from sysmon_tui.ui.widgets.small import Small
from sysmon_tui.ui.widgets.storage import Disks, Filesystems
from sysmon_tui.ui.widgets.timeline import Timeline
from sysmon_tui.ui.widgets.verdict import Verdict

BOXED_FROM = (110, 30)
"""Columns and rows from which panels have frames."""
ALERTS_SEEN = 100
"""Alerts that the layout counts: more than any screen shows, so that a storm moves nothing."""


class Overview(TravelScreen):
    BINDINGS = bindings(Scope.VIEW)
    DEFAULT_CSS = """
    Overview { layout: vertical; overflow: hidden; background: $background; }
    """

    def __init__(self, view: View, travel: Travel, *, sort: Sort, tree: bool) -> None:
        super().__init__(travel)
        self.view = view
        """The newest view; what the panels show, unless the picture is paused."""
        self._wants = _wants(view.tick, Wants(cores=view.host.cores))
        self._plan: Plan = {}
        self._demand = ProcessDemand()
        self.processes = Processes(name="processes")
        self.processes.set_reactive(Processes.sort, sort)
        self.processes.set_reactive(Processes.as_tree, tree)
        self.alerts = Alerts(name="alerts")
        self._filtered: Processes | Alerts = self.processes
        """The list whose filter is typed."""
        self.history = History(name="history")
        self.footer = Footer(name="footer")
        self.panels: dict[str, LinePanel] = {
            panel.id or "": panel
            for panel in (
                Header(name="header"),
                Verdict(name="verdict"),
                Gauges(name="gauges"),
                Cores(name="cores"),
                Disks(name="disks"),
                Filesystems(name="filesystems"),
                Interfaces(name="network"),
                Sensors(name="sensors"),
                self.history,
                self.alerts,
                Timeline(name="timeline"),
                self.processes,
                Detail(name="detail"),
                Internals(name="internals"),
                self.footer,
                Small(name="small"),
            )
        }

    def compose(self) -> ComposeResult:
        for panel in self.panels.values():
            panel.display = False
            yield panel
        yield FilterBar()

    def on_mount(self) -> None:
        self.place()
        self.set_focus(self.processes)

    def on_resize(self, _: events.Resize) -> None:
        self.place()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.footer.scopes = _scopes(event.widget)

    # What is shown

    def show(self, view: View) -> None:
        """Give every panel the newest view, and the layout what it asks for."""
        self.view = replace(view, boxed=self._boxed)
        wants = _wants(self.view.tick, self._wants)
        if wants != self._wants:
            self._wants = wants
            self.place()
        else:
            self._spread()

    def place(self) -> None:
        """Place the panels anew: the size, the page or what there is to show has changed."""
        width, height = self.size
        self.view = replace(self.view, boxed=self._boxed)
        self._plan = plan(width, height, self._wants)
        for name, panel in self.panels.items():
            box = self._plan.get(name)
            panel.display = box is not None
            if box is not None:
                panel.styles.offset = (box.x, box.y)
                panel.styles.width = box.width
                panel.styles.height = box.height
        self._spread()

    @property
    def tells_of_alerts(self) -> bool:
        """Whether the log is on the screen, and of now."""
        return self.alerts.shown and self.view.shown is None and not self.view.paused

    @property
    def _boxed(self) -> bool:
        return self.size.width >= BOXED_FROM[0] and self.size.height >= BOXED_FROM[1]

    def _spread(self) -> None:
        for name in self._plan:
            self.panels[name].view = self.view
        self._ask()

    def _ask(self) -> None:
        """Tell the source which processes are on the screen, if that has changed."""
        self.query_one(Detail).chosen = self.processes.selected
        demand = self.processes.demand(inspect=self._wants.detail)
        if demand != self._demand and self.view.shown is None:
            self._demand = demand
            self.post_message(Demanded(demand))

    @on(ListPanel.Moved)
    def _moved(self, _: ListPanel.Moved) -> None:
        self._ask()

    # What the keys do

    def home(self, scope: Scope) -> DOMNode:
        """Where the actions of a scope live, whatever has the focus."""
        homes: dict[Scope, DOMNode] = {
            Scope.ALERTS: self.alerts,
            Scope.PROCESSES: self.processes,
            Scope.LIST: self.focused or self.processes,
            Scope.CHART: self.history,
        }
        return homes.get(scope, self)

    def action_alerts(self) -> None:
        if "alerts" not in self._plan:
            self.action_page("alerts")
        # At once, unlike Widget.focus(): the second key of a quick `a a` is meant for the log.
        self.set_focus(self.alerts)

    def action_expand(self) -> None:
        name = self.focused.id if self.focused is not None else None
        self.action_page("" if self._wants.expanded or not name else name)

    def action_page(self, name: str) -> None:
        self._want(expanded=name)
        first = PAGES.get(name, (name or "processes",))[0]
        if self.panels[first].can_focus:
            self.set_focus(self.panels[first])

    def action_next_chart(self) -> None:
        self.history.next()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In an open filter a slash is a character of it."""
        if action == "filter" and self.query_one(FilterBar).has_focus:
            return False
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        if self.alerts.has_focus:
            self._filtered, looks_at = self.alerts, "rule, labels, summary, state, who"
        else:
            self._filtered, looks_at = self.processes, "name, command, user, control group"
            if "processes" not in self._plan:
                self.action_page("processes")
        self.query_one(FilterBar).open(self._filtered.filter, looks_at)

    def action_back(self) -> None:
        if self._wants.detail:
            self._want(detail=False)
            self.set_focus(self.processes)
        elif self.alerts.has_focus and self.alerts.tagged:
            self.alerts.untag()
        elif self.alerts.has_focus and self.alerts.filter:
            self.alerts.filter = ""
        elif self.processes.tagged and not self.alerts.has_focus:
            self.processes.untag()
        elif self.processes.filter and not self.alerts.has_focus:
            self.processes.filter = ""
        elif self._wants.expanded:
            self.action_page("")
        else:
            self.set_focus(self.processes)

    def action_focus_next_panel(self) -> None:
        self.focus_next(LinePanel)

    def action_focus_previous_panel(self) -> None:
        self.focus_previous(LinePanel)

    @on(ListPanel.Chosen)
    def _chosen(self, event: ListPanel.Chosen) -> None:
        if event.panel is self.processes:
            self._want(detail=not self._wants.detail)
        elif isinstance(event.panel, Alerts) and (alert := event.panel.chosen_alert):
            self.post_message(AlertOpened(alert))

    @on(FilterBar.Typed)
    def _typed(self, event: FilterBar.Typed) -> None:
        self._filtered.filter = event.text

    @on(FilterBar.Closed)
    def _typed_all(self) -> None:
        self.set_focus(self._filtered)

    def _want(self, *, expanded: str | None = None, detail: bool | None = None) -> None:
        self._wants = replace(
            self._wants,
            expanded=self._wants.expanded if expanded is None else expanded,
            detail=self._wants.detail if detail is None else detail,
        )
        self.place()


def _wants(tick: Tick, before: Wants) -> Wants:
    """What there is to show; changes when devices or alerts come and go, not with every figure."""
    return replace(
        before,
        alerts=min(len(tick.alerts), ALERTS_SEEN),
        cores=len(tick.family("sysmon_cpu_core_ratio")) or before.cores,
        disks=len(tick.family("node_disk_io_time_seconds_total")) or before.disks,
        filesystems=_filesystems(tick) or before.filesystems,
        interfaces=len(tick.family("node_network_receive_bytes_total")) or before.interfaces,
        sensors=len(tick.family("node_hwmon_temp_celsius")),
    )


def _filesystems(tick: Tick) -> int:
    """Those that hang have no figures, but a row."""
    hung = sum(value > 0.0 for value in tick.family("sysmon_filesystem_hung").values())
    return len(tick.family("sysmon_filesystem_used_ratio")) + hung


def _scopes(widget: Widget) -> tuple[Scope, ...]:
    if isinstance(widget, Alerts):
        return (Scope.ALERTS, Scope.VIEW, Scope.GENERAL)
    if isinstance(widget, Processes):
        return (Scope.PROCESSES, Scope.LIST, Scope.VIEW, Scope.GENERAL)
    return (Scope.VIEW, Scope.GENERAL)
