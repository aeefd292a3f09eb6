"""Mail against a real SMTP server on this machine."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from sysmon_tui.alerts.notify.deliverer import DeliveryError, create_deliverer
from sysmon_tui.alerts.notify.email import mail_of
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.text import SafeText
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify import certificate
from tests.alerts.notify.alertmanager_server import free_port
from tests.alerts.notify.lives import alert, fires, message


class Box:
    """Takes mail, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes, bool]] = []
        self.rcpt = self.data = "250 OK"

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append((envelope.rcpt_tos, content, session.ssl is not None))
        return self.data


@contextmanager
def serving(box: Box, **given: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **given)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mail(port: int, **given: Any) -> Receiver:
    return Receiver(
        name="mail",
        kind="email",
        host="127.0.0.1",
        port=port,
        sender="mon@example.org",
        to=("a@example.org", "b@example.org"),
        **{"tls": "none", **given},
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    if certificate.OPENSSL is None:
        pytest.skip("no openssl is installed")
    cert, key = certificate.make(tmp_path_factory.mktemp("pair"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return cert, context


async def test_mail_arrives() -> None:
    box = Box()
    with serving(box) as port:
        await create_deliverer(mail(port)).deliver(message())
    ((to, content, encrypted),) = box.mails
    got = email.message_from_bytes(content, policy=policy.default)
    assert to == ["a@example.org", "b@example.org"]
    assert got["Subject"] == "WARNING FilesystemFull on web1: 93% used"
    assert got["To"] == "a@example.org, b@example.org"
    assert got["Message-ID"] == "<m1@sysmon-tui>"
    assert not encrypted
    body = got.get_content()
    assert "WARNING FilesystemFull: 93% used mountpoint=/srv (since 2023-11-14 22:12:20" in body
    assert "Look at d" in body


def test_no_name_of_others_becomes_a_header() -> None:
    evil = SafeText("x\r\nBcc: victim@example.org\r\n\r\nbody")
    sent = message(fires(replace(alert(severity=Severity.CRITICAL), summary=evil)))
    parsed = email.message_from_bytes(bytes(mail_of(sent, mail(25))), policy=policy.default)
    assert parsed["Bcc"] is None
    assert "Bcc: victim" in parsed["Subject"]
    assert parsed["X-Priority"] == "1"


async def test_starttls_is_demanded_and_used(pair: tuple[Path, ssl.SSLContext]) -> None:
    cert, context = pair
    box = Box()
    with serving(box) as port:
        with pytest.raises(DeliveryError, match="offers no STARTTLS") as caught:
            await create_deliverer(mail(port, tls="starttls")).deliver(message())
        assert caught.value.retry
    assert box.mails == []
    with serving(box, tls_context=context, require_starttls=True) as port:
        await create_deliverer(mail(port, tls="starttls", ca_file=str(cert))).deliver(message())
        with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
            await create_deliverer(mail(port, tls="starttls")).deliver(message())
        with pytest.raises(DeliveryError, match="the server says 530") as caught:
            await create_deliverer(mail(port)).deliver(message())
        assert not caught.value.retry
    assert [encrypted for _, _, encrypted in box.mails] == [True]


async def test_tls_from_the_first_byte(pair: tuple[Path, ssl.SSLContext]) -> None:
    cert, context = pair
    box = Box()
    with serving(box, ssl_context=context) as port:
        await create_deliverer(mail(port, tls="tls", ca_file=str(cert))).deliver(message())
    assert len(box.mails) == 1


async def test_it_logs_in_with_the_password_of_the_file(
    pair: tuple[Path, ssl.SSLContext], tmp_path: Path
) -> None:
    cert, context = pair
    asked = []

    def allow(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        asked.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret", handled=False)

    (tmp_path / "pw").write_text("s3cret\n")
    (tmp_path / "pw").chmod(0o600)
    given = {"tls": "starttls", "ca_file": str(cert), "user": "mon"}
    box = Box()
    with serving(
        box, tls_context=context, authenticator=allow, auth_required=True, auth_require_tls=True
    ) as port:
        receiver = mail(port, password_file=str(tmp_path / "pw"), **given)
        await create_deliverer(receiver).deliver(message())
        (tmp_path / "pw").write_text("wrong")
        with pytest.raises(DeliveryError, match="the server says 535") as caught:
            await create_deliverer(receiver).deliver(message())
    assert asked[0] == (b"mon", b"s3cret")
    assert "wrong" not in str(caught.value)
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("rcpt", "data", "retry"),
    [
        ("550 who?", "250 OK", False),
        ("450 later", "250 OK", True),
        ("250 OK", "554 spam", False),
        ("250 OK", "451 later", True),
    ],
)
async def test_what_may_pass_is_tried_again(rcpt: str, data: str, retry: bool) -> None:
    box = Box()
    box.rcpt, box.data = rcpt, data
    with serving(box) as port, pytest.raises(DeliveryError) as caught:
        await create_deliverer(mail(port)).deliver(message())
    assert caught.value.retry is retry


async def test_who_is_not_there_is_told() -> None:
    with pytest.raises(DeliveryError, match="cannot connect: Connection refused"):
        await create_deliverer(mail(free_port())).deliver(message())


async def test_a_server_that_breaks_off_is_told() -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    receiver = mail(server.sockets[0].getsockname()[1])
    with pytest.raises(DeliveryError, match=r"the server fails|cannot connect") as caught:
        await create_deliverer(receiver).deliver(message())
    assert caught.value.retry
    server.close()


async def test_one_refused_recipient_is_told_though_the_others_got_it() -> None:
    class Picky(Box):
        async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
            self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
        ) -> str:
            self.rcpt = "250 OK" if address.startswith("a@") else "550 who?"
            return await super().handle_RCPT(server, session, envelope, address, options)

    box = Picky()
    with serving(box) as port, pytest.raises(DeliveryError, match=r"b@example\.org") as caught:
        await create_deliverer(mail(port)).deliver(message())
    assert not caught.value.retry
    assert [to for to, _, _ in box.mails] == [["a@example.org"]]
