"""The webhook against a real HTTP server on this machine."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sysmon_tui.alerts.notify import http
from sysmon_tui.alerts.notify.deliverer import DeliveryError, create_deliverer
from sysmon_tui.model.alert import Severity
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify import certificate
from tests.alerts.notify.alertmanager_server import free_port
from tests.alerts.notify.lives import alert, fires, message, resolves, taken


class Server:
    """Answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.answer = b"fine"
        self.headers: dict[str, str] = {}
        self.got: list[tuple[str, Any, Any]] = []
        self.hang = asyncio.Event()
        self.hang.set()

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, await request.json(), request.headers))
        await self.hang.wait()
        return web.Response(status=self.status, body=self.answer, headers=self.headers)


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_post("/{path:.*}", server.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    server.url = f"http{'s' if context else ''}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        server.hang.set()
        await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as started:
        yield started


def hook(server: Server, **given: Any) -> Receiver:
    return Receiver(name="ops", kind="webhook", url=f"{server.url}/hook", **given)


def secret(place: Path, text: str = "s3cret\n") -> str:
    path = place / "secret"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


async def test_it_gets_what_alertmanager_would_send(server: Server) -> None:
    critical = alert(severity=Severity.CRITICAL, mountpoint="/a")
    sent = message(
        fires(critical), taken(alert(mountpoint="/c")), resolves(alert(mountpoint="/b")), firing=25
    )
    await create_deliverer(hook(server, headers={"X-Team": "ops"})).deliver(sent)
    ((path, body, headers),) = server.got
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Team"] == "ops"
    assert "Authorization" not in headers
    alerts = body.pop("alerts")
    assert body == {
        "version": "4",
        "groupKey": '{}:{alertname="FilesystemFull"}',
        "truncatedAlerts": 22,
        "status": "firing",
        "receiver": "ops",
        "groupLabels": {"alertname": "FilesystemFull"},
        "commonLabels": {"alertname": "FilesystemFull", "instance": "web1"},
        "commonAnnotations": {"summary": "93% used", "runbook": "Look at d"},
        "externalURL": "",
    }
    assert alerts[0] == {
        "status": "firing",
        "labels": {
            "alertname": "FilesystemFull",
            "severity": "critical",
            "instance": "web1",
            "mountpoint": "/a",
        },
        "annotations": {"summary": "93% used", "runbook": "Look at d"},
        "startsAt": "2023-11-14T22:13:20.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": critical.fingerprint,
    }
    assert alerts[1]["annotations"]["acknowledged_by"] == "ann"
    assert (alerts[2]["status"], alerts[2]["endsAt"]) == ("resolved", "2023-11-14T22:15:00.000Z")


async def test_secrets_come_from_files(server: Server, tmp_path: Path) -> None:
    file = secret(tmp_path)
    await create_deliverer(hook(server, token_file=file)).deliver(message())
    await create_deliverer(hook(server, user="u", password_file=file)).deliver(message())
    (tmp_path / "url").write_text(f"{server.url}/hidden")
    (tmp_path / "url").chmod(0o600)
    hidden = Receiver(name="ops", kind="webhook", url_file=str(tmp_path / "url"), user="u")
    await create_deliverer(hidden).deliver(message())
    said = [headers["Authorization"] for _, _, headers in server.got]
    assert said == ["Bearer s3cret", "Basic dTpzM2NyZXQ=", "Basic dTo="]
    assert server.got[2][0] == "/hidden"


@pytest.mark.parametrize(
    ("status", "retry"),
    [(400, False), (404, False), (408, True), (429, True), (500, True), (503, True), (302, False)],
)
async def test_what_may_pass_is_tried_again(server: Server, status: int, retry: bool) -> None:
    server.status = status
    server.answer = b"no \x1b[31m such thing\n"
    server.headers = {"Location": "file:///etc/passwd"} if status == 302 else {}
    with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
        await create_deliverer(hook(server)).deliver(message())
    assert caught.value.retry is retry
    assert str(caught.value).isprintable()
    assert len(server.got) == 1


async def test_who_is_not_there_is_told_without_the_url(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/s3cret"
    with pytest.raises(DeliveryError, match="cannot connect") as caught:
        await create_deliverer(Receiver(name="x", kind="webhook", url=url)).deliver(message())
    assert caught.value.retry
    assert "s3cret" not in str(caught.value)
    file = secret(tmp_path, "ftp://x/s3cret")
    with pytest.raises(DeliveryError, match="holds no http") as caught:
        await create_deliverer(Receiver(name="x", kind="webhook", url_file=file)).deliver(message())
    assert "s3cret" not in str(caught.value)


async def test_who_does_not_answer_is_left(server: Server) -> None:
    server.hang.clear()
    with pytest.raises(DeliveryError, match=r"no answer within 0\.1 s"):
        await http.call(hook(server), "POST", server.url, {}, deadline=0.1)


async def test_an_endless_answer_is_cut(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_LIMIT", 10)
    server.answer = b"x" * 100
    with pytest.raises(DeliveryError, match="endless"):
        await create_deliverer(hook(server)).deliver(message())


async def test_what_speaks_no_http_is_told(tmp_path: Path) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        writer.close()

    other = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    receiver = Receiver(name="x", kind="webhook", url=f"http://127.0.0.1:{port}/")
    with pytest.raises(DeliveryError, match=r"the request failed|the connection broke"):
        await create_deliverer(receiver).deliver(message())
    other.close()


async def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    await create_deliverer(hook(server)).deliver(message())
    assert len(server.got) == 1


@certificate.needed
async def test_a_certificate_must_be_known(tmp_path: Path) -> None:
    cert, key = certificate.make(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    async with serving(context) as server:
        await create_deliverer(hook(server, ca_file=str(cert))).deliver(message())
        with pytest.raises(DeliveryError, match="cannot connect"):
            await create_deliverer(hook(server)).deliver(message())
        with pytest.raises(DeliveryError, match="cannot be used"):
            await create_deliverer(hook(server, ca_file="/none")).deliver(message())
        assert len(server.got) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_takes_nothing_elsewhere(
    server: Server, tmp_path: Path, status: int
) -> None:
    async with serving() as elsewhere:
        server.status, server.headers = status, {"Location": f"{elsewhere.url}/stolen"}
        receiver = hook(server, token_file=secret(tmp_path))
        with pytest.raises(DeliveryError, match="redirects elsewhere") as caught:
            await create_deliverer(receiver).deliver(message())
        assert not caught.value.retry
        assert elsewhere.got == []
    assert len(server.got) == 1


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"),
        "cloud.example",
    ],
)
async def test_no_name_leads_to_where_clouds_hand_out_credentials(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def resolve(self: object, name: str, port: int = 0, family: int = 0) -> list[Any]:
        asked.append(name)
        found = {"hostname": name, "host": "169.254.169.254", "port": port}
        return [{**found, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    def connect(*_: object) -> None:
        raise AssertionError("it went there")

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)
    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.sock_connect", connect, raising=False)
    monkeypatch.setattr("asyncio.selector_events.BaseSelectorEventLoop.sock_connect", connect)
    receiver = Receiver(
        name="ops", kind="webhook", url=f"http://{host}/x", token_file=secret(tmp_path)
    )
    with pytest.raises(DeliveryError, match="link-local address is no receiver"):
        await create_deliverer(receiver).deliver(message())
    assert bool(asked) is (host == "cloud.example")
