"""Where each backend is to keep what a contract test gives it."""

from __future__ import annotations

from pathlib import Path


def url_of(scheme: str, state: Path) -> str:
    if scheme.startswith("jsonl"):
        return f"jsonl://{state}/lines{scheme[5:]}"
    return f"{scheme}:"
