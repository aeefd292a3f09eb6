"""`sysmon-tui`: the live screen over this machine, and its orderly end."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from sysmon_tui.model.errors import StoreError
from sysmon_tui.monitor.actor import actor, login_name
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.desk import open_desk
from sysmon_tui.monitor.footprint import settle, share_heap
from sysmon_tui.monitor.visit import visit as begin_visit
from sysmon_tui.security.secret import Secret
from sysmon_tui.settings import current
from sysmon_tui.settings import schema as settings_schema
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.fields import AT_START
from sysmon_tui.settings.store import Loaded
from sysmon_tui.settings.watch import Watch
from sysmon_tui.ui.app import SysmonApp
from sysmon_tui.ui.crash import write_report
from sysmon_tui.ui.driver import driver_class
from sysmon_tui.ui.lock import NO_LOCK, Lock
from sysmon_tui.ui.look import Edit, look
from sysmon_tui.ui.terminal import Terminal, inspect_terminal, make_printable
from sysmon_tui.ui.tty import forget_if_gone

if TYPE_CHECKING:
    from sysmon_tui.security.vault import Vault


class Edits:
    """Edits of the settings file, asked for now and then; blocks while it reads."""

    def __init__(self, loaded: Loaded, terminal: Terminal) -> None:
        self._watch = Watch(loaded.path, loaded.stamp)
        self._terminal = terminal

    def __call__(self) -> Edit | None:
        """The newest edit, taken over as the current settings where it can be used."""
        if not self._watch.changed():
            return None
        before = current.settings()
        problems = current.reload()
        after = current.settings()
        if problems and after == before:
            return Edit(f"{problems[0]}. The old settings stay in force")
        later = [
            section for section in AT_START if getattr(before, section) != getattr(after, section)
        ]
        message = f"{', '.join(later)}: in force after a restart" if later else "reloaded"
        return Edit(message, look(after.screen, self._terminal))


def lock_of(lock: settings_schema.Lock, dirs: Dirs, place: str) -> Lock:
    """Tries in vain count for `place`, where the keyboard is."""

    def check(password: Secret[str]) -> bool:
        from sysmon_tui.security.users import Users

        return Users(dirs.config, dirs.state).check(lock.user, password, place, time.time())

    return Lock(lock.user, lock.minutes * 60.0, check, time.monotonic) if lock.user else NO_LOCK


def run(loaded: Loaded, dirs: Dirs, vault: Vault | None = None) -> int:
    """Show this machine until the user leaves; the exit status of the program.

    Raises `Unfit` where there is no terminal to show it on.
    """
    settings = loaded.settings
    terminal = inspect_terminal(os.environ, sys.stdin, sys.stdout, sys.stderr)
    terminal.require_screen()
    make_printable(sys.stdout, sys.stderr)
    terminals = [fd for fd in (1, 2) if os.isatty(fd)]
    share_heap()
    monitor = assemble(settings, dirs, problems=map(str, loaded.problems), vault=vault)
    start = look(settings.screen, terminal)
    visit = begin_visit(monitor, settings, dirs)
    app = SysmonApp(
        monitor,
        start,
        # A few milliseconds, and the very first picture has figures in it.
        first=monitor.beat(),
        rules=monitor.rules,
        rule_tables=settings.rules,
        actor=actor(login_name(), monitor.host.remote),
        edits=Edits(loaded, terminal),
        visit=visit,
        desk=open_desk(settings, dirs, monitor.host),
        lock=lock_of(settings.lock, dirs, monitor.host.remote or "console"),
        driver_class=driver_class(settings.screen.diff, unicode=not start.glyphs.ascii),
    )
    app.report = partial(write_report, dirs.state, time.time)
    mouse = terminal.mouse if settings.screen.mouse == "auto" else settings.screen.mouse == "on"
    monitor.start()
    settle()
    try:
        app.run(mouse=mouse)
    finally:
        forget_if_gone(*terminals)
        monitor.stop()
    with suppress(StoreError):
        # What cannot be kept is only missed by the next brief.
        visit.end()
    if app.last_words:
        sys.stderr.write(f"{app.last_words}\n")
    return app.return_code or 0
