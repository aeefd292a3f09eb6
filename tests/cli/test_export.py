"""`sysmon-tui export` and `import`, one into the other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.cli import export_write, import_read
from sysmon_tui.cli.progress import by_place, by_time
from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.storage import open_past, open_store
from tests.cli.conftest import Run
from tests.storage.batches import WALL
from tests.storage.exchange.samples import machine, plain

ALL = frozenset({"cpu", "memory", "other", "import", "process"})
NOW = WALL + 1000.0
ROW = ProcessRow(7, 1.0, 1, 0, clean("sh"), "S", 0.5, 1.0, 4096, 1, 0, False)


@pytest.fixture(autouse=True)
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


def record(state: Path, batches: Iterable[Batch]) -> None:
    store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 30)
    store.append(batches)
    store.flush()
    store.close()


def kept(url: str, state: Path) -> list[Batch]:
    return list(open_past(url, state=state).read(0.0, 1e12, collectors=ALL))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    record(tmp_path / "state", machine(100))
    return tmp_path / "state"


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl", "h.om", "h.parquet"])
def test_there_and_back(run: Run, state: Path, tmp_path: Path, name: str) -> None:
    file, url = tmp_path / name, f"sqlite://{tmp_path}/there.sqlite"
    result = run("export", "--output", str(file))
    assert (result.exit_code, result.output) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    result = run("import", str(file), "--into", url)
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith(f"{file}: 1000 samples imported, 2023-11-14T22:13:20+00:00 to ")
    # OpenMetrics has no word for the collector: it is told by the metric.
    told = name != "h.om"
    assert plain(kept(url, state), collectors=told) == plain(machine(100), collectors=told)


def test_a_choice_to_stdout(run: Run, state: Path) -> None:
    result = run("export", "--metric", "node_load?", "--start", "22:13:22", "--end", "22:13:24")
    assert result.stdout.splitlines()[0] == "time,collector,metric,labels,value"
    assert [line.split(",")[:3] for line in result.stdout.splitlines()[1:]] == [
        ["1700000002", "cpu", "node_load1"],
        ["1700000003", "cpu", "node_load1"],
    ]


def test_derived_figures_and_steps(run: Run, state: Path) -> None:
    arguments = ("--metric", "sysmon_cpu_core_ratio", "--derived", "--step", "10s")
    lines = run("export", *arguments, "--range", "1h").stdout.splitlines()
    assert len(lines) == 1 + 8 * 9
    assert lines[1].startswith("1700000010,cpu,sysmon_cpu_core_ratio,")


def test_a_rate_of_the_first_reading_comes_from_the_one_before(run: Run, state: Path) -> None:
    arguments = ("--metric", "sysmon_cpu_core_ratio", "--derived", "--start", "22:13:40")
    lines = run("export", *arguments).stdout.splitlines()
    assert lines[1].startswith("1700000020,cpu,sysmon_cpu_core_ratio,")


def test_process_tables(run: Run, tmp_path: Path) -> None:
    table = ProcessTable(rows=(ROW,))
    batches = [replace(one, collector="process", processes=table) for one in machine(3)]
    record(tmp_path / "state", batches)
    file, url = tmp_path / "h.jsonl", f"sqlite://{tmp_path}/there.sqlite"
    assert run("export", "--output", str(file), "--processes").exit_code == 0
    assert file.read_text().count('"processes"') >= 1
    assert run("import", str(file), "--into", url).exit_code == 0
    ((_, found), *_) = open_past(url, state=tmp_path).processes(0.0, 1e12)
    assert [row.name for row in found.rows] == ["sh"]


class TestFiles:
    def test_nothing_is_overwritten_unasked(self, run: Run, state: Path, tmp_path: Path) -> None:
        for name in ("h.csv", "h.om"):
            file = tmp_path / name
            file.write_text("mine")
            result = run("export", "--output", str(file))
            assert result.exit_code == 1
            assert f"{file} exists. Name another file, or add --force or --resume" in result.stderr
            assert file.read_text() == "mine"
            assert run("export", "--output", str(file), "--force").exit_code == 0
            assert "node_load1" in file.read_text()
        assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []

    def test_a_place_that_cannot_be_written(self, run: Run, state: Path, tmp_path: Path) -> None:
        for name in ("h.csv", "h.om"):
            result = run("export", "--output", str(tmp_path / "no" / name))
            assert result.exit_code == 1
            assert "cannot be written: No such file or directory" in result.stderr

    def test_a_fifo_does_not_block(self, run: Run, state: Path, tmp_path: Path) -> None:
        fifo = tmp_path / "h.csv"
        os.mkfifo(fifo)
        for arguments in (("export", "--force", "--output"), ("import", "--into", "jsonl:///x")):
            assert run(*arguments, str(fifo)).exit_code == 1

    @pytest.mark.parametrize("name", ["h.csv", "h.om"])
    def test_a_link_that_somebody_put_there_is_not_followed(
        self, run: Run, state: Path, tmp_path: Path, name: str
    ) -> None:
        theirs = tmp_path / "theirs"
        theirs.write_text("theirs")
        (tmp_path / name).symlink_to(theirs)
        for asked in ((), ("--force",), *((("--resume",),) if name == "h.csv" else ())):
            result = run("export", "--output", str(tmp_path / name), *asked)
            assert result.exit_code == 1
        assert f"{tmp_path / name} is a link. Name the file it leads to" in result.stderr
        assert theirs.read_text() == "theirs"

    @pytest.mark.parametrize("name", ["h.csv", "h.om"])
    def test_a_file_of_somebody_else_is_not_written_into(
        self,
        run: Run,
        state: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
    ) -> None:
        (tmp_path / name).write_text("theirs")
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        result = run("export", "--output", str(tmp_path / name), "--force")
        assert f"{tmp_path / name} belongs to somebody else. Name another file" in result.stderr
        assert (tmp_path / name).read_text() == "theirs"

    def test_what_is_made_is_readable_to_its_owner_alone(
        self, run: Run, state: Path, tmp_path: Path
    ) -> None:
        for name in ("h.csv", "h.om"):
            assert run("export", "--output", str(tmp_path / name)).exit_code == 0
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600

    def test_a_full_disk_leaves_whole_lines(self, run: Run, state: Path) -> None:
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full")
        result = run("export", "--force", "--output", "/dev/full", "--format", "csv")
        assert result.exit_code == 1


class TestInterrupted:
    @pytest.mark.parametrize("name", ["h.csv", "h.jsonl"])
    def test_what_was_written_is_whole_and_is_gone_on_with(
        self, run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        file, whole = tmp_path / name, tmp_path / f"whole-{name}"
        assert run("export", "--output", str(whole)).exit_code == 0
        monkeypatch.setattr("sysmon_tui.cli.sink.BLOCK", 1000)
        monkeypatch.setattr(export_write, "by_time", _cut(by_time, 60))
        result = run("export", "--output", str(file))
        assert result.exit_code == 130
        assert "is whole lines; --resume goes on" in result.stderr
        part = file.read_bytes()
        assert 0 < len(part) < whole.stat().st_size
        assert whole.read_bytes().startswith(part)
        file.write_bytes(part + b'{"wall":17' if name == "h.jsonl" else part + b"17000")
        monkeypatch.setattr(export_write, "by_time", by_time)
        assert run("export", "--output", str(file), "--resume").exit_code == 0
        assert file.read_bytes() == whole.read_bytes()

    def test_other_formats_are_whole_or_not_there(
        self, run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export_write, "by_time", _cut(by_time, 60))
        assert run("export", "--output", str(tmp_path / "h.om")).exit_code == 130
        assert [path.name for path in tmp_path.iterdir() if "h.om" in path.name] == []

    def test_nothing_to_go_on_with(self, run: Run, state: Path, tmp_path: Path) -> None:
        file = tmp_path / "h.csv"
        assert run("export", "--output", str(file), "--resume").exit_code == 0
        assert len(file.read_text().splitlines()) == 1001

    def test_an_import(
        self, run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, url = tmp_path / "h.jsonl", f"sqlite://{tmp_path}/there.sqlite"
        run("export", "--output", str(file))
        monkeypatch.setattr(import_read, "FLUSH", 7)
        monkeypatch.setattr(import_read, "by_place", _cut(by_place, 60))
        result = run("import", str(file), "--into", url)
        assert result.exit_code == 130
        assert "samples imported" in result.stderr
        assert 0 < len(kept(url, state)) < 60
        monkeypatch.setattr(import_read, "by_place", by_place)
        assert run("import", str(file), "--into", url, "--resume").exit_code == 0
        assert plain(kept(url, state)) == plain(machine(100))


def _cut(real: Callable[..., Iterator[Batch]], after: int) -> Callable[..., Iterator[Batch]]:
    """Ctrl-C after so many batches."""

    def cut(*arguments: object) -> Iterator[Batch]:
        for number, one in enumerate(real(*arguments)):
            if number == after:
                raise KeyboardInterrupt
            yield one

    return cut


class TestImport:
    def test_a_history_that_is_recorded_to(self, run: Run, state: Path, tmp_path: Path) -> None:
        file = tmp_path / "h.csv"
        run("export", "--output", str(file))
        store = open_store("sqlite:", state=state, retention=1e6, quota=1 << 30)
        try:
            result = run("import", str(file))
        finally:
            store.close()
        assert result.exit_code == 1
        assert "another program records to sqlite:. End it, or import --into" in result.stderr
        assert len(kept("sqlite:", state)) == 100

    def test_what_is_older_than_the_history(self, run: Run, state: Path, tmp_path: Path) -> None:
        file = tmp_path / "h.jsonl"
        run("export", "--output", str(file))
        result = run("import", str(file))
        assert result.exit_code == 1
        assert "the history goes on to 2023-11-14T22:14:59" in result.stderr
        assert f"{file}: nothing imported" in result.stderr
        assert run("import", str(file), "--resume").exit_code == 0
        assert len(kept("sqlite:", state)) == 100

    def test_newer_history_is_added(self, run: Run, state: Path, tmp_path: Path) -> None:
        record(tmp_path / "other", machine(20, begin=500.0))
        file = tmp_path / "h.jsonl"
        run("export", "--output", str(file), "--state-dir", str(tmp_path / "other"))
        assert run("import", str(file)).exit_code == 0
        assert len(kept("sqlite:", state)) == 120

    def test_a_broken_line(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "h.csv"
        file.write_text("time,collector,metric,labels,value\n1700000000,cpu,g,,x\n")
        result = run("import", str(file), "--into", f"sqlite://{tmp_path}/there.sqlite")
        assert result.exit_code == 1
        assert f"{file}:2: value: is no number" in result.stderr

    def test_metrics_find_their_collectors(self, run: Run, tmp_path: Path) -> None:
        file, url = tmp_path / "h.om", f"sqlite://{tmp_path}/there.sqlite"
        file.write_text("node_memory_MemTotal_bytes 5 1700000000\nmine 1 1700000000\n# EOF\n")
        assert run("import", str(file), "--into", url).exit_code == 0
        assert {one.collector for one in kept(url, tmp_path)} == {"memory", "import"}
        assert run("query", "mine", "--at", "1700000001", "--store", url).stdout == "mine  1\n"

    def test_from_stdin(self, run: Run, tmp_path: Path) -> None:
        from click.testing import CliRunner

        from sysmon_tui.cli import main

        url = f"jsonl://{tmp_path}/there"
        text = "mine 1 1700000000\n# EOF\n"
        result = CliRunner().invoke(
            main, ["import", "-", "--format", "openmetrics", "--into", url], input=text
        )
        assert result.exit_code == 0, result.output
        assert len(kept(url, tmp_path)) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "--range", "1h", "--start", "-1h"), "--range and --start exclude each other"),
        (("export", "--force"), "--force and --resume need an --output"),
        (("export", "--output", "x.bin"), "x.bin does not say which format it is"),
        (("export", "--output", "x.json"), "x.json does not say which format it is"),
        (("export", "--processes"), "--processes goes with jsonl only"),
        (("export", "--format", "parquet"), "parquet needs an --output"),
        (("export", "--output", "x.om", "--resume"), "--resume does not go with openmetrics"),
        (("import", "x.bin"), "x.bin does not say which format it is"),
        (("import", "-", "--format", "parquet"), "parquet cannot be read from a pipe"),
    ],
)
def test_options_that_make_no_sense(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_memory_is_no_place(run: Run, tmp_path: Path) -> None:
    result = run("import", "x.csv", "--into", "memory:")
    assert result.exit_code == 1
    assert "what is imported into memory: is gone at once" in result.stderr
    result = run("import", str(tmp_path / "gone.csv"), "--into", f"jsonl://{tmp_path}/there")
    assert "gone.csv cannot be read: No such file or directory" in result.stderr


def test_progress_on_a_terminal(
    run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import click

    drawn: list[int] = []

    class Bar:
        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            drawn.append(-1)

        def update(self, parts: int) -> None:
            drawn.append(parts)

    monkeypatch.setattr(click, "progressbar", lambda **_: Bar())
    monkeypatch.setattr("sysmon_tui.cli.progress._watched", lambda: True)
    assert run("export", "--output", str(tmp_path / "h.csv")).exit_code == 0
    assert sum(drawn) == 1000 - 1
    drawn.clear()
    url = f"jsonl://{tmp_path}/there"
    assert run("import", str(tmp_path / "h.csv"), "--into", url).exit_code == 0
    assert sum(drawn) == 1000 - 1
