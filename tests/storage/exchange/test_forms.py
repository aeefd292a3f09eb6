"""The formats as other programs see them, and what is wrong with a file."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from sysmon_tui.model.errors import StoreError, SysmonError
from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.exchange import lines, sample
from sysmon_tui.storage.exchange.forms import Form, form_of, resume_point
from sysmon_tui.storage.exchange.sorter import Sorter
from tests.storage.batches import WALL
from tests.storage.exchange.samples import histories, machine, plain, read_back, written


def one(value: float = 1.0, name: str = "g", **pairs: str) -> Batch:
    return Batch(collector="cpu", wall=WALL, mono=WALL, families={name: {labels(**pairs): value}})


class TestCsv:
    def test_no_cell_is_a_formula(self) -> None:
        history = [one(-1.5, a="x"), one(inf, name="h")]
        rows = list(csv.reader(io.StringIO(written(history, Form.CSV).decode())))
        assert rows == [
            ["time", "collector", "metric", "labels", "value"],
            ["1700000000", "cpu", "g", '{a="x"}', "-1.5"],
            ["1700000000", "cpu", "h", "", "+Inf"],
        ]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("a,b\n", "file:1: is not headed as exports are. Head it time,collector,"),
            ("", "file:1: is not headed"),
            ("H1,cpu,g,\n", "file:2: has 4 cells, not 5"),
            ("Hsoon,cpu,g,,1\n", "file:2: time: is no number of seconds"),
            ("HNaN,cpu,g,,1\n", "file:2: time: is no number of seconds"),
            ("H1e300,cpu,g,,1\n", "file:2: time: is no number of seconds"),
            ("H-1,cpu,g,,1\n", "file:2: time: is no number of seconds"),
            ("H1,cpu,g,,1_0\n", "file:2: value: is no number"),
            ("H1,cpu,g,,\n", "file:2: value: is no number"),
            ("H1,CPU,g,,1\n", "file:2: collector: is no name"),
            ("H1,cpu,9g,,1\n", "file:2: metric: is no name"),
            ("H1,cpu,g,a=1,1\n", "file:2: labels: are not written"),
            ('H1,cpu,g,"{a=""1""b}",1\n', "file:2: labels: are not written"),
            ('H1,cpu,g,"{a=""1"",a=""2""}",1\n', "file:2: labels: have a name twice"),
            ('H1,cpu,g,"{__name__=""1""}",1\n', "file:2: labels: a name is no name"),
            ('H1,cpu,"g\n', "file:2: is no CSV"),
        ],
    )
    def test_what_is_wrong(self, text: str, said: str) -> None:
        head = "time,collector,metric,labels,value\n"
        content = text.replace("H", head, 1) if text.startswith("H") else text
        with pytest.raises(SysmonError) as caught:
            list(read_back(content.encode(), Form.CSV))
        assert str(caught.value).startswith(said)

    def test_samples_in_any_order_come_in_the_order_of_time(self) -> None:
        content = (
            "time,collector,metric,labels,value\n"
            "20,cpu,g,,2\n10,memory,h,,1\n10,cpu,g,,1\n20,cpu,g,,3\n10,,g,,9\n"
        )
        found = [(b.wall, b.collector, b.families) for b in read_back(content.encode(), Form.CSV)]
        assert found == [
            (10.0, "cpu", {"g": {(): 1.0}}),
            (10.0, "memory", {"h": {(): 1.0}}),
            (10.0, "other", {"g": {(): 9.0}}),
            (20.0, "cpu", {"g": {(): 3.0}}),
        ]

    def test_caps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = written(machine(3), Form.CSV)
        monkeypatch.setattr(sample, "AT_ONCE", 9)
        with pytest.raises(SysmonError, match="more than 9 samples at one moment"):
            list(read_back(content, Form.CSV))
        monkeypatch.setattr(sample, "SERIES", 5)
        with pytest.raises(SysmonError, match="file:7: more than 5 series"):
            list(read_back(content, Form.CSV))
        monkeypatch.setattr(lines, "LARGEST", 100)
        with pytest.raises(SysmonError, match="is more than 100 bytes"):
            list(read_back(content, Form.CSV))
        monkeypatch.setattr(lines, "LONGEST", 20)
        with pytest.raises(SysmonError, match="the line is longer than 20 bytes"):
            list(read_back(content, Form.CSV))

    def test_labels_are_capped(self) -> None:
        pairs = ",".join(f'a{n}=""1""' for n in range(41))
        content = f'time,collector,metric,labels,value\n1,cpu,g,"{{{pairs}}}",1\n'
        with pytest.raises(SysmonError, match="labels: more than 40"):
            list(read_back(content.encode(), Form.CSV))


class TestOpenMetrics:
    @settings(deadline=None, max_examples=60)
    @given(history=histories())
    def test_the_reference_parser_takes_it(self, history: list[Batch]) -> None:
        text = written(history, Form.OPENMETRICS).decode()
        families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        assert (
            sum(len(family.samples) for family in families)
            == text.count("\n") - text.count("# TYPE") - 1
        )

    def test_types(self) -> None:
        history = [
            one(1.0, "a_total"),
            one(-1.0, "b_total"),
            one(1.0, "c_total"),
            one(1.0, "c"),
            one(1.0, "node_vmstat_x"),
            one(nan, "g", of="a\nb"),
        ]
        text = written(history, Form.OPENMETRICS).decode()
        assert [line for line in text.splitlines() if line.startswith("#")] == [
            "# TYPE a counter",
            "# TYPE b_total unknown",
            "# TYPE c gauge",
            "# TYPE c_total unknown",
            "# TYPE g gauge",
            "# TYPE node_vmstat_x unknown",
            "# EOF",
        ]
        assert 'g{of="a\\nb"} NaN 1700000000\n' in text

    def test_what_has_no_name_there_is_left_out(self) -> None:
        assert written([one(1.0, "a b")], Form.OPENMETRICS) == b"# EOF\n"
        assert written([one(1.0, "g", **{"a-b": "x"})], Form.OPENMETRICS) == b"# EOF\n"

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
    def test_promtool_makes_blocks_of_it(self, tmp_path: Path) -> None:
        file = tmp_path / "h.om"
        file.write_bytes(written(machine(100), Form.OPENMETRICS))
        done = subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        blocks = subprocess.run(
            ["promtool", "tsdb", "list", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert " 1000 " in " ".join(blocks.stdout.split())

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("g 1 1\n", "file:1: ends without # EOF"),
            ("# EOF\ng 1 1\n", "file:2: goes on after # EOF"),
            ("g 1\n# EOF\n", "file:1: is no sample with a time"),
            ("g{a=1} 1 1\n# EOF\n", "file:1: labels: are not written"),
            ("g one 1\n# EOF\n", "file:1: value: is no number"),
            ("", "file:1: ends without # EOF"),
        ],
    )
    def test_what_is_wrong(self, text: str, said: str) -> None:
        with pytest.raises(SysmonError) as caught:
            list(read_back(text.encode(), Form.OPENMETRICS))
        assert str(caught.value).startswith(said)

    def test_an_exemplar_is_left_out(self) -> None:
        text = b'# TYPE a counter\na_total{b="c"} 3 5 # {trace="x"} 1 2\n# EOF\n'
        (found,) = read_back(text, Form.OPENMETRICS)
        assert found.families == {"a_total": {labels(b="c"): 3.0}}


class TestJsonLines:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('"mono":1000.0', '"mono":1e999', "file:1: is no line of history"),
            ('"wall":1700000000.0', '"wall":-5.0', "file:1: time: is no number"),
            ('"collector":"cpu"', '"collector":"../x"', "file:1: collector: is no name"),
            ('"node_load1"', '"node load"', "file:1: metric: is no name"),
            ("}\n", "", "file:1: is no line of history"),
            ("[[{},0.0]]", "[" * 5000, "file:1: is no line of history"),
        ],
    )
    def test_what_is_wrong(self, old: str, new: str, said: str) -> None:
        content = written(machine(1), Form.JSONL).decode()
        assert old in content
        with pytest.raises(SysmonError) as caught:
            list(read_back(content.replace(old, new).encode(), Form.JSONL))
        assert str(caught.value).startswith(said)

    def test_one_line_is_capped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sysmon_tui.storage.exchange.jsonl.AT_ONCE", 9)
        with pytest.raises(SysmonError, match="has more than 9 samples"):
            list(read_back(written(machine(1), Form.JSONL), Form.JSONL))


class TestParquet:
    def test_other_columns(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        pq.write_table(pa.table({"time": [1.0]}), sink)
        with pytest.raises(SysmonError, match="has other columns"):
            list(read_back(sink.getvalue(), Form.PARQUET))

    def test_other_types(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        texts = {"time": ["x"], "collector": ["cpu"], "metric": ["g"]}
        columns = {**texts, "labels": [1], "value": [1]}
        pq.write_table(pa.table(columns), sink)
        with pytest.raises(SysmonError, match="file:1: a value is of another type"):
            list(read_back(sink.getvalue(), Form.PARQUET))

    def test_no_parquet(self) -> None:
        with pytest.raises(SysmonError, match="is no Parquet file"):
            list(read_back(b"PAR1 it is not", Form.PARQUET))

    def test_without_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
        with pytest.raises(StoreError, match=r"Install sysmon-tui with the extra"):
            written(machine(1), Form.PARQUET)


READ = tuple(Form)


@pytest.mark.parametrize("form", READ)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_file_ends_in_anything_but_our_errors(form: Form, data: st.DataObject) -> None:
    content = bytearray(BASES[form])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 8))
        content[at : at + cut] = data.draw(st.binary(max_size=8) | st.sampled_from(BITS))
    with suppress(SysmonError):
        for found in read_back(bytes(content), form):
            plain([found])


MARKS = [bytes([mark]) for mark in b'"{}[],-\n']
BITS = [*MARKS, b"1e999", b"null", b"\xff\xfe", b"# EOF\n", b"NaN"]
SAR = (
    '{"sysstat": {"hosts": [{"statistics": [{"timestamp": {"date": "2026-11-25",'
    ' "time": "21:02:17", "utc": 1, "interval": 1}, "cpu-load": [{"cpu": "all", "usr": 67.98,'
    ' "idle": 3.45, "iowait": 1.0}], "queue": {"ldavg-1": 3.34}, "network": {"net-dev":'
    ' [{"iface": "lo", "rxkB": 1.00}]}}]}]}}'
)
BASES = {
    Form.CSV: written(machine(2), Form.CSV),
    Form.JSONL: written(machine(2), Form.JSONL),
    Form.OPENMETRICS: written(machine(2), Form.OPENMETRICS),
    Form.PARQUET: written(machine(2), Form.PARQUET),
    Form.SYSSTAT: SAR.encode(),
}


@pytest.mark.parametrize("form", [Form.CSV, Form.OPENMETRICS, Form.JSONL])
def test_broken_gzip_and_text(form: Form) -> None:
    import gzip

    content = gzip.compress(written(machine(50), form))
    with pytest.raises(SysmonError, match="is a broken gzip file"):
        list(read_back(content[:-20], form))
    with pytest.raises(SysmonError):
        list(read_back(b"\xff\xff\n", form))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", Form.CSV),
        ("a.CSV.gz", Form.CSV),
        ("/x/a.jsonl", Form.JSONL),
        ("a.om", Form.OPENMETRICS),
        ("a.json", Form.SYSSTAT),
        ("a.parquet", Form.PARQUET),
        ("a", None),
        ("-", None),
    ],
)
def test_form_of(name: str, form: Form | None) -> None:
    assert form_of(name) is form


class TestResumePoint:
    @pytest.mark.parametrize("form", [Form.CSV, Form.JSONL])
    def test_the_last_moment_is_written_anew(self, form: Form) -> None:
        content = written(machine(3), form)
        whole = written(machine(2), form)
        for torn in (content, content[:-3], content[: len(whole) + 9]):
            keep, newest = resume_point(io.BytesIO(torn), form, "file")
            if keep == len(whole):
                assert newest == WALL + 2.0
            else:
                assert (keep, newest) == (len(written(machine(1), form)), WALL + 1.0)

    @pytest.mark.parametrize("form", [Form.CSV, Form.JSONL])
    def test_nothing_yet(self, form: Form) -> None:
        assert resume_point(io.BytesIO(b""), form, "file") == (0, None)

    @pytest.mark.parametrize("form", [Form.CSV, Form.JSONL])
    def test_another_file(self, form: Form) -> None:
        with pytest.raises(SysmonError, match=r"file:1: is no"):
            resume_point(io.BytesIO(b"my diary\n"), form, "file")

    def test_another_line(self) -> None:
        content = written(machine(1), Form.CSV) + b"total,1\n"
        with pytest.raises(SysmonError, match=r"file:12: is no line of a csv export"):
            resume_point(io.BytesIO(content), Form.CSV, "file")


def test_no_room_to_sort_in(tmp_path: Path) -> None:
    import msgspec

    decoder: msgspec.msgpack.Decoder[tuple[int]] = msgspec.msgpack.Decoder(tuple[int])

    def records() -> Iterator[tuple[int]]:
        yield (1,)

    with pytest.raises(StoreError, match="there is no room to sort in"):
        list(Sorter(decoder, tmp_path / "gone").sorted(records()))
