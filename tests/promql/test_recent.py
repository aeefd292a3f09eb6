from __future__ import annotations

from math import nan

from sysmon_tui.model.metric import Families, Labels, labels
from sysmon_tui.promql import Recent, Recorded, evaluate, parse
from sysmon_tui.promql.ring import POINTS, Ring
from tests.promql.mixin import ALERTS, END, SPAN, machines

A, B = labels(of="a"), labels(of="b")


def beat(recent: Recent, at: float, **families: dict[Labels, float]) -> None:
    recent.feed(families, at)


def judged(text: str, recent: Recent, at: float) -> object:
    return evaluate(parse(text), recent, at)


def watching(*texts: str, external: Labels = ()) -> Recent:
    return Recent([parse(text) for text in texts], external)


def test_only_what_is_asked_for_is_kept() -> None:
    recent = watching('rate(x{of="a"}[1m])')
    for at in range(100, 140):
        beat(recent, at, x={A: 2.0 * at, B: 0.0}, y={A: 1.0})
    assert len(recent) == 40
    assert judged("rate(x[1m])", recent, 139.0) == judged('rate(x{of="a"}[1m])', recent, 139.0)
    assert judged("y", recent, 139.0) == {}


def test_live_samples_give_what_recorded_ones_give() -> None:
    texts = ("rate(x[1m])", "deriv(x[2m])", "x - x offset 30s", "max_over_time(x[1m] offset 1m)")
    recent, recorded = watching(*texts), Recorded()
    for second in range(300):
        value = float(second % 90)
        beat(recent, 1000.0 + second, x={A: value})
        recorded.add("x", A, 1000.0 + second, value)
    for text in texts:
        assert judged(text, recent, 1299.0) == evaluate(parse(text), recorded, 1299.0), text


def test_the_latest_value_needs_one_sample() -> None:
    recent = watching("x > 1")
    for at in range(1000):
        beat(recent, at, x={A: float(at)})
    assert len(recent) == 1
    assert judged("x", recent, 999.0) == {A: 999.0}
    assert judged("x", recent, 999.0 + 300.0) == {A: 999.0}
    assert judged("x", recent, 999.0 + 301.0) == {}


def test_a_series_that_is_gone_is_stale_at_once_and_then_forgotten() -> None:
    recent = watching("x", "rate(x[1m])")
    beat(recent, 0.0, x={A: 1.0, B: 1.0})
    beat(recent, 1.0, x={A: 2.0, B: 2.0})
    beat(recent, 2.0, x={A: 3.0})
    assert judged("x", recent, 2.0) == {A: 3.0}
    assert set(recent.window("x", (), 0.0, 2.0)) == {A, B}
    beat(recent, 70.0, x={A: 4.0})
    assert set(recent.window("x", (), 0.0, 70.0)) == {A}
    beat(recent, 71.0)
    assert judged("x", recent, 71.0) == {}
    beat(recent, 140.0)
    assert len(recent) == 0


def test_thousands_of_series_that_come_and_go_leave_nothing() -> None:
    recent = watching('rate(x{of!="stranger"}[1m])')
    for at in range(2000):
        beat(recent, at, x={labels(of=str(at)): 1.0, labels(of="stranger", at=str(at)): 1.0})
    assert len(recent) <= 62
    assert judged('count({__name__="x"})', recent, 1999.0) == {(): 1.0}


def test_samples_are_thinned_to_fit_and_the_newest_is_there() -> None:
    recent = watching("avg_over_time(x[6h])")
    for at in range(0, 8 * 3600, 5):
        beat(recent, at, x={A: float(at)})
    end = 8 * 3600.0 - 5.0
    assert len(recent) <= POINTS + 1
    points = recent.window("x", (), end - 6 * 3600, end)[A]
    assert points[-1] == (end, end)
    assert POINTS - 2 <= len(points) <= POINTS + 2


def test_a_short_range_is_not_thinned_for_a_long_one() -> None:
    recent = watching("rate(x[1m]) and predict_linear(x[24h], 60) > 0")
    for at in range(600):
        beat(recent, at, x={A: float(at)})
    assert len(recent.window("x", (), 540.0, 599.0)[A]) == 60
    assert len(recent.window("x", (), 0.0, 599.0)[A]) == 6


def test_a_window_beyond_all_memory_is_what_there_is() -> None:
    recent = watching("rate(x[1m])")
    for at in range(600):
        beat(recent, at, x={A: float(at)})
    assert recent.window("x", (), 0.0, 599.0)[A][0] == (539.0, 539.0)


def test_external_labels_are_asked_for_but_not_carried() -> None:
    recent = watching(
        'x{job="node",of="a"}', 'y{job="other"}', external=labels(instance="host", job="node")
    )
    own = labels(job="other")
    beat(recent, 1.0, x={A: 1.0}, y={own: 2.0, A: 3.0})
    assert judged('x{job="node",of="a"}', recent, 1.0) == {A: 1.0}
    assert judged('x{job="other"}', recent, 1.0) == {}
    assert judged('y{job="other"}', recent, 1.0) == {own: 2.0}


def test_an_empty_label_is_no_label() -> None:
    recent = watching("x + on(of) y")
    beat(recent, 1.0, x={labels(of=""): 1.0}, y={(): 2.0})
    assert judged("x + on(of) y", recent, 1.0) == {(): 3.0}


def test_a_family_nobody_read_anew_is_no_sample_until_a_minute_has_passed() -> None:
    recent = watching("count_over_time(x[10m])")
    family: Families = {"x": {A: 1.0}}
    for at in range(121):
        recent.feed(family, at)
    assert [at for at, _ in recent.window("x", (), 0.0, 120.0)[A]] == [0.0, 60.0, 120.0]


def test_time_that_runs_backwards_starts_anew() -> None:
    ring = Ring(60.0)
    for at in (100.0, 101.0, 50.0, 51.0):
        ring.add(at, at)
    assert ring.between(0.0, 200.0) == [(50.0, 50.0), (51.0, 51.0)]
    assert ring.before(50.5) == (50.0, 50.0)
    assert ring.before(49.0) is None


def test_nan_is_a_sample() -> None:
    recent = watching("x", "count_over_time(x[1m])")
    beat(recent, 1.0, x={A: nan})
    assert judged("count_over_time(x[1m])", recent, 1.0) == {A: 1.0}


def test_mixin_alerts_are_judged_from_what_flows_by() -> None:
    recent = watching(*ALERTS.values())
    for second in range(0, SPAN + 1, 30):
        families: dict[str, dict[Labels, float]] = {}
        for name, of, course in machines():
            families.setdefault(name, {})[of] = course(second)
        recent.feed(families, END - SPAN + second)
    for name, text in ALERTS.items():
        found = evaluate(parse(text), recent, END)
        assert isinstance(found, dict), name
        assert {dict(key)["instance"] for key in found} == {"ill"}, name


def test_what_cannot_matter_is_not_worked_out() -> None:
    class Asked(Recorded):
        def window(self, name: str, *_: object) -> dict[Labels, list[tuple[float, float]]]:
            raise AssertionError(name)

    assert evaluate(parse("x > 1 and rate(y[5m]) > 0"), Asked(), 0.0) == {}
    assert evaluate(parse("x > 1 unless rate(y[5m]) > 0"), Asked(), 0.0) == {}
