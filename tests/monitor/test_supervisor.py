"""sd_notify: the right words to the right socket, and never a failure of ours."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from sysmon_tui.monitor.supervisor import Supervisor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="AF_UNIX datagrams")


def listening(address: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    line.settimeout(5.0)
    line.bind(address)
    return line


def test_words_arrive_as_one_datagram(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with listening(path) as line:
        Supervisor({"NOTIFY_SOCKET": path}, 1).tell("READY=1", "STATUS=recording")
        assert line.recv(100) == b"READY=1\nSTATUS=recording"


@pytest.mark.skipif(sys.platform != "linux", reason="the abstract name space")
def test_an_abstract_address() -> None:
    name = f"sysmon-tui-test-{os.getpid()}"
    with listening(f"\0{name}") as line:
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}, 1).tell("STOPPING=1")
        assert line.recv(100) == b"STOPPING=1"


def test_without_a_supervisor_nothing_is_sent(tmp_path: Path) -> None:
    Supervisor({}, 1).tell("READY=1")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}, 1).tell("READY=1")


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({}, float("inf")),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, float("inf")),
        ({"WATCHDOG_USEC": "soon"}, float("inf")),
    ],
)
def test_the_watchdog_is_for_whom_it_names(environ: dict[str, str], watchdog: float) -> None:
    assert Supervisor(environ, 7).watchdog == watchdog
