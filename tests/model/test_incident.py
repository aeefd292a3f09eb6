from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from math import nan

from sysmon_tui.model import units
from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.curve import Curve, Stats
from sysmon_tui.model.incident import Account, Figures, Incident, plain, report, sparkline
from sysmon_tui.model.mark import Mark
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from tests.evidence import evidence
from tests.model.briefs import NOW, alert, bad_night, story, taken
from tests.scene import HOST
from tests.ui.test_golden import compare

BEGAN = NOW - 1800.0
INCIDENT = Incident(
    name="20260326T023300Z",
    began=BEGAN,
    by=clean("ann"),
    why=clean("`rm -rf` | <b>or so</b>"),
    ended=NOW,
    ended_by=clean("bob"),
    note=clean("moved the logs"),
)


def curve() -> Curve:
    made = Curve(BEGAN, 300.0, 6)
    for number, value in enumerate((0.1, 0.2, 0.9, 1.0)):
        made.add(BEGAN + 300.0 * number, Stats(1.0, value, value, value, value))
    return made


def account() -> Account:
    full = alert("Full", severity=Severity.CRITICAL, summary=clean("/var is 97% full"))
    mine = replace(full, ack=taken("ann", "I have it"))
    night = bad_night()
    return Account(
        incident=INCIDENT,
        host=HOST,
        until=NOW,
        stories=(
            story(
                "Full", Severity.CRITICAL, summary=clean("/var is 97% full"), hands=(clean("ann"),)
            ),
            story("Busy", Severity.WARNING, firing=False, ended=NOW - 60.0),
        ),
        events=(
            AlertEvent(BEGAN + 10.0, "pending", full),
            AlertEvent(BEGAN + 60.0, "firing", full),
            AlertEvent(BEGAN + 90.0, "acknowledged", mine, clean("ann")),
        ),
        silences=(
            Silence(
                id="s",
                matchers=(Matcher("alertname", MatchOp.LIKE, "Disk.*"),),
                by=clean("eve"),
                at=BEGAN + 120.0,
                until=NOW,
                note=clean("array rebuild"),
            ),
        ),
        marks=(
            Mark(at=BEGAN - 90.0, set_at=BEGAN + 150.0, by=clean("eve"), note=clean("it | begins")),
            Mark(at=BEGAN + 180.0, set_at=BEGAN + 180.0, by=clean("eve")),
        ),
        evidence=(evidence(),),
        cpu=night.cpu,
        memory=night.memory,
        figures=(
            Figures(title="CPU", curve=curve(), spell=units.percent),
            Figures(title="swap", curve=Curve(BEGAN, 300.0, 6), spell=units.percent),
        ),
        remarks=("history.sqlite cannot be used",),
    )


def test_a_report() -> None:
    compare("incident-report", report(account(), UTC))


def test_a_report_of_what_goes_on_and_left_no_trace() -> None:
    incident = replace(INCIDENT, why=clean(""), ended=None, ended_by=clean(""), note=clean(""))
    text = report(Account(incident=incident, host=HOST, until=NOW), UTC)
    assert "- **What:** no alert fired\n" in text
    assert "- **When:** 2026-03-26 02:33:00 to now, it goes on\n" in text
    assert "- **How long:** 30m\n" in text
    assert "- **Who:** ann\n" in text
    assert "## Alerts" not in text
    assert "## Figures" not in text


def test_what_ended_by_itself() -> None:
    incident = replace(INCIDENT, why=clean(""), ended_by=clean(""))
    text = report(replace(account(), incident=incident), UTC)
    assert "to 2026-03-26 03:03:00, by itself\n" in text
    assert "- **What:** /var is 97% full; Busy it is\n" in text


def test_text_from_outside_is_no_markup() -> None:
    assert plain("a|b`c`<d>[e](f)*g*_h_#i~") == r"a\|b\`c\`\<d\>\[e\](f)\*g\*\_h\_\#i\~"


def test_sparklines() -> None:
    assert sparkline([0.0, 0.5, nan, 1.0]) == "▁▅ █"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([nan]) == " "
    assert sparkline([]) == ""
