"""With a lock the screen asks for a password before acts, and again a while after the last."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input, Static

from sysmon_tui.model.errors import SysmonError
from sysmon_tui.security.passwords import FEWEST
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import Users, Wait
from sysmon_tui.settings import schema
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.ui.live import lock_of
from sysmon_tui.ui.lock import NO_LOCK, Lock
from tests.clock import ManualClock
from tests.ui.stage import Stage, stage


class Door:
    """A lock whose password is `open`, and the clock it goes by."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.problem: SysmonError | None = None
        self.lock = Lock("mira", 300.0, self.check, self.clock.mono)

    def check(self, password: Secret[str]) -> bool:
        if self.problem is not None:
            raise self.problem
        return password.reveal() == "open"


async def answer(shown: Stage, text: str) -> None:
    shown.app.screen.query_one(Input).value = text
    await shown.press("enter")
    while any(worker.group == "unlock" for worker in shown.app.workers):
        await shown.pilot.pause()
    await shown.pilot.pause()


def remark(shown: Stage) -> str:
    return str(shown.app.screen.query_one("#remark", Static).content)


async def test_an_act_waits_for_the_password() -> None:
    door = Door()
    async with stage(120, 40, lock=door.lock) as shown:
        await shown.press("a", "a")
        assert shown.screen == "Unlock"
        assert shown.source.taken == []
        await answer(shown, "wrong")
        assert remark(shown) == "That is not it"
        door.problem = Wait(2.0)
        await answer(shown, "open")
        assert "too many tries" in remark(shown)
        door.problem = None
        await answer(shown, "open")
        assert shown.screen == "Overview"
        assert len(shown.source.taken) == 1
        door.clock.advance(299)
        await shown.press("a")
        assert len(shown.source.taken) == 2, "an act holds it open"
        door.clock.advance(299)
        await shown.press("a")
        assert len(shown.source.taken) == 3
        door.clock.advance(301)
        await shown.press("f2")
        assert shown.screen == "Unlock"
        await shown.press("escape")
        assert shown.screen == "Overview"


async def test_the_password_is_not_on_the_screen() -> None:
    async with stage(80, 24, lock=Door().lock) as shown:
        await shown.press("f2")
        shown.app.screen.query_one(Input).value = "canary77"
        await shown.pilot.pause()
        assert "canary77" not in shown.app.export_screenshot()
        assert "Password" in shown.app.export_screenshot()


def test_the_settings_make_the_lock(tmp_path: Path) -> None:
    dirs = Dirs(tmp_path, tmp_path)
    assert lock_of(schema.Lock(), dirs, "console") is NO_LOCK
    assert not NO_LOCK.asks
    Users(tmp_path, tmp_path, iterations=FEWEST).set_password("mira", Secret("correct horse"))
    lock = lock_of(schema.Lock(user="mira", minutes=1), dirs, "console")
    assert lock.asks
    assert lock.check(Secret("correct horse"))
    assert not lock.check(Secret("battery staple"))
    lock.extend()
    assert not lock.asks
