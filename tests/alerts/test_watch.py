"""Which series a rule looks at, and what it makes of them."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from sysmon_tui.alerts.conditions import Surroundings, create
from sysmon_tui.alerts.conditions.measured import SPARE_MEASURES, Measured
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.watch import Change, Watch
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.model.rule import Bound, Level, Op, Rule, peer_bound

RULE = Rule(name="Full", metric="used", levels=(Level(Severity.WARNING, 0.9, 0.8),))
ROOT = labels(fstype="ext4", mountpoint="/")
VAR = labels(fstype="ext4", mountpoint="/var")
RUN = labels(fstype="tmpfs", mountpoint="/run")


def judge(
    watch: Watch, families: Families, now: float = 0.0
) -> tuple[list[tuple[str, Labels]], Change]:
    """What happened to which series."""
    events: list[AlertEvent] = []
    change = watch.judge(families, now, now, events)
    return [(event.kind, event.alert.labels) for event in events], change


def firing(watch: Watch) -> set[Labels]:
    return {key for key, alert in watch.alerts.items() if alert.state is State.FIRING}


def test_one_rule_yields_an_alert_for_each_series() -> None:
    watch = Watch(RULE)
    used = {ROOT: 0.95, VAR: 0.5, RUN: 0.99}
    assert judge(watch, {"used": used}) == ([("firing", ROOT), ("firing", RUN)], Change.ORDER)
    assert judge(watch, {"used": used}) == ([], Change.NONE)
    assert judge(watch, {"used": {**used, VAR: 0.91}}) == ([("firing", VAR)], Change.ORDER)
    assert judge(watch, {"used": {**used, VAR: 0.92}}) == ([], Change.FIGURES)
    assert judge(watch, {"used": {**used, VAR: 0.1}}) == ([("resolved", VAR)], Change.ORDER)


def test_without_the_family_nothing_begins_and_what_fires_goes_stale() -> None:
    watch = Watch(RULE)
    assert judge(watch, {}) == ([], Change.NONE)
    judge(watch, {"used": {ROOT: 0.95, VAR: 0.95}})
    assert judge(watch, {"used": {VAR: 0.95}}, 1.0)[0] == []
    assert judge(watch, {}, 300.0)[0] == []
    assert judge(watch, {}, 301.0)[0] == [("resolved", ROOT)]
    assert firing(watch) == {VAR}


def test_nan_is_not_judged() -> None:
    watch = Watch(RULE)
    assert judge(watch, {"used": {ROOT: nan}}) == ([], Change.NONE)
    low = Watch(replace(RULE, op=Op.LT))
    assert judge(low, {"used": {ROOT: nan}}) == ([], Change.NONE)


def test_match_takes_series_with_these_labels() -> None:
    watch = Watch(replace(RULE, match=labels(fstype="ext4")))
    judge(watch, {"used": {ROOT: 0.95, RUN: 0.95}})
    assert firing(watch) == {ROOT}


def test_match_of_all_labels_takes_the_one() -> None:
    watch = Watch(replace(RULE, match=ROOT))
    judge(watch, {"used": {VAR: 0.95, ROOT: 0.95}})
    assert firing(watch) == {ROOT}
    watch = Watch(replace(RULE, match=ROOT))
    judge(watch, {"used": {ROOT: 0.95}})
    assert firing(watch) == {ROOT}


def test_match_of_an_empty_label_takes_series_without_it() -> None:
    watch = Watch(replace(RULE, match=labels(zone="")))
    judge(watch, {"used": {ROOT: 0.95, labels(zone="eu"): 0.95}})
    assert firing(watch) == {ROOT}


def test_unless_leaves_series_out() -> None:
    watch = Watch(replace(RULE, excluded=(("fstype", frozenset({"tmpfs", "ramfs"})),)))
    judge(watch, {"used": {ROOT: 0.95, RUN: 0.95}})
    assert firing(watch) == {ROOT}


def test_a_star_stands_for_any_text() -> None:
    watch = Watch(replace(RULE, match=labels(mountpoint="/*r"), excluded=()))
    judge(watch, {"used": {ROOT: 0.95, VAR: 0.95, RUN: 0.95}})
    assert firing(watch) == {VAR}
    watch = Watch(replace(RULE, excluded=(("mountpoint", frozenset({"/*r", "/[ab]?"})),)))
    odd = labels(fstype="ext4", mountpoint="/ab")
    judge(watch, {"used": {ROOT: 0.95, VAR: 0.95, odd: 0.95}})
    assert firing(watch) == {ROOT, odd}


def test_what_was_decided_about_series_that_are_gone_is_forgotten() -> None:
    selection = Selection(replace(RULE, match=labels(fstype="ext4")))
    for number in range(1000):
        selection.values({"used": {labels(fstype="ext4", n=str(number)): 0.1}}, 0.0, 0.0)
    assert len(selection._watched) <= 70


def test_of_divides_by_the_same_labels_or_by_the_whole() -> None:
    watch = Watch(replace(RULE, of="size"))
    used = {ROOT: 95.0, VAR: 95.0}
    judge(watch, {"used": used, "size": {ROOT: 100.0, VAR: 1000.0}})
    assert firing(watch) == {ROOT}
    watch = Watch(replace(RULE, of="size"))
    judge(watch, {"used": used, "size": {(): 100.0}})
    assert firing(watch) == {ROOT, VAR}


def test_of_something_unknown_or_nothing_is_not_judged() -> None:
    for size in ({}, {"size": {VAR: 1.0}}, {"size": {ROOT: 0.0}}, {"size": {ROOT: nan}}):
        watch = Watch(replace(RULE, of="size"))
        assert judge(watch, {"used": {ROOT: 95.0}} | size) == ([], Change.NONE)


def test_bounds_are_looked_up_by_the_same_labels() -> None:
    bound = Bound("avail", Op.LT, 5.0, 5.0)
    watch = Watch(replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, bounds=(bound,)),)))
    used = {ROOT: 0.95, VAR: 0.95, RUN: 0.95}
    judge(watch, {"used": used, "avail": {ROOT: 4.0, VAR: 6.0}})
    # Of /run nothing is known, and that must not silence it.
    assert firing(watch) == {ROOT, RUN}


def test_averages_of_series_that_are_gone_are_forgotten() -> None:
    rule = replace(RULE, measure="average", over=60.0)
    averages = create(rule, Surroundings((rule,)))
    assert isinstance(averages, Measured)
    for number in range(200):
        averages.values({"used": {labels(n=str(number)): 0.1}}, 0.0, float(number))
    assert len(averages) <= SPARE_MEASURES + 2
    kept = len(averages)
    averages.values({}, 0.0, 201.0)
    assert len(averages) == kept


def test_average_then_share() -> None:
    watch = Watch(replace(RULE, measure="total", over=60.0, of="size"))
    for second in range(50):
        judge(watch, {"used": {(): 2.0}, "size": {(): 100.0}}, float(second))
        assert bool(watch.alerts) is (2.0 * second > 90.0)


def inherited(state: State = State.FIRING) -> Alert:
    events: list[AlertEvent] = []
    watch = Watch(replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, 60.0),)))
    watch.judge({"used": {ROOT: 0.95}}, 0.0, 0.0, events)
    if state is not State.PENDING:
        watch.judge({"used": {ROOT: 0.95}}, 60.0, 60.0, events)
    if state is State.RESOLVED:
        watch.judge({"used": {ROOT: 0.1}}, 61.0, 61.0, events)
    return watch.alerts[ROOT]


def test_take_over_goes_on() -> None:
    for state in (State.PENDING, State.FIRING, State.RESOLVED):
        watch = Watch(replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, 60.0),)))
        assert watch.take_over(inherited(state), 62.0) is None
        assert watch.alerts[ROOT].state is state


def test_take_over_waits_for_the_first_figure_only() -> None:
    rule = replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, 120.0),))
    watch = Watch(rule)
    watch.take_over(inherited(State.PENDING), 10.0)
    assert judge(watch, {}, 20.0) == ([], Change.NONE)
    assert judge(watch, {"used": {VAR: 0.95}}, 20.0)[0] == [("pending", VAR)]
    assert judge(watch, {"used": {ROOT: 0.95}}, 21.0)[0] == [("inactive", VAR)]
    assert judge(watch, {}, 22.0)[0] == [("inactive", ROOT)]


def test_take_over_of_what_is_long_over_is_told() -> None:
    watch = Watch(replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, 60.0),)))
    event = watch.take_over(inherited(State.PENDING), 10_000.0)
    assert event is not None
    assert (event.kind, watch.alerts) == ("inactive", {})


def peers(**others: Rule) -> dict[str, Watch]:
    watches: dict[str, Watch] = {}
    for name, rule in others.items():
        watches[name] = Watch(replace(rule, name=name), None, watches)
    return watches


def asking(**fires: bool) -> Rule:
    bounds = tuple(peer_bound(name, fires=wanted) for name, wanted in fires.items())
    return replace(RULE, levels=(Level(Severity.WARNING, 0.9, 0.8, bounds=bounds),))


def test_a_rule_may_ask_that_another_fires_for_the_same_thing() -> None:
    watches = peers(Other=replace(RULE, metric="other"), Mine=asking(Other=True))
    families = {"used": {ROOT: 0.95, VAR: 0.95}, "other": {labels(mountpoint="/"): 0.95}}
    for watch in watches.values():
        judge(watch, families)
    assert firing(watches["Mine"]) == {ROOT}
    judge(watches["Other"], {"other": {labels(mountpoint="/"): 0.1}})
    assert judge(watches["Mine"], families)[0] == [("resolved", ROOT)]


def test_a_rule_may_ask_that_another_does_not_fire() -> None:
    watches = peers(Other=replace(RULE, metric="other"), Mine=asking(Other=False, Gone=False))
    families = {"used": {ROOT: 0.95, VAR: 0.95}, "other": {labels(mountpoint="/"): 0.95}}
    for watch in watches.values():
        judge(watch, families)
    assert firing(watches["Mine"]) == {VAR}


def test_a_rule_that_is_not_there_does_not_fire() -> None:
    watches = peers(Mine=asking(Gone=True))
    judge(watches["Mine"], {"used": {ROOT: 0.95}})
    assert not firing(watches["Mine"])
