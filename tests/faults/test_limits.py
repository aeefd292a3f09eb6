"""Few descriptors, little memory, no rights, several at once: it says so and goes on."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.live import COMMAND, environ

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="POSIX limits")
TICKS = ("--count", "4", "--interval", "0.2")


def start(
    home: Path, *before: str, limit: Callable[[], None] = lambda: None, history: bool = False
) -> subprocess.Popen[str]:
    options = () if history else ("--no-history",)
    # What coverage finds takes descriptors of its own, and nobody may not write it.
    variables = {name: value for name, value in environ(home).items() if not name.startswith("COV")}
    return subprocess.Popen(
        [*before, *COMMAND, *TICKS, *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=variables, preexec_fn=limit,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert len(out.splitlines()) >= 4
    return out + errors


@pytest.mark.parametrize("descriptors", [40, 24, 16])
def test_few_descriptors(tmp_path: Path, descriptors: int) -> None:
    limit = (descriptors, descriptors)
    ended(start(tmp_path, limit=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)))


def test_little_address_space(tmp_path: Path) -> None:
    limit = (512 << 20, 512 << 20)
    ended(start(tmp_path, limit=lambda: resource.setrlimit(resource.RLIMIT_AS, limit)))


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody")
def test_as_nobody(tmp_path: Path) -> None:
    nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    probe = subprocess.run([*nobody, *COMMAND, "--version"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("nobody may not run this interpreter")
    said = ended(start(tmp_path, *nobody))
    # A line a tick and not one for each process that may not be looked into.
    assert len(said.splitlines()) < 20


def test_four_at_once_share_a_history(tmp_path: Path) -> None:
    four = [start(tmp_path, history=True) for _ in range(4)]
    for process in four:
        assert "locked" not in ended(process)


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make namespaces")
def test_as_process_1_it_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    """The kernel ignores signals to process 1 that it has no disposition for."""
    command = ["unshare", "--pid", "--fork", "--kill-child", *COMMAND, "record"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environ(tmp_path)
    ) as around:
        try:
            assert around.stderr is not None
            line = ""
            while "event=recording" not in line:
                line = around.stderr.readline()
                if not line:
                    pytest.skip("no PID namespaces here")
            (inner,) = Path(f"/proc/{around.pid}/task/{around.pid}/children").read_text().split()
            os.kill(int(inner), signal.SIGTERM)
            assert around.wait(10) == 0
        finally:
            around.kill()
