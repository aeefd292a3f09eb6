"""Mail by SMTP, encrypted as the settings demand and never less.

`EmailMessage` encodes every header, so that no name of a mount or process can add one.
"""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from sysmon_tui.alerts.notify.deliverer import DEADLINE, DeliveryError, Lookup, in_thread
from sysmon_tui.alerts.notify.http import tls_context
from sysmon_tui.alerts.notify.payload import text, title
from sysmon_tui.alerts.notify.secret import line_of
from sysmon_tui.model.message import Message
from sysmon_tui.model.text import clean
from sysmon_tui.settings.schema import Receiver

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Email:
    def __init__(self, receiver: Receiver, lookup: Lookup) -> None:
        self._receiver = receiver
        self._lookup = lookup

    async def deliver(self, message: Message) -> None:
        mail = mail_of(message, self._receiver)
        await in_thread(lambda: self._send(mail))

    def _send(self, mail: EmailMessage) -> None:
        try:
            with self._connect() as server:
                self._log_in(server)
                refused = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients) from None
        except smtplib.SMTPResponseException as error:
            said = clean(error.smtp_error, 200)
            raise DeliveryError(
                f"the server says {error.smtp_code} {said}", retry=error.smtp_code < 500
            ) from None
        except smtplib.SMTPException as error:
            raise DeliveryError(f"the server fails: {clean(str(error), 200)}") from None
        except OSError as error:
            raise DeliveryError(f"cannot connect: {clean(error.strerror or str(error))}") from None
        if refused:
            raise _refusal(refused)

    def _connect(self) -> smtplib.SMTP:
        receiver = self._receiver
        port = receiver.port or _PORTS[receiver.tls]
        if receiver.tls == "tls":
            context = tls_context(receiver.ca_file)
            return smtplib.SMTP_SSL(receiver.host, port, timeout=DEADLINE, context=context)
        server = smtplib.SMTP(receiver.host, port, timeout=DEADLINE)
        if receiver.tls == "starttls":
            try:
                server.starttls(context=tls_context(receiver.ca_file))
            except smtplib.SMTPNotSupportedError:
                server.close()
                raise DeliveryError(
                    "the server offers no STARTTLS", 'Set tls = "tls" if it listens for that'
                ) from None
            except BaseException:
                server.close()
                raise
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        receiver = self._receiver
        if receiver.user:
            password = line_of(receiver.password_file, receiver.password_secret, self._lookup)
            server.login(receiver.user, password)


def mail_of(message: Message, receiver: Receiver) -> EmailMessage:
    """Its id is the message's: one that comes twice is shown once by most programs."""
    mail = EmailMessage()
    mail["Subject"] = clean(title(message), 200)
    mail["From"] = receiver.sender
    mail["To"] = ", ".join(receiver.to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at, UTC))
    mail["Message-ID"] = f"<{message.id}@sysmon-tui>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1" if message.severity.word == "critical" else "3"
    mail.set_content(text(message))
    return mail


def _refusal(recipients: dict[str, tuple[int, bytes]]) -> DeliveryError:
    """Some may have got it; another try is worth it if any refusal may pass."""
    name, (code, said) = next(iter(recipients.items()))
    passing = any(status < 500 for status, _ in recipients.values())
    return DeliveryError(f"{clean(name, 100)} is refused: {code} {clean(said, 200)}", retry=passing)


def create(receiver: Receiver, lookup: Lookup) -> Email:
    return Email(receiver, lookup)
