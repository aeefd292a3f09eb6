"""`sysmon-tui rules`."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.model.alert import AlertEvent, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families, labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.storage import open_ledger, open_past, open_store
from tests.cli.conftest import Run

HOT = """
[[rules]]
name = "Hot"
metric = "node_load1"
unit = "count"
warning = { above = 5, clear = 3, for = "20s" }
critical = { above = 50 }
summary = "load is {value}"

[[rules]]
name = "CpuBusy"
enabled = false
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


class TestList:
    def test_pack_and_user_with_levels(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(HOT)
        result = run("rules", "list")
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[0].split() == ["RULE", "FROM", "LEVELS", "LOOKS", "AT"]
        told = {line.split()[0]: " ".join(line.split()[1:]) for line in lines}
        assert told["Hot"] == "user warning > 5 (3) for 20s; critical > 50 node_load1"
        assert told["CpuBusy"] == "pack switched off"
        assert told["CpuSteal"] == (
            'pack warning > 10% (5.0%) average 20m of sysmon_cpu_ratio{mode="steal"}'
        )
        assert told["FileDescriptors"].endswith("node_filefd_allocated / node_filefd_maximum")
        assert len({line.find("  pack  ") for line in lines[1:] if "  pack  " in line}) == 1

    def test_json(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(HOT)
        told = {rule["name"]: rule for rule in json.loads(run("rules", "list", "--json").stdout)}
        assert told["CpuBusy"] == {"name": "CpuBusy", "enabled": False}
        hot = told["Hot"]
        assert (hot["source"], hot["enabled"], hot["op"]) == ("user", True, ">")
        assert hot["levels"][0] == {
            "severity": "warning",
            "threshold": 5.0,
            "clear": 3.0,
            "for": 20.0,
            "and": [],
        }
        full = told["FilesystemUsed"]
        assert full["source"] == "pack"
        assert full["except"]["fstype"][0] == "erofs"
        assert full["levels"][1]["and"][1] == {
            "metric": "node_filesystem_avail_bytes",
            "op": "<",
            "threshold": 5 * 2.0**30,
            "clear": 6 * 2.0**30,
        }

    def test_what_is_broken_is_told_beside(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text('[[rules]]\nname = "Empty"\n')
        result = run("rules", "list")
        assert result.exit_code == 0
        assert f'{settings_file}:1: rule "Empty": has no level' in result.stderr


BROKEN = """\
[[rules]]
name = "Fine"
metric = "node_load1"
warning = { above = 5 }

[[rules]]
name = "Odd"
metric = "node_load1"
warning = { above = 5 }
# a comment
summary = "{vaule}"

[[rules]]
name = "Late"
metric = "node_load1"
[rules.warning]
above = 5
for = "soon"
"""


class TestCheck:
    def test_no_file_is_fine(self, run: Run, settings_file: Path) -> None:
        result = run("rules", "check")
        assert result.exit_code == 0
        assert result.stdout == (
            f"{settings_file}: does not exist; the rules of the pack are in force\n"
        )

    def test_a_right_file_is_fine(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(HOT)
        result = run("rules", "check")
        assert result.stdout == f"{settings_file}: fine, 1 rule, 1 switched off\n"
        assert result.exit_code == 0

    def test_every_problem_has_its_line(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(BROKEN)
        result = run("rules", "check", str(file))
        assert result.exit_code == 78
        odd, late = result.stdout.splitlines()
        assert odd.startswith(f'error: {file}:11: rule "Odd": summary: {{vaule}} is not known. All')
        assert late.startswith(f'error: {file}:18: rule "Late": warning.for: "soon" is no duration')

    def test_json(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(BROKEN)
        result = run("rules", "check", "--json", str(file))
        assert result.exit_code == 78
        told = json.loads(result.stdout)
        assert told["file"] == str(file)
        assert told["rules"] == ["Fine"]
        assert [(one["line"], one["field"]) for one in told["problems"]] == [
            (11, 'rule "Odd": summary'),
            (18, 'rule "Late": warning.for'),
        ]
        assert told["problems"][0]["problem"] == "{vaule} is not known"
        assert told["problems"][0]["file"] == str(file)
        assert told["problems"][0]["remedy"].startswith("Allowed are: {value}")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("a = 1\nb = ", ":2: not valid TOML: "),
            ("\nrules = 3\n", ":2: rules: is no list of tables. Head each rule [[rules]]"),
            ("a = 1\nrules = [1]\n", ":2: rules: is no list of tables"),
            ("a = " + "[" * 5000, ": is nested too deeply to be read"),
        ],
    )
    def test_a_file_of_no_use(self, run: Run, tmp_path: Path, text: str, said: str) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(text)
        result = run("rules", "check", str(file))
        assert result.exit_code == 78
        assert result.stdout.startswith(f"error: {file}{said}")

    def test_a_problem_of_the_whole_file_has_no_line(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_bytes(b" " * ((1 << 20) + 1))
        told = json.loads(run("rules", "check", "--json", str(file)).stdout)
        (problem,) = told["problems"]
        assert (problem["file"], problem["line"], problem["field"]) == (str(file), None, "")
        assert problem["problem"] == "is larger than 1048576 bytes"

    def test_a_warning_is_told_and_forgiven(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text("")
        settings_file.chmod(0o666)
        result = run("rules", "check")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            f"warning: {settings_file}: everybody may write it. chmod o-w it",
            f"{settings_file}: fine, 0 rules",
        ]


class TestExport:
    def test_to_stdout_and_to_a_file(self, run: Run, settings_file: Path, tmp_path: Path) -> None:
        settings_file.write_text(HOT)
        result = run("rules", "export")
        assert result.exit_code == 0
        assert '      - alert: "Hot"\n        expr: "node_load1 > 5"\n' in result.stdout
        file = tmp_path / "out.yml"
        assert run("rules", "export", "--output", str(file)).stdout == ""
        assert file.read_text() == result.stdout
        assert run("rules", "export", "--output", str(file)).exit_code == 0, "it is made anew"
        assert file.stat().st_mode & 0o077 & ~0o044 == 0

    def test_a_link_that_somebody_put_there_is_not_followed(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "theirs").write_text("theirs")
        (tmp_path / "out.yml").symlink_to(tmp_path / "theirs")
        result = run("rules", "export", "--output", str(tmp_path / "out.yml"))
        assert (result.exit_code, (tmp_path / "theirs").read_text()) == (1, "theirs")
        assert "out.yml is a link" in result.stderr

    def test_nothing_is_left_out_in_silence(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(
            '[[rules]]\nname = "Empty"\n[[rules]]\nname = "Odd"\nmetric = "a"\n'
            'match = { "a-b" = "c" }\nwarning = { above = 1 }\n'
        )
        result = run("rules", "export")
        assert result.exit_code == 78
        assert 'rule "Empty": has no level' in result.stderr
        assert "not exported: Odd: a-b is no name for a label there" in result.stderr
        assert "# Not exported: Odd" in result.stdout
        assert "CpuBusy" in result.stdout

    def test_a_place_that_cannot_be_written(self, run: Run, tmp_path: Path) -> None:
        result = run("rules", "export", "--output", str(tmp_path / "no" / "x.yml"))
        assert result.exit_code == 1
        assert "x.yml cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Hto", "there is no rule Hto. Did you mean Hot?"),
        ("zzzzzz", "there is no rule zzzzzz. `sysmon-tui rules list` names them"),
        ("CpuBusy", "the rule CpuBusy is switched off. Remove its `enabled = false`"),
    ],
)
@pytest.mark.parametrize("command", ["backtest", "drill"])
def test_no_such_rule(run: Run, settings_file: Path, command: str, name: str, said: str) -> None:
    settings_file.write_text(HOT)
    result = run("rules", command, name)
    assert result.exit_code == 1
    assert f"sysmon-tui: {said}\n" in result.stderr


def record(state: Path, *values: float) -> float:
    """A load every ten seconds, the last just now; when that began."""
    begin = time.time() - 10.0 * len(values)
    store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 30)
    for number, value in enumerate(values):
        at = 10.0 * number
        families: Families = {"node_load1": {(): value}}
        store.append([Batch(collector="cpu", wall=begin + at, mono=50.0 + at, families=families)])
    store.flush()
    store.close()
    return begin


LOADS = (1.0, 9.0, 9.0, 9.0, 9.0, 1.0, 7.0, 7.0, 7.0, 1.0, 1.0)


class TestBacktest:
    def test_as_it_is(self, run: Run, settings_file: Path, state: Path) -> None:
        settings_file.write_text(HOT)
        record(state, *LOADS)
        result = run("rules", "backtest", "Hot", "--since", "1h")
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[0].startswith("Hot, ")
        assert lines[0].endswith(", 1m 40s of it recorded")
        assert lines[1:] == [
            "warning > 5 (3) for 20s; critical > 50: fired 2 times, 30s in total, "
            "20s at the longest",
            "  the machine: 2x, 30s, longest 20s, warning",
            "acknowledged: 0, missed: 0",
        ]

    def test_changed_with_what_it_would_have_missed(
        self, run: Run, settings_file: Path, state: Path
    ) -> None:
        settings_file.write_text(HOT)
        begin = record(state, *LOADS)
        run("rules", "drill", "Hot", "--for", "0s")
        ledger = open_ledger("sqlite:", state=state)
        (fired,) = ledger.load()
        real = replaced(fired, labels=(), since=begin + 60.0, state=State.FIRING)
        ledger.record([AlertEvent(begin + 75.0, "acknowledged", real, clean("bob"))])
        result = run("rules", "backtest", "Hot", "--threshold", "8", "--for", "10s")
        lines = result.stdout.splitlines()
        assert lines[1:4] == [
            "as it is:  warning > 5 (3) for 20s; critical > 50: fired 2 times, 30s in total, "
            "20s at the longest",
            "changed:   warning > 8 (3) for 10s; critical > 50: fired once, 30s in total, "
            "30s at the longest",
            "  the machine: 1x, 30s, longest 30s, warning",
        ]
        assert lines[4] == "acknowledged: 1, missed: 1"
        assert lines[5].endswith(" by bob: critical the machine")
        told = json.loads(
            run("rules", "backtest", "Hot", "--threshold", "8", "--for", "10s", "--json").stdout
        )
        assert told["as_it_is"]["fired"] == 2
        assert told["changed"]["missed"] == told["changed"]["acknowledged"]
        assert told["changed"]["missed"][0]["by"] == "bob"
        assert told["changed"]["missed"][0]["until"] is None
        assert told["as_it_is"]["missed"] == []
        assert told["changed"]["series"] == [
            {"labels": {}, "fired": 1, "seconds": 30.0, "longest": 30.0, "worst": "warning"}
        ]
        assert told["rule"] == "Hot"

    def test_unchanged_json_compares_nothing(
        self, run: Run, settings_file: Path, state: Path
    ) -> None:
        settings_file.write_text(HOT)
        record(state, 1.0, 1.0)
        told = json.loads(run("rules", "backtest", "Hot", "--json").stdout)
        assert told["changed"] is None
        assert told["as_it_is"]["levels"] == "warning > 5 (3) for 20s; critical > 50"

    def test_another_level(self, run: Run, settings_file: Path, state: Path) -> None:
        settings_file.write_text(HOT)
        record(state, *LOADS)
        result = run(
            "rules", "backtest", "Hot", "--level", "critical", "--threshold", "8", "--clear", "2"
        )
        assert (
            "changed:   warning > 5 (3) for 20s; critical > 8 (2): fired 2 times" in result.stdout
        )
        assert "longest 40s, critical" in result.stdout

    def test_a_threshold_that_never_fires(self, run: Run, settings_file: Path, state: Path) -> None:
        settings_file.write_text(HOT)
        record(state, *LOADS)
        assert (
            "; critical > 50: never fired\n"
            in run("rules", "backtest", "Hot", "--threshold", "40").stdout
        )

    def test_no_more_than_ten_series_are_named(
        self, run: Run, settings_file: Path, state: Path
    ) -> None:
        settings_file.write_text('[[rules]]\nname = "Hot"\nmetric = "a"\nwarning = {above = 1}\n')
        store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 30)
        families = {"a": {labels(disk=f"sd{number}"): 2.0 for number in range(12)}}
        store.append([Batch(collector="disk", wall=time.time() - 5, mono=1.0, families=families)])
        store.close()
        lines = run("rules", "backtest", "Hot").stdout.splitlines()
        assert lines[2] == '  {disk="sd0"}: 1x, 0s, longest 0s, warning'
        assert lines[12] == "  and 2 more series"

    def test_nothing_recorded_is_an_error_and_leaves_nothing(
        self, run: Run, settings_file: Path, state: Path
    ) -> None:
        settings_file.write_text(HOT)
        result = run("rules", "backtest", "Hot", "--since", "2h")
        assert result.exit_code == 1
        assert "nothing was recorded of node_load1 in the last 2h" in result.stderr
        assert not state.exists()

    def test_history_in_memory_cannot_be_replayed(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text(HOT + '[storage]\nurl = "memory:"\n')
        result = run("rules", "backtest", "Hot")
        assert result.exit_code == 1
        assert "memory: keeps no history" in result.stderr

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            (("--for", "soon"), "'soon' is no duration. Write a duration such as"),
            (("--threshold", "many"), "'many' is no figure. Write a number"),
            (("--level", "worst"), "'worst' is not one of"),
        ],
    )
    def test_options_that_mean_nothing(self, run: Run, option: tuple[str, str], said: str) -> None:
        result = run("rules", "backtest", "CpuBusy", *option)
        assert result.exit_code == 2
        assert said in result.stderr

    def test_a_change_that_cannot_be(self, run: Run) -> None:
        result = run("rules", "backtest", "CpuBusy", "--threshold", "99%")
        assert result.exit_code == 1
        assert "critical (0.95) would be reached before warning (0.99)" in result.stderr


def replaced(alert: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(alert, fingerprint="real", **changes)


def test_reading_the_past_leaves_recording_to_others(state: Path) -> None:
    record(state, 1.0, 2.0)
    past = open_past("sqlite:", state=state)
    reading = past.read(0.0, 1e12, collectors=frozenset({"cpu"}))
    assert next(reading).families["node_load1"] == {(): 1.0}
    store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 30)
    assert store.recording
    store.close()
    assert [batch.families["node_load1"] for batch in reading] == [{(): 2.0}]
    with pytest.raises(StoreError, match="Use sqlite:"):
        open_past("memory:", state=state)


class TestDrill:
    def events(self, state: Path) -> list[AlertEvent]:
        return list(reversed(open_ledger("sqlite:", state=state).history(10)))

    def test_it_fires_and_ends(
        self, run: Run, settings_file: Path, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings_file.write_text(HOT)
        monkeypatch.setenv("SUDO_USER", "alice")
        seen: list[object] = []

        def others(seconds: float) -> None:
            ledger = open_ledger("sqlite:", state=state)
            (alert,) = ledger.load()
            seen.extend((seconds, alert.state, alert.labels, alert.severity.word))
            taken = alert.acknowledged(clean("bob"), time.time())
            ledger.record([AlertEvent(time.time(), "acknowledged", taken, clean("bob"))])

        monkeypatch.setattr("time.sleep", others)
        result = run(
            *("rules", "drill", "Hot", "--labels", " a=b , c=d", "--for", "5m"),
            *("--severity", "warning"),
        )
        assert result.exit_code == 0
        assert result.stdout == (
            "DRILL: load is 5: fires for 5m, Ctrl-C ends it\n"
            "the drill is over, acknowledged by bob\n"
        )
        assert seen == [300.0, State.FIRING, labels(a="b", c="d", drill="true"), "warning"]
        events = self.events(state)
        assert [event.kind for event in events] == ["firing", "acknowledged", "resolved"]
        assert [event.actor for event in events] == ["alice", "bob", "alice"]
        (alert,) = open_ledger("sqlite:", state=state).load()
        assert alert.state is State.RESOLVED

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it(
        self,
        run: Run,
        settings_file: Path,
        state: Path,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
    ) -> None:
        settings_file.write_text(HOT)
        monkeypatch.setattr("time.sleep", lambda _seconds: os.kill(os.getpid(), number))
        result = run("rules", "drill", "Hot")
        assert result.exit_code == 128 + number
        assert [event.kind for event in self.events(state)] == ["firing", "resolved"]

    def test_the_actor_without_sudo_and_without_a_name(
        self, run: Run, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nameless() -> str:
            raise KeyError

        named: Callable[[], str] = lambda: "carol"  # noqa: E731 - two of a kind
        monkeypatch.delenv("SUDO_USER", raising=False)
        for login in (named, nameless):
            monkeypatch.setattr("getpass.getuser", login)
            assert run("rules", "drill", "Load1", "--for", "0s").exit_code == 0
        assert [event.actor for event in self.events(state)] == [
            *("carol", "carol"),
            *(str(os.getuid()),) * 2,
        ]

    @pytest.mark.parametrize("pairs", ["a", "1a=b", "a=b,=c"])
    def test_labels_that_are_none(self, run: Run, state: Path, pairs: str) -> None:
        result = run("rules", "drill", "Load1", "--labels", pairs)
        assert result.exit_code == 2
        assert "is no label. Write NAME=VALUE,NAME=VALUE" in result.stderr
        assert not state.exists()

    def test_in_memory_nobody_would_see_it(self, run: Run, settings_file: Path) -> None:
        settings_file.write_text('[storage]\nurl = "memory:"\n')
        result = run("rules", "drill", "Load1")
        assert result.exit_code == 1
        assert "no other program would see a drill. Set storage.url" in result.stderr
