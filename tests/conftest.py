"""What every test relies on: one time zone and language, none of the developer's own settings."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

from tests.faults.examples import SAME

# What takes long on a busy machine is not wrong for that.
hypothesis.settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=SAME,
)
hypothesis.settings.load_profile("unhurried")


OTHERS = frozenset({"NO_COLOR", "COLORTERM", "SSH_CONNECTION", "SUDO_USER", "TEXTUAL_COLOR_SYSTEM"})
"""Variables of whoever runs the tests that programs of ours would heed."""
LOCALE = ("LC_", "LANG", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE")


def pytest_configure() -> None:
    """Before any module is read: what is made once for all tests of one is to be the same too."""
    for name in tuple(os.environ):
        if name in OTHERS or name.startswith(LOCALE):
            del os.environ[name]
    os.environ.update(TZ="UTC", LANG="C.UTF-8")
    time.tzset()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in the background by a shell, which all that we start would inherit.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _same_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    time.tzset()


MEASURED = {"meta", "file", "context", "line_bits", "arc", "tracer"}
"""Tables of a coverage data file."""


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Leave out what a program that was killed had half written, before it is all combined."""
    result = yield
    if not hasattr(session.config, "workerinput"):
        whole = Path(os.environ.get("COVERAGE_FILE", session.config.rootpath / ".coverage"))
        for path in whole.parent.glob(f"{whole.name}.*"):
            if not path.name.endswith("-journal") and not _measured(path):
                path.unlink()
    return result


def _measured(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            found = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
            sound = db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            return found >= MEASURED and sound
    except sqlite3.Error:
        return False
