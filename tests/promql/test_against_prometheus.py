"""The same samples, the same expressions, the same moments: ours against a real Prometheus."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator

import pytest

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.promql import PromqlError, evaluate, parse, render
from sysmon_tui.promql.recorded import Recorded
from tests.promql.mixin import ALERTS, END, SPAN, machines
from tests.promql.real import Prometheus, Refused, exposition, prometheus

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("promtool") is None,
    reason="prometheus is not installed",
)

STEP = 60.0
MOMENTS = (END, END - 37.5, END - 3601.001, END + 240.0, END + 300.0, END + 300.001)

# Every 15 s over the last half hour of requests: resets, a gap, a late start, an end.
_BEATS = 121

SELECTIONS = """
requests_total
requests_total{code="500"}
requests_total{code=~"5.."}
requests_total{code!~"5..",path!="/b"}
requests_total{nothing=""}
requests_total{nothing!=""}
requests_total{path=~".+"}
{__name__="odd"}
requests_total offset 10m
requests_total offset -1m
nobody
1.5
-odd
-(2 ^ 2)
-2 ^ 2
2 ^ 3 ^ 2
0x1F + 010
1 / 0
-1 / 0
0 / 0
-7 % 3
5 % 0
0 ^ -1
1e308 * 10
time()
time() - 1 > bool 0
vector(3)
scalar(alone)
scalar(odd)
timestamp(requests_total)
timestamp(requests_total offset 1m)
timestamp(-alone)
""".strip().splitlines()

_FUNCTIONS = (
    "rate irate increase delta idelta deriv avg_over_time min_over_time max_over_time"
    " sum_over_time count_over_time last_over_time stddev_over_time stdvar_over_time"
    " present_over_time changes resets"
)
OVER_TIME = [
    f"{function}({what}[{window}])"
    for function in _FUNCTIONS.split()
    for what, window in (("requests_total", "5m"), ("odd", "7m30s"), ("wild", "10m"))
]

FUNCTIONS = """
rate(requests_total[15s])
rate(requests_total[1m] offset 5m)
rate(requests_total[1m30s500ms])
predict_linear(wild[10m], 3600)
predict_linear(requests_total[20m], -60)
predict_linear(wild[10m] offset 3m, 60)
quantile_over_time(0.9, wild[10m])
quantile_over_time(-1, wild[10m])
quantile_over_time(2, wild[10m])
quantile_over_time(NaN, wild[10m])
absent(nobody)
absent(nobody{a="b",c=~"d",e="f",e="g",h=""})
absent(nobody{a!="b",a="c"})
absent(sum(nobody))
absent(alone)
absent_over_time(nobody{a="b"}[5m])
absent_over_time(alone[5m])
abs(odd)
ceil(wild)
floor(wild)
round(wild)
round(wild, 0.25)
round(odd, 0)
clamp(wild, -1, 1)
clamp(odd, 0, 5)
clamp(wild, 1, -1)
clamp_min(odd, 1)
clamp_max(odd, 1)
sqrt(wild)
ln(odd)
log2(odd)
log10(odd)
exp(odd * 1000)
sgn(odd)
label_replace(requests_total, "first", "$1x", "path", "/(.)")
label_replace(alone, "new", "${word}-$$-$2-$word_", "job", "(?P<word>.*)")
label_replace(alone, "new", "x", "job", "no match")
""".strip().splitlines()

VECTORS = """
requests_total + 1
1 - requests_total
2 < wild
wild < 2
wild == bool 2
0 <= bool wild
odd ^ -0.5
odd % 2
odd == odd
odd != odd
requests_total / requests_total
requests_total > requests_total offset 5m
requests_total >= bool requests_total offset 5m
requests_total / ignoring(code) group_left limits
requests_total / on(path) group_left limits
limits * on(path) group_right requests_total
limits < on(path) group_right requests_total
requests_total / on(path) group_left(tier) limits
limits - on(path, job) max by (path, job) (requests_total)
limits * ignoring(tier) max by (path, job) (requests_total)
requests_total and on(path) limits
requests_total unless on(path) limits{path="/a"}
limits or ignoring(tier, code) requests_total
requests_total or on() limits
alone or alone
requests_total and ignoring(path) requests_total{path="/b"}
nobody + on(path) group_left limits
1 + 2 * requests_total ^ 2 - 3
-requests_total ^ 2
requests_total > 3 < 1000
sum(requests_total)
sum by (path) (requests_total)
sum(requests_total) without (path)
avg by (nothing) (requests_total)
avg(odd)
avg(finite)
min(odd) by (kind)
max(odd)
max by (kind) (odd)
count(odd)
count without (code, path) (requests_total)
group by (path) (requests_total)
stddev(requests_total)
stdvar by (path) (requests_total)
quantile(0.3, requests_total)
quantile by (path) (1.5, requests_total)
quantile(0.5, odd)
topk(2, requests_total)
topk by (path) (1, requests_total)
bottomk(2, finite)
topk(9, odd)
topk(0, odd)
sum(nobody)
count(rate(requests_total[5m]) > 0) or vector(0)
sum by (path) (rate(requests_total{code="500"}[5m])) / sum by (path) (rate(requests_total[5m]))
""".strip().splitlines()

ERRORS = """
requests_total + on(path) limits
limits + on(path) requests_total
requests_total / on(job) group_left limits
limits / on(job) group_right requests_total
requests_total * on(path) group_left(code) limits
label_replace(requests_total, "path", "", "path", ".*")
label_replace(requests_total, "path", "same", "path", ".*")
topk(1e30, odd)
""".strip().splitlines()

UNREADABLE = """
sum(
foo[5m:1m] +
requests_total[5m]]
foo offset 5m offset 5m
rate(foo)
rate(foo[5m] offset 0s)
foo[0s]
foo[1m1h]
1 == 2
foo and 1
foo + on(a) group_left(a) foo
foo + bool 1
sum by (a) foo
foo{a="b"
foo{a=~"("}
foo{a=~"(?=b)"}
foo{a="\\q"}
"a" + 1
-"a"
foo bar
foo[5m] + 1
1 + on(a) foo
foo and on(a) group_left foo
clamp(foo)
foo{__name__="bar"}
{}
"open
5m
08x
label_replace(foo, "no-label", "", "", "")
label_replace(foo, "a", "", "", "(")
""".strip("\n").splitlines()


def _odd() -> Iterator[tuple[str, Labels, float, float]]:
    for number, value in enumerate((0.0, -3.5, 2.0, math.nan, math.inf, -math.inf, 1e-9, 7.25)):
        of = labels(kind="even" if number % 2 else "odd", number=str(number))
        for beat in range(_BEATS):
            yield "odd", of, END - 15.0 * (_BEATS - 1 - beat), value
        if math.isfinite(value):
            yield "finite", of, END, value


def _requests() -> Iterator[tuple[str, Labels, float, float]]:
    for path, code, each in (("/a", "200", 7.0), ("/a", "500", 1.0), ("/b", "200", 0.25)):
        of = labels(job="web", path=path, code=code)
        for beat in range(_BEATS):
            at = END - 15.0 * (_BEATS - 1 - beat) + 0.25
            if at > END or (code == "500" and 60 <= beat < 85) or (path == "/b" and beat < 40):
                continue
            resets = 100 if code == "200" else 31
            yield "requests_total", of, at, each * (beat % resets) + (beat % 3) * 0.1


def _others() -> Iterator[tuple[str, Labels, float, float]]:
    for path, tier in (("/a", "gold"), ("/b", "tin")):
        yield "limits", labels(job="web", path=path, tier=tier), END - 120.0, 50.0
    yield "alone", labels(job="web"), END - 60.0, 3.0
    for beat in range(_BEATS):
        at = END - 15.0 * (_BEATS - 1 - beat)
        yield "wild", labels(of="wave"), at, 4.0 * math.sin(beat / 5.0)
        yield "wild", labels(of="big"), at, 1e15 + beat * 0.5
        yield "wild", labels(of="nan"), at, math.nan if beat % 4 == 0 else float(beat)
        yield "wild", labels(of="inf"), at, math.inf if beat % 50 == 40 else float(beat)


def _samples() -> Iterator[tuple[str, Labels, float, float]]:
    yield from _odd()
    yield from _requests()
    yield from _others()
    for name, of, course in machines():
        for beat in range(int(SPAN / STEP) + 1):
            yield name, of, END - SPAN + beat * STEP, course(beat * STEP)


@pytest.fixture(scope="module")
def ours() -> Recorded:
    source = Recorded()
    for name, of, at, value in _samples():
        source.add(name, of, at, value)
    return source


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), exposition(_samples())) as server:
        yield server


def _same(ours: float, theirs: float) -> bool:
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)


def _agree(text: str, at: float, ours: Recorded, theirs: Prometheus) -> int:
    """Returns how many series there were."""
    mine, real = evaluate(parse(text), ours, at), theirs.query(text, at)
    if isinstance(mine, float) or isinstance(real, float):
        assert isinstance(mine, float)
        assert isinstance(real, float)
        assert _same(mine, real), (text, at, mine, real)
        return 1
    assert set(mine) == set(real), (text, at, mine, real)
    for key, value in mine.items():
        assert _same(value, real[key]), (text, at, key, value, real[key])
    return len(real)


@pytest.mark.parametrize("text", SELECTIONS + OVER_TIME + FUNCTIONS + VECTORS)
def test_values_are_those_of_prometheus(text: str, ours: Recorded, theirs: Prometheus) -> None:
    for at in MOMENTS:
        _agree(text, at, ours, theirs)
    _agree(render(parse(text)), END, ours, theirs)


@pytest.mark.parametrize("name", ALERTS)
def test_mixin_alerts_have_the_same_verdicts(name: str, ours: Recorded, theirs: Prometheus) -> None:
    for at in MOMENTS:
        _agree(ALERTS[name], at, ours, theirs)
    found = theirs.query(ALERTS[name], END)
    assert isinstance(found, dict)
    assert {dict(key)["instance"] for key in found} == {"ill"}


@pytest.mark.parametrize("text", ERRORS)
def test_series_that_do_not_fit_are_refused_by_both(
    text: str, ours: Recorded, theirs: Prometheus
) -> None:
    with pytest.raises(Refused):
        theirs.query(text, END)
    with pytest.raises(PromqlError) as caught:
        evaluate(parse(text), ours, END)
    assert caught.value.line == 0
    assert caught.value.remedy


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_prometheus_cannot_read_is_refused(text: str, theirs: Prometheus) -> None:
    with pytest.raises(Refused):
        theirs.query(text, END)
    with pytest.raises(PromqlError) as caught:
        parse(text)
    assert caught.value.line >= 1
    assert caught.value.remedy
