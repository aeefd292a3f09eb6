"""A session over a real SSH server that is lost: the program ends, keeps what it knows, and leaves
nothing running on the server."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.integration import sshd
from tests.integration.live import COMMAND, FIRST_DATA, environ
from tests.integration.test_endings import SOON, assert_recorded_until
from tests.pty import Pty

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs an SSH server"),
    pytest.mark.skipif(bool(sshd.why_not()), reason=sshd.why_not() or "has OpenSSH"),
]


def the_program(server: sshd.Server) -> psutil.Process:
    """What the session runs, below the server."""
    below = psutil.Process(server.process.pid).children(recursive=True)
    return next(one for one in below if "sysmon_tui" in one.cmdline())


def client_killed(term: Pty, _session: psutil.Process) -> None:
    term.signal(signal.SIGKILL)


def connection_cut(_term: Pty, session: psutil.Process) -> None:
    """The server's side of the session dies."""
    session.kill()


def terminal_closed(term: Pty, _session: psutil.Process) -> None:
    term.hang_up()


def line_dead(term: Pty, session: psutil.Process) -> None:
    """Nothing is said any longer, until the server gives up after some seconds."""
    term.signal(signal.SIGSTOP)
    session.wait(30)


@pytest.mark.parametrize(
    "ignored",
    [pytest.param(False, id="default"), pytest.param(True, id="nohup", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize(
    "lose",
    [
        client_killed,
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in (connection_cut, terminal_closed, line_dead)
        ),
    ],
)
def test_a_lost_session_ends_it(
    tmp_path: Path, lose: Callable[[Pty, psutil.Process], None], ignored: bool
) -> None:
    before = "trap '' HUP; " if ignored else ""
    with (
        sshd.sshd(tmp_path) as server,
        server.run(COMMAND, environ(tmp_path), before=before) as term,
    ):
        term.wait_for(FIRST_DATA)
        term.wait_for("q Quit")
        program = the_program(server)
        session = program.parent()
        assert session is not None
        ours = [program, *program.children(recursive=True)]
        lose(term, session)
        lost = time.monotonic()
        assert psutil.wait_procs(ours, timeout=SOON)[1] == []
        assert_recorded_until(tmp_path, lost)
