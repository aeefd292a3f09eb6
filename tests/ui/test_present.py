"""What came before the start and since, joined; and what is held until it can be."""

from __future__ import annotations

import weakref

from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.present import MEANWHILE, Present
from sysmon_tui.ui.trends import Trends
from tests.scene import scene, tick


class Held(Tick):
    """A tick that can be watched."""

    __slots__ = ("__weakref__",)


def hear(present: Present, seconds: range) -> list[weakref.ref[Held]]:
    """Seconds of a machine, and what became of each tick."""
    heard = []
    for second in seconds:
        now = Held(number=second, wall=tick(second).wall, mono=float(second))
        present.hear(now)
        heard.append(weakref.ref(now))
    return heard


def test_what_comes_while_the_store_is_read_is_joined_with_it() -> None:
    present = Present(scene(), tick())
    past = Trends.replay(1.0, [tick(second) for second in range(10)])
    for second in range(10, 15):
        present.hear(tick(second))
    present.recall(past, ())
    live = Trends.replay(1.0, [tick(second) for second in range(15)])
    assert present.trends.ring("cpu").last(15) == live.ring("cpu").last(15)


def test_ticks_are_not_held_for_a_past_that_cannot_be_read() -> None:
    present = Present(scene(), tick())
    heard = hear(present, range(5))
    present.go_without()
    heard += hear(present, range(5, 10))
    assert [one() is not None for one in heard] == [*[False] * 9, True]


def test_a_store_that_hangs_holds_some_minutes_of_ticks() -> None:
    present = Present(scene(), tick())
    heard = hear(present, range(MEANWHILE + 500))
    assert sum(one() is not None for one in heard) == MEANWHILE
