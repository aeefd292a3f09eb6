"""A desktop's keyring, as the `keyring` package shows it."""

from __future__ import annotations

import sys

import pytest


class Keyring:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> Keyring:
        made = cls()
        monkeypatch.setitem(sys.modules, "keyring", made)
        return made

    def get_password(self, service: str, name: str) -> str | None:
        self._work()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self._work()
        self.kept[service, name] = password

    def _work(self) -> None:
        if self.broken:
            raise RuntimeError("no D-Bus")
