from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from math import inf

import pytest

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.brief import Brief
from sysmon_tui.model.brief_text import brief_lines, headline, when
from sysmon_tui.model.text import clean
from sysmon_tui.model.units import MISSING
from tests.model.briefs import HOUR, NOW, bad_night, story


def text(brief: Brief) -> list[str]:
    return [str(line) for line in brief_lines(brief, UTC)]


def test_a_bad_night_in_words() -> None:
    brief = bad_night()
    assert headline(brief, UTC) == (
        "db-7 since Wed 18:03 (9h), when you last looked: 2 alerts fire, 1 alert over, 1 reboot, "
        "2 OOM kills, 3 units in trouble, 1 filesystem grows, 1 new port"
    )
    assert text(brief) == [
        "firing    critical: /var is 97% full  since 01:03 (2h)  nobody has it",
        "          warning: 75% of swap is used  since 01:03 (2h)  ann: asked the analysts",
        "over      warning: CPU was busy for long  Wed 22:03 for 30m  3 times  nobody saw it",
        "reboot    Wed 21:03",
        "OOM       2 processes killed for lack of memory",
        "failed    nginx.service",
        "restarted app.service 4x, cron.service failed, is back",
        "grew      /var +12.0G to 93%, full in 10h 30m at this pace",
        "listens   tcp 0.0.0.0:8080 python3 (4113)",
        "CPU       python3 (4113) 2h 14m, postgres (50) 31m",
        "memory    postgres (50) 3.0G",
    ]
    assert [line.severity for line in brief_lines(brief)[:3]] == [
        Severity.CRITICAL,
        Severity.WARNING,
        Severity.WARNING,
    ]


def test_nothing_in_words() -> None:
    calm = Brief(host="db-7", since=NOW - HOUR, until=NOW, looked=False, remarks=("no history",))
    assert headline(calm, UTC) == "db-7 since 02:03 (1h): nothing new"
    assert text(calm) == ["          no history"]


def test_the_worst_night_fits_a_screen() -> None:
    brief = bad_night()
    worst = replace(
        brief,
        stories=brief.stories * 9,
        boots=brief.boots * 9,
        units=brief.units * 9,
        growth=brief.growth * 9,
        ports=brief.ports * 9,
        cpu=brief.cpu * 9,
        remarks=("one", "two"),
    )
    lines = text(worst)
    assert len(lines) < 20
    assert "          and 22 more: sysmon-tui alerts history" in lines
    assert "reboot    Wed 21:03, Wed 21:03, Wed 21:03, Wed 21:03, 5 more" in lines


def test_who_has_an_alert() -> None:
    def told(**changes: object) -> str:
        one = story("Full", Severity.WARNING, **changes)
        return text(replace(bad_night(), stories=(one,)))[0].rpartition("  ")[2]

    assert told() == "nobody has it"
    assert told(muted=clean("silenced until 09:00")) == "silenced until 09:00"
    assert told(hands=(clean("ann"), clean("bob"))) == "ann, bob"
    assert told(firing=False, ended=NOW, unseen=True) == "nobody saw it"
    assert told(firing=False, ended=NOW) == "01:03 for 2h"


def test_one_kill_is_one() -> None:
    assert "OOM       1 process killed for lack of memory" in text(
        replace(bad_night(), oom_kills=1)
    )


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW - HOUR, "02:03"),
        (NOW - 24 * HOUR, "Wed 03:03"),
        (NOW - 30 * 24 * HOUR, "2026-02-24 03:03"),
        (NOW + 24 * HOUR, "2026-03-27 03:03"),
        (inf, MISSING),
    ],
)
def test_when(moment: float, expected: str) -> None:
    assert when(moment, NOW, UTC) == expected
