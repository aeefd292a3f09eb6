"""What the timeline remembers."""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.model.alert import AlertEvent, Severity
from sysmon_tui.model.text import clean
from sysmon_tui.ui.chronicle import CAPACITY, Chronicle, joined
from tests.scene import NOW, alerts

MEMORY, PRESSURE, VAR, IO = alerts()


def fired(at: float, mount: str = "/", severity: Severity = Severity.WARNING) -> AlertEvent:
    return AlertEvent(at, "firing", replace(VAR, fingerprint=mount, severity=severity))


def kinds(chronicle: Chronicle) -> list[tuple[str, int]]:
    return [(entry.kind, entry.count) for entry in chronicle.newest(100)]


def test_newest_first_and_no_more_than_asked_for() -> None:
    chronicle = Chronicle([fired(1.0), AlertEvent(9.0, "resolved", VAR)])
    assert kinds(chronicle) == [("resolved", 1), ("firing", 1)]
    assert len(chronicle.newest(1)) == 1


def test_what_is_no_news_is_left_out() -> None:
    events = [AlertEvent(1.0, kind, VAR) for kind in ("pending", "inactive", "moved")]
    assert len(Chronicle(events)) == 0


def test_a_storm_is_one_entry_a_rule_with_its_worst() -> None:
    storm = [
        fired(5.0, f"/{n}", Severity.CRITICAL if n == 7 else Severity.WARNING) for n in range(50)
    ]
    others = [AlertEvent(5.0, "firing", replace(IO, fingerprint=f"i{n}")) for n in range(50)]
    mixed = [event for pair in zip(storm, others, strict=True) for event in pair]
    chronicle = Chronicle(mixed)
    assert kinds(chronicle) == [("firing", 50), ("firing", 50)]
    newest = {entry.alert.rule: entry.alert for entry in chronicle.newest(2)}
    assert newest["FilesystemUsed"].severity is Severity.CRITICAL


def test_different_people_and_different_moments_stay_apart() -> None:
    chronicle = Chronicle(
        [
            fired(1.0),
            fired(4.0, "/b"),
            AlertEvent(4.0, "acknowledged", VAR, clean("ann")),
            AlertEvent(4.0, "acknowledged", VAR, clean("bob")),
        ]
    )
    assert len(chronicle) == 4


def test_it_forgets_the_oldest() -> None:
    chronicle = Chronicle(fired(10.0 * n) for n in range(CAPACITY + 5))
    assert len(chronicle) == CAPACITY
    assert chronicle.newest(1)[0].at == 10.0 * (CAPACITY + 4)


def test_what_came_while_the_ledger_was_read_is_told_once() -> None:
    first, second, third = fired(NOW), fired(NOW + 5, "/b"), fired(NOW + 9, "/c")
    assert list(joined([second, first], [second, third])) == [first, second, third]


def test_of_the_past_it_tells_no_more_than_was_known() -> None:
    chronicle = Chronicle([fired(10.0 * n) for n in (1, 2, 3)])
    assert [entry.at for entry in chronicle.newest(9, 20.0)] == [20.0, 10.0]
