"""History in a real Prometheus, and what is done where a server fails."""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import nan
from pathlib import Path

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import SeriesKey, labels
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.storage import open_past, open_store
from sysmon_tui.storage.http import get
from sysmon_tui.storage.prometheus import PrometheusPast, PrometheusStore
from sysmon_tui.storage.remote_write import encode
from sysmon_tui.storage.sqlite_read import SESSION_GAP
from tests.storage.batches import ALL, ailing
from tests.storage.looking_back import HOUR, ZERO, at, doubled, record_minutes
from tests.storage.prometheus_server import installed, prometheus

FOREVER = (0.0, 1e11)


def test_a_write_request_is_protobuf() -> None:
    """Spelled out by hand from the specification."""
    series = (("__name__", "up"), ("a", "b" * 200))
    body = encode({series: [(1_000, 1.5), (-1, 0.0)]})
    name = b"\x0a\x0e" + b"\x0a\x08__name__" + b"\x12\x02up"
    long = b"\x0a\xce\x01" + b"\x0a\x01a" + b"\x12\xc8\x01" + b"b" * 200
    first = b"\x12\x0c\x09" + struct.pack("<d", 1.5) + b"\x10\xe8\x07"
    second = b"\x12\x14\x09" + bytes(8) + b"\x10" + b"\xff" * 9 + b"\x01"
    whole = name + long + first + second
    assert body == b"\x0a" + bytes([len(whole) & 0x7F | 0x80, len(whole) >> 7]) + whole


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not installed:
        pytest.skip("Prometheus is not installed")
    with prometheus(tmp_path_factory.mktemp("prometheus")) as address:
        yield address


@pytest.fixture
def store(server: str, request: pytest.FixtureRequest) -> PrometheusStore:
    return PrometheusStore(server, f'host "{request.node.name}"'.replace('"', ""), doubled)


def test_what_was_flushed_is_read_back(store: PrometheusStore) -> None:
    batches = [at(n, noise=n / 7, ticks=float(n)) for n in range(400)]
    ill = [
        replace(ailing(0.0, Status.DENIED, "Run as root"), wall=HOUR + 400.0, mono=2e6),
        replace(at(401.0, noise=1.0), note="Two disks hide"),
        at(402.0, noise=nan),
    ]
    store.append([*batches, *ill])
    store.flush()
    found = [plain(batch) for batch in store.read(*FOREVER, collectors=ALL)]
    assert repr(found[:400]) == repr(batches)
    assert [(batch.status, batch.note) for batch in found[400:402]] == [
        (Status.DENIED, "Run as root"),
        (Status.OK, "Two disks hide"),
    ]
    assert found[402].families["noise"][ZERO] != found[402].families["noise"][ZERO]
    some = list(store.read(HOUR + 5.0, HOUR + 20.0, collectors=ALL, step=10.0))
    assert [batch.wall for batch in some] == [HOUR + 5.0, HOUR + 10.0]
    assert list(store.read(*FOREVER, collectors=frozenset())) == []


def plain(batch: Batch) -> Batch:
    """Without what is derived, which a server has as well."""
    families = {n: f for n, f in sorted(batch.families.items()) if n not in ("twice", "rate")}
    return replace(batch, families=families)


def test_sessions_are_kept_apart(store: PrometheusStore) -> None:
    store.append([at(0.0, x=1.0), replace(at(10.0, x=2.0), mono=3.0)])
    store.flush()
    first, second = store.read(*FOREVER, collectors=ALL)
    assert second.mono - first.mono == SESSION_GAP


def test_charts(store: PrometheusStore) -> None:
    record_minutes(store, 30)
    (curve,) = store.series("noise", HOUR, HOUR + 1800.0, 30).values()
    assert list(curve.weight) == [60.0] * 30
    assert list(curve.maximum) == [500.0] * 30
    assert list(curve.last) == [float(n) for n in range(30)]
    (twice,) = store.series("twice", HOUR, HOUR + 1800.0, 3).values()
    assert list(twice.maximum) == [1000.0] * 3
    (counter,) = store.series("ticks_total", HOUR, HOUR + 1800.0, 30).values()
    assert list(counter.mean)[1:] == [2.0] * 29
    assert counter.last[-1] == 3598.0
    assert store.series("nothing", HOUR, HOUR + 60.0, 2) == {}
    core = [Matcher("core", MatchOp.EQUAL, "1")]
    assert store.series("noise", HOUR, HOUR + 60.0, 2, matchers=core) == {}


def test_moments_and_what_is_known(store: PrometheusStore) -> None:
    cpu = [at(float(n), noise=float(n)) for n in range(30)]
    store.append([*cpu, at(12.5, "disk", used=1.0)])
    store.flush()
    moment = store.moment(HOUR + 22.0)
    assert [plain(batch) for batch in moment.batches] == [
        at(12.5, "disk", used=1.0),
        cpu[21],
        cpu[22],
    ]
    assert store.known(HOUR, HOUR + 60.0) == (
        SeriesKey("noise", ZERO),
        SeriesKey("twice", ZERO),
        SeriesKey("used", ZERO),
    )
    assert list(store.processes(*FOREVER)) == []


def test_what_the_server_refuses_is_told_of_and_not_sent_again(store: PrometheusStore) -> None:
    store.append([at(10.0, x=1.0)])
    store.flush()
    store.append([replace(at(5.0, x=1.0), collector="cpu")])
    store.flush()
    assert "Prometheus refuses what is recorded: HTTP 400" in store.notice
    store.append([at(11.0, x=1.0)])
    store.close()
    assert store.notice == ""


def test_a_question_it_does_not_understand(server: str) -> None:
    with pytest.raises(StoreError, match="parse"):
        get(f"{server}/api/v1/query", {"query": "(("})


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (503, b"overloaded", "HTTP 503 overloaded"),
        (429, b"slow\x1b[2J down", "HTTP 429 slow\u241b[2J down"),
        (302, b"", "HTTP 302"),
    ],
)
def test_what_may_be_taken_another_time_is_kept(status: int, body: bytes, problem: str) -> None:
    with answering(status, body) as address:
        store = PrometheusStore(address, "a")
        store.append([at(0.0, x=1.0)])
        with pytest.raises(StoreError, match=re.escape(problem)):
            store.flush()
    with answering(204, b"") as address:
        store._base = address
        store.close()
        assert not store._waiting


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"status": "error", "error": "no"}'])
def test_an_answer_that_is_none(body: bytes) -> None:
    with answering(200, body) as address, pytest.raises(StoreError, match=r"HTTP 200|no"):
        PrometheusPast(address, "a").known(0.0, 1.0)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that says the same to everybody."""

    class Fake(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Nothing is said."""

    server = HTTPServer(("127.0.0.1", 0), Fake)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_that_is_away_keeps_what_was_appended(tmp_path: Path) -> None:
    url = "prometheus+http://127.0.0.1:9"
    store = open_store(url, state=tmp_path, retention=1.0, quota=1)
    store.append([at(0.0, x=1.0)])
    for _ in range(2):
        with pytest.raises(StoreError, match="The metrics server cannot be used"):
            store.flush()
    with pytest.raises(StoreError, match=r"Check storage\.url"):
        open_past(url, state=tmp_path).known(0.0, 1.0)


@pytest.mark.parametrize(
    "url", ["prometheus+http:", "prometheus+https://", "prometheus+http://me:secret@host"]
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="Write prometheus"):
        open_store(url, state=tmp_path, retention=1.0, quota=1)


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cramjam", None)
    store = PrometheusStore("http://127.0.0.1:9", "a")
    store.append([replace(at(0.0), families={"x": {labels(a="b"): 1.0}})])
    with pytest.raises(StoreError, match=r"Install sysmon-tui\[fleet\]"):
        store.flush()
