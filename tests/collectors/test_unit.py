from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors import unit
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.unit import (
    LIST,
    RESTARTS,
    RUNNING,
    SHOW,
    STATE,
    SYSTEM,
    NoUnits,
    SystemdUnits,
    create,
    parse_restarts,
    parse_units,
    run_systemctl,
)
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.text import clean
from tests.collectors.hostile import survives

LISTED = """\
-.mount loaded active mounted Root Mount
web.service loaded active running The web server
db.service loaded failed failed Database
loop.service loaded activating auto-restart Crashes
old.service not-found inactive dead old.service
fstrim.timer loaded active waiting Discard unused blocks once a week
"""
RESTARTED = """\
Restart=no
NRestarts=0
Id=db.service

Restart=always
NRestarts=7
Id=loop.service

Restart=on-failure
NRestarts=0
Id=web.service
"""


def failed(name: str) -> Labels:
    return labels(name=name, state="failed")


class FakeSystemctl:
    def __init__(self) -> None:
        self.listed, self.restarted, self.state = LISTED, RESTARTED, "running"
        self.asked: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str]) -> bytes:
        self.asked.append(tuple(arguments))
        if tuple(arguments) == LIST:
            return self.listed.encode()
        if tuple(arguments) == SYSTEM:
            return f"SystemState={self.state}\n".encode()
        assert tuple(arguments[: len(SHOW)]) == SHOW
        blocks = self.restarted.split("\n\n")
        asked = [block for block in blocks if any(f"Id={name}" in block for name in arguments)]
        return "\n\n".join(asked).encode()

    def services_asked(self) -> list[tuple[str, ...]]:
        return [tuple(a[len(SHOW) :]) for a in self.asked if tuple(a[: len(SHOW)]) == SHOW]


@pytest.fixture
def systemctl() -> FakeSystemctl:
    return FakeSystemctl()


def test_failed_units_restarts_and_the_whole(systemctl: FakeSystemctl) -> None:
    collector = SystemdUnits(systemctl)
    reading = collector.collect()
    assert reading.families == {
        STATE: {failed("db.service"): 1.0},
        RESTARTS: {labels(name="loop.service"): 7.0, labels(name="web.service"): 0.0},
        RUNNING: {(): 1.0},
    }
    assert reading.note == ""
    assert survives(collector)
    collector.close()


def test_one_that_has_recovered_is_said_to_so_that_its_alert_ends(
    systemctl: FakeSystemctl,
) -> None:
    collector = SystemdUnits(systemctl)
    collector.collect()
    systemctl.listed = LISTED.replace("failed failed", "active running")
    assert collector.collect().families[STATE] == {failed("db.service"): 0.0}
    systemctl.listed = "web.service loaded active running x\n"
    assert collector.collect().families[STATE] == {failed("db.service"): 0.0}


def test_no_failure_is_no_series(systemctl: FakeSystemctl) -> None:
    systemctl.listed = "web.service loaded active running x\n"
    assert STATE not in SystemdUnits(systemctl).collect().families


def test_dear_questions_take_turns_and_are_asked_only_of_what_can_restart(
    systemctl: FakeSystemctl,
) -> None:
    collector = SystemdUnits(systemctl)
    for _ in range(5):
        collector.collect()
    assert systemctl.asked.count(LIST) == 5
    assert systemctl.services_asked() == [
        ("db.service", "loop.service", "web.service"),
        ("loop.service", "web.service"),
        ("loop.service", "web.service"),
    ]
    assert systemctl.asked.count(SYSTEM) == 3


def test_a_service_that_comes_back_is_asked_about_anew(systemctl: FakeSystemctl) -> None:
    collector = SystemdUnits(systemctl)
    collector.collect()
    systemctl.listed = LISTED.replace("db.service loaded failed failed Database\n", "")
    for _ in range(2):
        collector.collect()
    systemctl.listed = LISTED
    for _ in range(2):
        collector.collect()
    assert systemctl.services_asked()[-1] == ("db.service", "loop.service", "web.service")


def test_a_question_about_restarts_that_fails_leaves_the_figures_as_they_were(
    systemctl: FakeSystemctl,
) -> None:
    def ask(arguments: Sequence[str]) -> bytes:
        if tuple(arguments[: len(SHOW)]) == SHOW and len(systemctl.asked) > 4:
            raise Denied("systemctl does not answer")
        return systemctl(arguments)

    collector = SystemdUnits(ask)
    families = [collector.collect().families for _ in range(3)]
    assert families[2] == families[0]
    assert len(systemctl.services_asked()) == 1


def test_no_service_is_no_question(systemctl: FakeSystemctl) -> None:
    systemctl.listed, systemctl.state = "-.mount loaded failed failed x\n", "degraded"
    families = SystemdUnits(systemctl).collect().families
    assert systemctl.services_asked() == []
    assert families == {STATE: {failed("-.mount"): 1.0}, RUNNING: {(): 0.0}}


def test_how_many_are_reported_is_bounded(
    systemctl: FakeSystemctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit, "MOST_FAILED", 2)
    monkeypatch.setattr(unit, "MOST_RECOVERED", 1)
    collector = SystemdUnits(systemctl)
    for start in range(4):
        systemctl.listed = "".join(
            f"u{start}{number}.service loaded failed failed x\n" for number in range(4)
        )
        reading = collector.collect()
        assert "2 more" in reading.note
    states = reading.families[STATE]
    assert len(states) == 3
    assert states[failed("u30.service")] == states[failed("u31.service")] == 1.0


def test_nothing_listed_is_unsupported(systemctl: FakeSystemctl) -> None:
    systemctl.listed = "\n"
    with pytest.raises(Unsupported):
        SystemdUnits(systemctl).collect()


def test_old_versions_mark_failures_with_a_bullet() -> None:
    text = "● db.service loaded failed failed Database\n* x.service loaded failed failed\n* y\n"
    assert dict(parse_units(text.encode())) == {"db.service": "failed", "x.service": "failed"}


def test_versions_that_do_not_count_restarts_say_nothing() -> None:
    assert dict(parse_restarts(b"Id=a.service\nRestart=always\n")) == {"a.service": None}


@given(st.binary(max_size=300))
def test_survives_whatever_it_prints(text: bytes) -> None:
    units, restarts = list(parse_units(text)), list(parse_restarts(text))
    assert all(word == clean(word) for pair in units for word in pair)
    assert all(name == clean(name) for name, _ in restarts)


def program(path: Path, body: str) -> str:
    path.write_text(f"#!{sys.executable} -IS\nimport os, sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs #!")
def test_the_program_gets_its_arguments_and_a_bare_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "x")
    place = program(
        tmp_path / "systemctl",
        "print(*sys.argv[1:], sorted(os.environ), os.getcwd(), sys.stdin.read() == '')",
    )
    said = run_systemctl(place)(["$(id)", ";x"]).decode()
    assert said.startswith("$(id) ;x [")
    assert "CANARY" not in said
    assert "LC_ALL" in said
    assert said.endswith("/ True\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs #!")
def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    place = program(tmp_path / "systemctl", "sys.exit('Failed to connect to bus: \\x1b[2Jno')")
    with pytest.raises(Denied, match="Failed to connect to bus: ␛"):
        run_systemctl(place)(LIST)


@pytest.mark.skipif(sys.platform == "win32", reason="needs #!")
def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit, "DEADLINE", 0.05)
    place = program(tmp_path / "systemctl", "import time; time.sleep(60)")
    with pytest.raises(TimeoutError, match="no answer"):
        run_systemctl(place)(LIST)


@pytest.fixture
def booted(fake_roots: Roots) -> Roots:
    (fake_roots.root / "run" / "systemd" / "system").mkdir(parents=True)
    (fake_roots.proc / "1").mkdir(exist_ok=True)
    (fake_roots.proc / "1" / "comm").write_text("systemd\n")
    return fake_roots


@pytest.mark.skipif(sys.platform == "win32", reason="needs #!")
def test_a_machine_run_by_systemd_is_asked(booted: Roots, tmp_path: Path) -> None:
    place = program(
        tmp_path / "systemctl",
        "print('x.service loaded failed failed x' if 'list-units' in sys.argv else 'Id=x.service')",
    )
    collector = create(booted, (str(tmp_path / "nowhere"), place))
    assert isinstance(collector, SystemdUnits)
    assert collector.may_block
    assert collector.collect().families[STATE] == {failed("x.service"): 1.0}


def why(collector: object) -> str:
    assert isinstance(collector, NoUnits)
    assert not collector.may_block
    with pytest.raises(Unsupported) as caught:
        collector.collect()
    collector.close()
    return str(caught.value)


def test_others_are_not(booted: Roots, tmp_path: Path) -> None:
    assert "systemctl" in why(create(booted, (str(tmp_path / "nowhere"),)))
    assert "machine itself" in why(create(replace(booted, foreign=True)))
    (booted.proc / "1" / "comm").write_text("tini\n")
    assert "not run by systemd" in why(create(booted))
    (booted.proc / "1" / "comm").write_text("systemd\n")
    (booted.root / "run" / "systemd" / "system").rmdir()
    assert "not run by systemd" in why(create(booted))
