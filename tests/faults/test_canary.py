"""Unique secrets are planted, everything that prints, writes or sends is used, none is found.

Where each is planted is allowed to hold it; so is the header, or the path, of the one request that
is made with it. Nothing else is: no file of ours, no output, no body, no byte on the terminal.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from click.testing import CliRunner

from sysmon_tui.cli import main
from sysmon_tui.settings import current
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.store import load
from sysmon_tui.ui.app import SysmonApp
from tests.integration.live import COMMAND, FIRST_DATA, environ, live
from tests.ui.stage import stage

PLACES = (
    "token",  # of a webhook, in the vault
    "page",  # in the URL of a webhook that is a secret itself
    "mail",  # a password of a mail server, in the vault
    "file",  # a password in a file of its own
    "header",  # of a webhook, in the settings
    "phrase",  # the password of a user
    "argv",  # an option of a process
    "userinfo",  # in a URL among the arguments of a process
    "environ",  # of a process
    "note",  # what a colleague writes about an alert
    "why",  # what a colleague writes about an incident
)
CANARIES = {name: f"canary-{name}-9c41" for name in PLACES}
SETTINGS = """\
[notify]
group_wait = 0
group_interval = 0
[[notify.to]]
name = "hook"
kind = "webhook"
url = "{url}/hook"
token_secret = "token"
headers = {{ X-Team = "{header}" }}
acknowledged = true
[[notify.to]]
name = "page"
kind = "webhook"
url_secret = "page"
[[notify.to]]
name = "basic"
kind = "webhook"
url = "{url}/basic"
user = "u"
password_file = "{file}"
[[notify.to]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = 9
from = "a@b.c"
to = ["d@e.f"]
user = "u"
password_secret = "mail"
[[notify.to]]
name = "log"
kind = "logfile"
path = "{log}"
[[rules]]
name = "Always"
metric = "sysmon_memory_used_ratio"
critical = {{ above = 0.0 }}
"""


class Receiver(BaseHTTPRequestHandler):
    """Takes every message and remembers all of it."""

    got: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers.items()), body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Says nothing."""


@contextmanager
def receiving() -> Iterator[str]:
    Receiver.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def planted_process() -> Iterator[int]:
    # Large, so that it is among those that are recorded.
    argv = ["planted", "-c", "b=b'x'*(9<<24);input()", f"--password={CANARIES['argv']}"]
    argv.append(f"https://user:{CANARIES['userinfo']}@host/x")
    variables = {**os.environ, "API_TOKEN": CANARIES["environ"]}
    process = subprocess.Popen(
        argv, executable=sys.executable, env=variables, stdin=subprocess.PIPE
    )
    try:
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def found(text: str | bytes) -> list[str]:
    """Which of the secrets are in it, as they are or as base64 has them at any offset."""
    raw = text.encode() if isinstance(text, str) else text
    return [name for name, canary in CANARIES.items() if _holds(raw, canary.encode())]


def _holds(raw: bytes, secret: bytes) -> bool:
    coded = [b64encode(b"x" * shift + secret)[4:-4] for shift in range(3)]
    return any(form in raw for form in (secret, *coded))


def litter(home: Path) -> dict[str, list[str]]:
    """Files with secrets in them, but for where they were planted; archives are looked into."""
    places = [path for path in home.rglob("*") if path.is_file()]
    left = {}
    for path in places:
        texts = [path.read_bytes()]
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as file:
                texts += map(file.read, file.namelist())
        planted = {"settings": ["header"], "password": ["file"]}.get(path.name.split(".")[0], [])
        names = [name for text in texts for name in found(text) if name not in planted]
        if names:
            left[str(path.relative_to(home))] = names
    return left


@pytest.fixture
def url() -> Iterator[str]:
    with receiving() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Path:
    (tmp_path / "config").mkdir()
    password = tmp_path / "password"
    password.write_text(CANARIES["file"])
    password.chmod(0o600)
    (tmp_path / "config" / "settings.toml").write_text(
        SETTINGS.format(
            url=url, header=CANARIES["header"], file=password, log=tmp_path / "messages.jsonl"
        )
    )
    monkeypatch.setenv("SYSMON_TUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("SYSMON_TUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(current, "_current", current._Current())
    run("config", "set-secret", "token", typed=CANARIES["token"])
    run("config", "set-secret", "page", typed=f"{url}/{CANARIES['page']}")
    run("config", "set-secret", "mail", typed=CANARIES["mail"])
    run("config", "set-password", "mira", typed=CANARIES["phrase"])
    return tmp_path


def run(*arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(main, arguments, input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40.0
    while not holds():
        assert time.monotonic() < deadline, Receiver.got
        time.sleep(0.05)


def key(home: Path) -> str:
    return (home / "config" / "key").read_text().strip()


def test_no_command_prints_one_and_no_file_holds_one(home: Path) -> None:
    said = [
        run(*line.split())
        for line in (
            "config show",
            "config show --json",
            "config check",
            "config list-secrets",
            "config rotate-key",
            "config set screen.tree true",
            "rules list",
            "rules export",
        )
    ]
    assert "token" in said[3]
    assert [found(text) for text in said] == [[]] * len(said)
    assert not any(key(home) in text for text in said)
    assert litter(home) == {}


async def test_no_screen_and_no_picture_shows_one(home: Path) -> None:
    current.install(load(Dirs(home / "config", home / "state"), {}, {}))
    async with stage(120, 40) as shown:
        for key in ("f2", "end", "escape", "f1", "escape", "3", "8"):
            await shown.press(key)
            assert found(shown.app.export_screenshot()) == []


COMMANDS = """
alerts list
alerts list --json
alerts history --json
alerts export
alerts silences --json
brief --since 1h
brief --since 1h --json
check --json
config check
doctor
export --format csv --derived
export --format jsonl --processes
export --format openmetrics
incident list --json
incident report
query sysmon_memory_used_ratio
report --format html
report --format json
report --format markdown
rules list --json
""".strip().splitlines()


def delivered(path: str) -> list[tuple[dict[str, str], bytes]]:
    return [(headers, body) for place, headers, body in tuple(Receiver.got) if place == path]


@pytest.mark.skipif(sys.platform != "linux", reason="reads arguments from /proc")
def test_a_recorder_that_delivers_lets_each_go_where_it_belongs_and_nowhere_else(
    home: Path,
) -> None:
    log = home / "log"
    with planted_process(), log.open("wb") as file:
        recorder = subprocess.Popen(
            [*COMMAND, "record"], env=environ(home), stdin=subprocess.DEVNULL, stderr=file
        )
        try:
            until(lambda: {place for place, _, _ in tuple(Receiver.got)} >= {"/hook", "/basic"})
            run("alerts", "note", f"try password={CANARIES['note']} there", "--all")
            run("alerts", "silence", "alertname=None", "--note", f"token={CANARIES['note']}")
            until(lambda: any(b"try password=***" in body for _, body in delivered("/hook")))
            until(lambda: delivered(f"/{CANARIES['page']}"))
            run("incident", "start", f"secret={CANARIES['why']}")
            assert listens(recorder.pid) == []
            limits = Path(f"/proc/{recorder.pid}/limits").read_text()
            assert re.search(r"Max core file size +0 ", limits)
            run("incident", "stop", "--note", f"it was password={CANARIES['why']}")
        finally:
            recorder.terminate()
            assert recorder.wait(30) == 0
        said = {line: run(*line.split()) for line in COMMANDS}
        capsule = str(next((home / "state" / "incidents").glob("*.zip")))
        said["replay"] = run("replay", capsule, "--report")
    # What was planted was seen, and masked.
    assert "secret=***" in said["incident list --json"]
    assert "# Incident on" in said["replay"]
    assert "Always" in said["report --format html"]
    assert {line: found(text) for line, text in said.items() if found(text)} == {}
    check_requests()
    assert found((home / "messages.jsonl").read_bytes()) == []
    assert key(home) not in "".join((*said.values(), log.read_text()))
    assert litter(home) == {}


def listens(pid: int) -> list[str]:
    """What the process waits for on the network."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            sockets.add(os.readlink(link).removeprefix("socket:[").removesuffix("]"))
    rows = [
        line.split()
        for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[9] in sockets and row[3] in ("0A", "07")]


def check_requests() -> None:
    """A body holds no secret, and a header only its own."""
    for place, headers, body in Receiver.got:
        assert found(body) == []
        assert set(json.loads(body)) == {
            *("version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels"),
            *("commonLabels", "commonAnnotations", "externalURL", "alerts"),
        }
        basic = b64encode(f"u:{CANARIES['file']}".encode()).decode()
        own = {
            "/hook": {"Authorization": f"Bearer {CANARIES['token']}", "X-Team": CANARIES["header"]},
            "/basic": {"Authorization": f"Basic {basic}"},
        }.get(place, {})
        assert {name: headers[name] for name in own} == own
        others = {name: value for name, value in headers.items() if name not in own}
        assert found(json.dumps(others)) == []
        assert found(place) in ([], ["page"])


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pty and /proc")
def test_the_terminal_and_the_state_of_a_run_with_receivers_hold_none(home: Path) -> None:
    with planted_process(), live(home) as term:
        term.wait_for(FIRST_DATA)
        term.press("2", "/")
        term.send("planted\r")
        term.wait_for(r"planted -c .* --password=\*\*\*")
        term.press("enter")
        term.wait_for("Command")
        term.press("escape")
        term.settle(0.3)
        term.press("f9")
        term.wait_for("Enter sends")
        term.press("escape")
        term.settle(0.3)
        term.press("f2")
        term.wait_for("screen.theme")
        term.send("q")
        term.wait_for("Processes 1 of")
        term.send("\x03")
        assert term.exit_status() == 0
        assert found(bytes(term.output)) == []
        assert key(home).encode() not in term.output
    assert litter(home) == {}


CRASH = """
import sys
from sysmon_tui.__main__ import main
from sysmon_tui.ui.app import SysmonApp

def fail(self, message):
    password = "canary-" + "token-9c41"
    raise RuntimeError(f"broken {len(password)}")

SysmonApp.on_tick_ready = fail
sys.argv = ["sysmon-tui"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
def test_a_crash_leaves_a_private_report_one_line_and_1(home: Path) -> None:
    from tests.pty import Pty

    assert hasattr(SysmonApp, "on_tick_ready")
    with Pty([sys.executable, "-c", CRASH], columns=120, rows=40, environ=environ(home)) as term:
        assert term.exit_status() == 1
        output = bytes(term.output)
    assert b"it failed: RuntimeError" in output
    assert found(output) == []
    (report,) = (home / "state").glob("crash-*.txt")
    assert "broken 17" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    assert litter(home) == {}
