"""A real Prometheus that takes remote writes, on a port and with data of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

installed = shutil.which("prometheus") is not None


@contextmanager
def prometheus(place: Path) -> Iterator[str]:
    """Its address."""
    place.mkdir(parents=True, exist_ok=True)
    config = place / "prometheus.yml"
    config.write_text("global: {}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={place / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.retention.time=100y",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/-/ready", timeout=1.0):
                return
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, "it ended"
            # Another program's readiness can only be polled for.
            time.sleep(0.1)
    raise AssertionError("it is never ready")
