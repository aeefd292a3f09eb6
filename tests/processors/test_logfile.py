from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import labels
from sysmon_tui.processors.logfile import LINES, LONGEST, MATCHES, SERIES, Cut, Families, logs_of
from sysmon_tui.processors.p2 import P2


def always() -> bool:
    return True


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize(
    "draw", [random.Random(1).random, partial(random.Random(2).expovariate, 3.0)]
)
def test_p2_is_near_the_quantile(share: float, draw: Callable[[], float]) -> None:
    estimate, values = P2(share), []
    for _ in range(20_000):
        values.append(draw())
        estimate.add(values[-1])
    exact = sorted(values)[int(share * len(values))]
    assert estimate.value == pytest.approx(exact, rel=0.03)
    assert len(estimate) == 20_000


def test_p2_of_the_paper() -> None:
    """The worked example of the paper's table I: the median of twenty observations."""
    observed = (
        0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
        34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27, 0.42, 0.09, 11.37,
    )  # fmt: skip
    estimate = P2(0.5)
    for value in observed:
        estimate.add(value)
    assert estimate.value == pytest.approx(4.44, abs=0.01)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_p2_stays_within_what_it_saw(values: list[float]) -> None:
    estimate = P2(0.95)
    for value in values:
        estimate.add(value)
    assert min(values) <= estimate.value <= max(values)


def test_p2_of_nothing() -> None:
    estimate = P2(0.5)
    estimate.add(float("nan"))
    assert estimate.value != estimate.value
    assert len(estimate) == 0


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_pieces_make_the_same_lines_as_the_whole(text: bytes, cuts: list[int]) -> None:
    cut = Cut()
    found: list[bytes] = []
    places = sorted(min(place, len(text)) for place in cuts)
    for begin, end in zip([0, *places], [*places, len(text)], strict=True):
        found += cut.lines(text[begin:end])
    assert found == text.split(b"\n")[:-1]


@pytest.mark.parametrize("size", [7, 1000, 5000, 100_000])
def test_a_huge_line_is_one_line_and_takes_no_memory(size: int) -> None:
    text = b"a\n" + b"x" * 50_000 + b"\nb\n" + b"y" * LONGEST + b"\nc\n"
    cut = Cut()
    found: list[bytes] = []
    for begin in range(0, len(text), size):
        found += cut.lines(text[begin : begin + size])
    assert [line[:1] for line in found] == [b"a", b"x", b"b", b"y", b"c"]
    assert len(found[1]) == LONGEST


PATHS = {"web": "/var/log/web"}


def told(patterns: dict[str, str], *lines: str) -> Families:
    (log,) = logs_of(PATHS, patterns, "settings.toml").values()
    assert log.take("".join(f"{line}\n" for line in lines).encode(), always)
    families: Families = {}
    log.tell(families)
    return families


def test_counts_and_labels() -> None:
    found = told(
        {"web": "error", "web.status": r" (?P<code>\d{3}) "},
        "GET 200 fine", "GET 500 error", "GET 500 again", "nothing",
    )  # fmt: skip
    assert found[LINES] == {labels(log="web"): 4.0}
    assert found[MATCHES] == {
        labels(log="web", pattern=""): 1.0,
        labels(log="web", pattern="status", code="200"): 1.0,
        labels(log="web", pattern="status", code="500"): 2.0,
    }


def test_quantiles_are_of_what_came_since() -> None:
    (log,) = logs_of(PATHS, {"web": r"took (?P<took_seconds>\S+)"}, "x").values()
    log.take(b"took 0.1\ntook 0.2\ntook 0.3\ntook long\n", always)
    families: Families = {}
    log.tell(families)
    family = families["sysmon_logfile_took_seconds"]
    assert family[labels(log="web", pattern="", quantile="0.5")] == 0.2
    assert family[labels(log="web", pattern="", quantile="0.99")] == 0.3
    families = {}
    log.tell(families)
    assert families == {
        LINES: {labels(log="web"): 4.0},
        MATCHES: {labels(log="web", pattern=""): 4.0},
    }


def test_labels_from_outside_are_few_and_clean() -> None:
    found = told({"web": r"user (?P<user>.*)"}, *(f"user \x1b[3{n}m" for n in range(200)))
    assert len(found[MATCHES]) == SERIES + 1
    assert sum(found[MATCHES].values()) == 200.0
    assert found[MATCHES][labels(log="web", pattern="", user="other")] == 150.0
    assert not any("\x1b" in value for key in found[MATCHES] for _, value in key)


def test_what_is_no_utf8_is_read_all_the_same() -> None:
    (log,) = logs_of(PATHS, {"web": "error"}, "x").values()
    log.take(b"\xff\xfe error\n", always)
    families: Families = {}
    log.tell(families)
    assert families[MATCHES] == {labels(log="web", pattern=""): 1.0}


def test_time_runs_out() -> None:
    (log,) = logs_of(PATHS, {"web": "x"}, "x").values()
    assert not log.take(b"x\nx\n", lambda: False)


def test_another_file_does_not_continue_a_line() -> None:
    (log,) = logs_of(PATHS, {"web": "^error"}, "x").values()
    log.take(b"err", always)
    log.restart()
    log.take(b"or\nerror\n", always)
    families: Families = {}
    log.tell(families)
    assert families[MATCHES] == {labels(log="web", pattern=""): 1.0}


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        ({"web": "("}, "is no pattern: missing )"),
        ({"web": "x" * 501}, "is longer than 500 characters"),
        ({"web": "(?P<log>x)"}, "has a group log. Name it otherwise"),
        ({"wbe": "x"}, "logfile.patterns.wbe: there is no log wbe. Add it to paths"),
    ],
)
def test_what_is_wrong(patterns: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        logs_of(PATHS, patterns, "settings.toml")
    assert said in str(caught.value)


def test_a_pattern_that_backtracks_is_given_up() -> None:
    (log,) = logs_of(PATHS, {"web": r"(a|aa)+$", "web.fine": "b"}, "x").values()
    assert [log.given_up] == [False]
    evil = b"a" * 2000 + b"b\n"
    assert log.take(evil * 5, always)
    assert log.given_up
    families: Families = {}
    log.tell(families)
    assert families[MATCHES] == {
        labels(log="web", pattern=""): 0.0,
        labels(log="web", pattern="fine"): 5.0,
    }
