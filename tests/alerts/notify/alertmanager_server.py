"""A real Alertmanager on a free port, ended by its process id."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")

needed = pytest.mark.skipif(PROGRAM is None, reason="no Alertmanager is installed")

CONFIG = """\
route: { receiver: nobody, group_wait: 1s }
receivers: [{ name: nobody }]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(place: Path) -> Iterator[str]:
    """Its URL, once it is ready."""
    place.mkdir(exist_ok=True)
    (place / "config.yml").write_text(CONFIG)
    url = f"http://127.0.0.1:{free_port()}"
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(PROGRAM),
                f"--config.file={place / 'config.yml'}",
                f"--storage.path={place / 'data'}",
                f"--web.listen-address={url.removeprefix('http://')}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        _await_ready(url, process)
        yield url
    finally:
        process.kill()
        process.wait()


def _await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "Alertmanager ended"
        try:
            with urlopen(f"{url}/-/ready", timeout=5.0) as answer:
                if answer.status == 200:
                    return
        except OSError:
            # Nobody listens yet, or it is too busy with its start to answer.
            time.sleep(0.1)
    raise AssertionError("Alertmanager is not ready after 30 s")
