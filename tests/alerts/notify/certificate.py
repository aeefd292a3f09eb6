"""A certificate for this machine's own address, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")
needed = pytest.mark.skipif(OPENSSL is None, reason="no openssl is installed")


def make(place: Path) -> tuple[Path, Path]:
    """Certificate and key."""
    certificate, key = place / "cert.pem", place / "key.pem"
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
