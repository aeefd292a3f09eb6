"""Filter, order and groups of the alert log."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from sysmon_tui.model.alert import Alert, State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean
from sysmon_tui.ui.alert_order import (
    STORM,
    Group,
    Order,
    Search,
    grouped,
    key_of,
    ordered,
    storm,
)
from tests.scene import NOW, alerts

MEMORY, PRESSURE, VAR, IO = alerts()


def rules(found: object) -> list[str]:
    assert isinstance(found, list | tuple)
    return [alert.rule for alert in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("memory", (MEMORY, PRESSURE)),
        ("jonas", (VAR,)),
        ("vacuum", (VAR,)),
        ("mountpoint=/var", (VAR,)),
        ("pending", (IO,)),
        ("^critical$", (MEMORY, PRESSURE)),
        ("(", ()),
        ("stalled.*storage", (IO,)),
        ("muted by ann", ()),
    ],
)
def test_a_search_looks_at_all_that_is_said_of_an_alert(
    text: str, found: tuple[Alert, ...]
) -> None:
    assert Search(text).among(alerts()) == list(found)


def test_a_search_looks_again_at_what_has_changed_only() -> None:
    search = Search("jonas")
    assert search.among((MEMORY, VAR)) == [VAR]
    given_up = replace(VAR, ack=None)
    assert search.among((MEMORY, given_up)) == []
    assert search.among((MEMORY, VAR)) == [VAR]


def test_what_is_over_before_anybody_took_it_is_unseen() -> None:
    over = replace(MEMORY, state=State.RESOLVED, resolved_at=NOW)
    assert Search("unseen").among((over, VAR)) == [over]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (Order.URGENCY, "MemoryAvailable"),
        (Order.AGE, "IoPressure"),
        (Order.SEVERITY, "MemoryAvailable"),
        (Order.RULE, "FilesystemUsed"),
        (Order.VALUE, "FilesystemUsed"),
    ],
)
def test_orders_and_their_inversion(order: Order, first: str) -> None:
    found = ordered(alerts(), order)
    assert found[0].rule == first
    assert len(found) == len(alerts())
    if order is not Order.SEVERITY:
        assert list(ordered(alerts(), order, inverted=True)) == list(found)[::-1]


def test_an_unknown_value_stands_last() -> None:
    unknown = replace(MEMORY, value=nan)
    assert ordered((unknown, *alerts()), Order.VALUE)[-1] is unknown


def test_the_orders_come_round() -> None:
    order = Order.URGENCY
    seen = []
    for _ in Order:
        seen.append(order)
        order = order.next
    assert order is Order.URGENCY
    assert set(seen) == set(Order)


def on(mount: str, **changes: object) -> Alert:
    changed = {"fingerprint": mount, "labels": labels(mountpoint=mount), **changes}
    return replace(VAR, **changed)  # type: ignore[arg-type]


def test_a_group_for_every_rule_with_several_alerts() -> None:
    open_, muted = on("/a", ack=None), on("/b", muted=clean("shelved"))
    rows = grouped((open_, MEMORY, VAR, muted), frozenset())
    group, alone = rows
    assert isinstance(group, Group)
    assert (group.rule, group.folded, len(group.alerts)) == ("FilesystemUsed", True, 3)
    assert (group.calling, group.open, group.worst) == (2, 1, VAR.severity)
    assert group.state is State.FIRING
    assert group.oldest == VAR.since
    assert alone is MEMORY
    assert key_of(group) != key_of(VAR)
    opened = grouped((open_, MEMORY, VAR, muted), frozenset({"FilesystemUsed"}))
    assert opened[1:] == [open_, VAR, muted, MEMORY]


def test_a_storm_is_many_alerts_of_few_rules() -> None:
    many = [on(f"/{n}") for n in range(STORM + 1)]
    assert storm(many)
    assert not storm(many[:STORM])
    assert not storm([replace(one, rule=f"r{n}") for n, one in enumerate(many)])
