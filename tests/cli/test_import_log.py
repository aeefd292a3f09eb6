"""A log and its rotated files become a history of its own."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.cli.conftest import Run

T = 1_700_000_040


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    def lines(minutes: range) -> str:
        return "".join(f"{T + 60 * n} ERROR took 0.{n:03}\n{T + 60 * n} fine\n" for n in minutes)

    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(lines(range(20)).encode()))
    (tmp_path / "app.log.1").write_text(lines(range(20, 40)))
    (tmp_path / "app.log").write_text(lines(range(40, 60)))
    return tmp_path


def test_files_in_whatever_order_are_one_course(run: Run, logs: Path) -> None:
    names = [str(logs / name) for name in ("app.log", "app.log.1", "app.log.2.gz")]
    into = f"sqlite:///{logs}/app.sqlite"
    given = ["--pattern", "errors=ERROR", "--pattern", r"time=took (?P<took_seconds>[0-9.]+)"]
    done = run("import", *names, "--into", into, *given)
    assert done.exit_code == 0, done.output
    assert "app: " in done.stderr
    asked = 'sysmon_logfile_matches_total{pattern="errors"}'
    found = run("query", asked, "--at", str(T + 3605), "--store", into)
    assert found.output.split() == [
        'sysmon_logfile_matches_total{log="app",pattern="errors"}',
        "60",
    ]
    report = run("report", "--store", into, "--start", str(T), "--end", str(T + 3600))
    assert 'Log matches {log="app",pattern="errors"}' in report.output
    assert 'took_seconds {log="app",pattern="time",quantile="0.5"}' in report.output
    again = run("import", *names, "--into", into, *given, "--resume")
    assert "nothing imported" in again.stderr


def test_stdin_and_a_name(run: Run, logs: Path) -> None:
    (logs / "config" / "settings.toml").write_text(
        '[logfile]\npaths = { web = "/x" }\npatterns = { "web.errors" = "ERROR" }\n'
    )
    into = f"sqlite:///{logs}/app.sqlite"
    name = str(logs / "app.log")
    done = run("import", name, "--format", "log", "--log", "web", "--step", "10", "--into", into)
    assert done.exit_code == 0, done.output
    found = run("query", "sysmon_logfile_matches_total", "--at", str(T + 3605), "--store", into)
    assert found.output.split() == [
        'sysmon_logfile_matches_total{log="web",pattern="errors"}',
        "20",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("app.log", "--pattern", "errors"), "write NAME=REGEX"),
        (("app.csv", "--pattern", "a=b"), "are for log files"),
        (("app.log", "--pattern", "a=("), "is no pattern"),
        (("app.log", "-", "--format", "log"), "stdin among them"),
        (("missing.log", "app.log"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(run: Run, logs: Path, arguments: tuple[str, ...], said: str) -> None:
    paths = [str(logs / one) if one.endswith((".log", ".csv")) else one for one in arguments]
    done = run("import", *paths, "--into", f"sqlite:///{logs}/x.sqlite")
    assert done.exit_code != 0
    assert said in done.stderr


def test_a_pattern_that_takes_too_long_is_told(run: Run, logs: Path) -> None:
    (logs / "slow.log").write_text(f"{T} {'a' * 3000}!\n" * 4)
    into = f"sqlite:///{logs}/x.sqlite"
    done = run("import", str(logs / "slow.log"), "--pattern", "slow=(a|aa)+$", "--into", into)
    assert done.exit_code == 0
    assert "takes too long" in done.stderr
