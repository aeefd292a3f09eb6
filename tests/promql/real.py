"""A real Prometheus over given samples: blocks from OpenMetrics, one server on a free port."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sysmon_tui.model.metric import Labels, SeriesKey

READY_SECONDS = 30.0


class Refused(Exception):
    """Prometheus would not work the expression out."""


class Prometheus:
    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)

    def query(self, text: str, at: float) -> dict[Labels, float] | float:
        """In the terms of `promql.evaluate`."""
        body = urlencode({"query": text, "time": f"{at:.3f}"})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/api/v1/query", body, form)
        answer = json.load(self._connection.getresponse())
        if answer["status"] != "success":
            raise Refused(answer["error"])
        return _result(answer["data"])

    def close(self) -> None:
        self._connection.close()


def _result(data: dict[str, Any]) -> dict[Labels, float] | float:
    if data["resultType"] == "scalar":
        return float(data["result"][1])
    found = {}
    for series in data["result"]:
        series["metric"].pop("__name__", None)
        found[tuple(sorted(series["metric"].items()))] = float(series["value"][1])
    assert len(found) == len(data["result"])
    return found


def exposition(samples: Iterable[tuple[str, Labels, float, float]]) -> str:
    lines: dict[str, list[str]] = {}
    for name, labels, at, value in samples:
        text = f"{SeriesKey(name, labels)} {value!r} {at:.3f}"
        lines.setdefault(name, [f"# TYPE {name} unknown"]).append(text)
    return "\n".join(line for family in lines.values() for line in family) + "\n# EOF\n"


@contextmanager
def prometheus(path: Path, openmetrics: str) -> Iterator[Prometheus]:
    (path / "samples").write_text(openmetrics)
    store = path / "store"
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", path / "samples", store],
        check=True,
        capture_output=True,
    )
    (path / "config.yml").write_text("global: {}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={path / 'config.yml'}",
            f"--storage.tsdb.path={store}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        log = []
        for line in server.stderr:
            log.append(line)
            if "Server is ready to receive web requests" in line:
                break
        else:
            raise AssertionError("prometheus did not start: " + "".join(log))
        client = Prometheus(port)
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait()
        server.stderr.close()
