"""What single panels say in the cases the scene does not show."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.model.alert import Acknowledgement, Shelf, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.sample import CollectorState, HostFacts, Status
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import glyphs
from sysmon_tui.ui.palette import Line
from sysmon_tui.ui.process_rows import cpu_time
from sysmon_tui.ui.severity import Judge
from sysmon_tui.ui.trends import Trends
from sysmon_tui.ui.view import View
from sysmon_tui.ui.widgets import cores, gauges, header, verdict
from sysmon_tui.ui.widgets.network import Interfaces, Sensors
from sysmon_tui.ui.widgets.processes import Processes
from sysmon_tui.ui.widgets.small import Small
from sysmon_tui.ui.widgets.storage import Disks, Filesystems
from tests.scene import HOST, MIB, NOW, families, tick


def view(moment: Tick | None = None, **changes: object) -> View:
    base = View(
        tick=moment or tick(),
        trends=Trends(1.0),
        host=HOST,
        glyphs=glyphs("unicode"),
        judge=Judge(),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def text(*lines: Line) -> str:
    return "\n".join("".join(part for part, _ in line) for line in lines)


def alone(index: int, **changes: object) -> Tick:
    """The scene with one of its alerts only."""
    alert = replace(tick().alerts[index], **changes)  # type: ignore[arg-type]
    return replace(tick(), alerts=(alert,))


# The gauges


def test_nice_is_named_where_it_is_some_of_the_cpu() -> None:
    def detail(nice: float) -> str:
        figures = {labels(mode=mode): 0.1 for mode in ("user", "system", "iowait", "steal")}
        figures[labels(mode="nice")] = nice
        moment = replace(tick(), families={"sysmon_cpu_ratio": figures})
        return next(one for one in gauges.GAUGES if one.title == "CPU").detail(moment)

    assert detail(0.004) == "us 10  sy 10  wa 10  st 10"
    assert detail(0.6) == "us 10  ni 60  sy 10  wa 10  st 10"


# The verdict


@pytest.mark.parametrize(
    ("width", "why"), [(120, "not for long enough to be an alert"), (90, "no alert yet"), (72, "")]
)
def test_of_what_is_strained_the_cause_is_worth_more_than_the_why(width: int, why: str) -> None:
    rules = load_rules((), "pack").rules
    moment = replace(tick(), alerts=())
    line = text(verdict.verdict(view(moment, judge=Judge(rules)), width)).rstrip()
    assert line.startswith("◆ Strained now: ")
    assert line.endswith("→ python3 (4113) 13.8G")
    assert why in line
    assert ("alert" in line) is bool(why)


def test_the_verdict_names_what_since_when_and_who() -> None:
    line = text(verdict.verdict(view(), 160))
    assert "CRITICAL  Only 3.0% of memory is available" in line
    assert "since 03:01:16 (1m 44s)" in line
    assert "python3 (4113) 13.8G" in line
    assert "+2 more" in line
    assert "nobody has it" in line


@pytest.mark.parametrize("width", range(20, 200, 7))
def test_the_verdict_fits_every_width(width: int) -> None:
    line = text(verdict.verdict(view(), width))
    assert len(line) == width
    assert line.startswith("◆ CRITICAL")


def test_an_alert_somebody_has_says_who() -> None:
    line = text(verdict.verdict(view(alone(2)), 120))
    assert "jonas has it" in line


def test_an_open_alert_comes_before_a_taken_one() -> None:
    first, *rest = tick().alerts
    taken = replace(first, ack=Acknowledgement(clean("eva"), NOW))
    moment = replace(tick(), alerts=(taken, *rest))
    assert "stalled 27%" in text(verdict.verdict(view(moment), 160))


def test_calm_says_so_and_counts_what_is_pending() -> None:
    moment = alone(3)
    assert "All calm  1 pending" in text(verdict.verdict(view(moment), 100))
    resolved = alone(0, state=State.RESOLVED)
    assert "All calm" in text(verdict.verdict(view(resolved), 100))


def test_calm_has_room_for_a_notice() -> None:
    line = text(verdict.verdict(view(alone(3), notices=("history is read only",)), 100))
    assert line.endswith("history is read only")


# The header


@pytest.mark.parametrize("width", range(20, 220, 11))
def test_the_header_fits_every_width(width: int) -> None:
    line = text(header.header(view(), width))
    assert len(line) == width
    assert "db-7" in line


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_mute_is_seen_at_every_width_with_its_next_end(width: int) -> None:
    first, second, *rest = tick().alerts
    shelf = Shelf(clean("ann"), NOW, NOW + 900)
    shelved = replace(first, shelf=shelf, muted=clean("shelved by ann"))
    silenced = replace(second, muted=clean("silenced by bob"))
    ends = Silence(id="s", matchers=(), by=clean("bob"), at=NOW - 60, until=NOW + 3_600)
    later = Silence(id="t", matchers=(), by=clean("bob"), at=NOW + 60, until=NOW + 70)
    moment = replace(tick(), alerts=(shelved, silenced, *rest), silences=(ends, later))
    host = replace(view().host, hostname="a-host-with-a-name-that-takes-the-line.example.org")
    line = text(header.header(view(moment, host=host), width))
    assert len(line) == width
    assert "‖2" in line
    if width >= 60:
        assert "until 03:18" in line


def test_a_silence_that_mutes_nothing_yet_is_seen_too() -> None:
    ends = Silence(id="s", matchers=(), by=clean("bob"), at=NOW - 60, until=NOW + 3_600)
    moment = replace(tick(), alerts=(), silences=(ends,))
    assert "‖0 muted until 04:03:00" in text(header.header(view(moment), 120))
    muted = replace(tick().alerts[0], muted=clean("explained by another"))
    assert "‖1 muted " in text(header.header(view(replace(tick(), alerts=(muted,))), 120))


def test_the_header_tells_pause_stale_and_the_limits_of_a_container() -> None:
    assert "paused" in text(header.header(view(paused=True), 120))
    notice = "Recording is paused: /state/history.sqlite cannot be used"
    line = text(header.header(view(notices=(notice,)), 80))
    assert "▲ Recording is paused" in line
    assert "live" not in line
    late = CollectorState(name="disk", status=Status.STALE, interval=1, age=9)
    moment = replace(tick(), collectors=(late,))
    assert "stale: disk" in text(header.header(view(moment), 120))
    assert "  recorded by pid 7  " in text(header.header(view(recorder="pid 7"), 120))
    assert "recorded" not in text(header.header(view(), 120))
    host = HostFacts(
        hostname="pod-1", system="x", kernel="y", cores=2, boot_time=NOW, vantage="container",
        limits={"cpu": 0.5, "memory": 256 * MIB}, remote="10.0.0.9",
    )  # fmt: skip
    line = text(header.header(view(host=host), 160))
    assert "container (0.5 cpu, 256M)" in line
    assert "ssh from 10.0.0.9" in line


# Tables


def table_text(panel: Disks | Filesystems | Interfaces | Sensors, shown: View) -> str:
    return text(*panel.draw(shown, 70, 9))


def test_a_hung_mount_stands_first_in_words() -> None:
    key = labels(mountpoint="/mnt/nfs")
    moment = replace(tick(), families={**families(600), "sysmon_filesystem_hung": {key: 1.0}})
    lines = table_text(Filesystems(name="filesystems"), view(moment)).splitlines()
    assert "/mnt/nfs" in lines[2]
    assert "no answer" in lines[2]
    since = {**moment.families, "sysmon_filesystem_hung_seconds": {key: 75.0}}
    shown = table_text(Filesystems(name="filesystems"), view(replace(moment, families=since)))
    assert "hung 1m 15s" in shown.splitlines()[2]


def test_rows_that_do_not_fit_are_counted() -> None:
    many = {labels(device=f"sd{i}"): 0.0 for i in range(20)}
    moment = replace(tick(), families={"sysmon_disk_utilization_ratio": many})
    assert "+13 more" in table_text(Disks(name="disks"), view(moment))


def test_an_empty_table_says_why() -> None:
    state = CollectorState(
        name="sensors", status=Status.UNSUPPORTED, interval=5, age=float("inf"), note="no hwmon"
    )
    moment = replace(tick(), collectors=(state,))
    shown = table_text(Sensors(name="sensors"), view(moment))
    assert "unsupported: no hwmon" in shown
    before = replace(tick(), families={}, collectors=())
    assert "measuring" in table_text(Disks(name="disks"), view(before))
    assert "none" in table_text(Disks(name="disks"), view(replace(tick(), families={})))


def test_a_late_collector_marks_its_table() -> None:
    state = CollectorState(name="disk", status=Status.TIMEOUT, interval=1, age=42)
    moment = replace(tick(), collectors=(state,))
    assert "timeout" in table_text(Disks(name="disks"), view(moment))


def test_sensors_hottest_first() -> None:
    moment = replace(
        tick(),
        families={
            "node_hwmon_temp_celsius": {
                labels(chip="nvme", sensor="temp1"): 41.0,
                labels(chip="coretemp", sensor="temp1"): 88.0,
            },
            "node_hwmon_temp_max_celsius": {labels(chip="coretemp", sensor="temp1"): 90.0},
        },
    )
    lines = table_text(Sensors(name="sensors"), view(moment)).splitlines()
    assert "coretemp" in lines[2]
    assert "90" in lines[2]
    assert "nvme" in lines[3]


def test_errors_and_drops_are_lit() -> None:
    key = labels(device="eth0")
    moment = replace(
        tick(),
        families={**families(600), "sysmon_network_errors_per_second": {key: 3.0}},
    )
    panel = Interfaces(name="network")
    row = next(row for row in panel.rows(view(moment)) if row[1][0] == "eth0")
    assert row[4] == ("3", "info")
    assert row[5] == ("0", "dim")


# Cores


@pytest.mark.parametrize(("count", "width", "height"), [(1, 40, 3), (4, 40, 4), (256, 60, 10)])
def test_the_grid_fits(count: int, width: int, height: int) -> None:
    shown = view(tick(cores=count))
    lines = cores.grid(shown, width, height)
    assert len(lines) <= height
    assert all(len(text(line)) <= width for line in lines)
    if count == 256:
        assert text(lines[0]).startswith("  0 ")


def test_before_the_second_reading_cores_are_being_measured() -> None:
    nothing = view(replace(tick(), families={}))
    assert text(*cores.grid(nothing, 40, 4)) == "measuring"
    # Of a past moment nothing will come any more.
    assert text(*cores.grid(replace(nothing, replayed=True), 40, 4)) == "nothing recorded"


# Processes


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0, "0:00.00"), (61.5, "1:01.50"), (6000.0, "1h40m"), (400_000.0, "4d15h")],
)
def test_cpu_time(seconds: float, written: str) -> None:
    assert cpu_time(seconds) == written


def test_the_title_counts_what_is_unusual() -> None:
    states = {"R": 1, "D": 2, "Z": 3}
    table = replace(tick().processes, states=states, hidden=True)
    panel = Processes(name="processes")
    shown = text(*panel.draw(view(replace(tick(), processes=table)), 110, 10))
    assert "2 in disk wait  3 zombie" in shown
    assert "others hidden" in shown


def test_a_process_without_details_shows_what_is_known() -> None:
    table = replace(tick().processes, details={})
    panel = Processes(name="processes")
    shown = text(*panel.draw(view(replace(tick(), processes=table)), 110, 10))
    assert "python3" in shown
    assert "[kswapd0]" in shown


def test_no_history_is_no_crash() -> None:
    empty = replace(tick(), families={}, processes=ProcessTable(), alerts=())
    for panel in (Disks(name="d"), Interfaces(name="n"), Filesystems(name="f")):
        assert panel.draw(view(empty), 60, 8)
    assert "Processes 0" in text(*Processes(name="p").draw(view(empty), 80, 8))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4, 1), (19, 4)])
def test_the_smallest_screen_still_answers(width: int, height: int) -> None:
    lines = Small(name="small").draw(view(), width, height)
    assert len(lines) <= height
    assert text(*lines).startswith("◆")
    assert all(len(text(line)) <= width for line in lines)


def test_nan_latency_is_blank() -> None:
    moment = replace(
        tick(),
        families={
            **families(600),
            "sysmon_disk_latency_seconds": {labels(device="sda"): nan},
            "sysmon_disk_queue": {},
        },
    )
    assert "nan" not in table_text(Disks(name="disks"), view(moment))
