"""Secrets from files nobody else can read, asked for each time: a changed one counts at once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sysmon_tui.alerts.notify.deliverer import DeliveryError

LIMIT = 16_384


def read_secret(path: str) -> str:
    """The text of the file without blanks around it. Raises `DeliveryError`, which may pass."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags)
        try:
            facts = os.fstat(descriptor)
            _check(path, facts)
            raw = os.read(descriptor, LIMIT)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DeliveryError(f"{path} cannot be read: {error.strerror}", "Check it") from None
    try:
        secret = raw.decode().strip()
    except UnicodeDecodeError:
        raise DeliveryError(f"{path} is not UTF-8", "Write it anew") from None
    if not secret:
        raise DeliveryError(f"{path} is empty", "Write the secret into it")
    return secret


def read_line(path: str) -> str:
    """A secret that goes into a header or URL: one line. Raises `DeliveryError`."""
    secret = read_secret(path)
    if not secret.isprintable():
        raise DeliveryError(f"{path} holds more than one line", "Write the secret only")
    return secret


def _check(path: str, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise DeliveryError(f"{path} is not a regular file", "Put a file there")
    if facts.st_uid not in (0, os.geteuid()):
        raise DeliveryError(f"{path} belongs to somebody else", "Take it over with chown")
    if stat.S_IMODE(facts.st_mode) & 0o077:
        raise DeliveryError(f"others can read or write {path}", f"Run chmod 600 {Path(path).name}")
