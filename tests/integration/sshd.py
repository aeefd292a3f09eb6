"""A throw-away SSH server on this machine, with keys of its own, and a client for it.

with sshd(tmp_path) as server:
    with server.run(["sysmon-tui"], environ(home)) as term:
        ...
"""

from __future__ import annotations

import getpass
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.alerts.notify.alertmanager_server import free_port
from tests.pty import Pty

SERVER = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
SEPARATION = Path("/run/sshd")
"""Root's sshd wants it; only where it may be made can the server run as root."""


def why_not() -> str:
    """What is missing for a server, if anything."""
    missing = [name for name in ("ssh", "ssh-keygen") if shutil.which(name) is None]
    if SERVER is None or missing:
        return f"needs OpenSSH: {', '.join([*missing, *(['sshd'] if SERVER is None else [])])}"
    try:
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        return f"{SEPARATION}: {error.strerror}"
    return ""


class Server:
    def __init__(self, place: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self._place = place
        self.port = port
        self.process = process

    def run(self, argv: Sequence[str], environ: Mapping[str, str], *, before: str = "") -> Pty:
        """The client on a terminal, with the program on the other side; `before` is for the shell
        that starts it."""
        pairs = [f"{name}={value}" for name, value in environ.items() if name != "TERM"]
        words = f"{before}exec {shlex.join(['env', *pairs, *argv])}"
        options = [
            *("-F", "/dev/null", "-p", str(self.port), "-i", str(self._place / "user")),
            *("-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self._place}/known"),
            *("-o", "LogLevel=ERROR", "-o", "EscapeChar=none", "-tt"),
        ]
        client = ["ssh", *options, f"{getpass.getuser()}@127.0.0.1", words]
        return Pty(client, columns=120, rows=40)


@contextmanager
def sshd(place: Path) -> Iterator[Server]:
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True
        )
    shutil.copy(place / "user.pub", place / "authorized_keys")
    port = free_port()
    (place / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nPidFile none\n"
        f"AuthorizedKeysFile {place}/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\n"
        "ClientAliveInterval 1\nClientAliveCountMax 1\n"
    )
    assert SERVER is not None
    with (place / "sshd.log").open("wb") as log:
        process = subprocess.Popen(
            [SERVER, "-D", "-e", "-f", str(place / "sshd_config")], stderr=log
        )
    try:
        _wait_for(port, process, place / "sshd.log")
        yield Server(place, port, process)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10.0
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
