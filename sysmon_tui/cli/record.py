"""`sysmon-tui record`: the same Monitor headless, for a server, a container or a unit."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from sysmon_tui import __version__
from sysmon_tui.cli.places import KEY, places, taken_key

if TYPE_CHECKING:
    from sysmon_tui.settings.store import Loaded

STDIN, STDERR = 0, 2
WAIT = "--wait"
_HANGUP = getattr(signal, "SIGHUP", 0)
"""Windows has none."""


@click.command("record")
@click.option(WAIT, is_flag=True, help="Stand by where another program records already.")
@click.option(
    "--log-format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How a line of the log is written: logfmt or JSON.",
)
@click.option(
    "--log-level",
    "level",
    type=click.Choice(("debug", "info", "warning", "error")),
    default="info",
    show_default=True,
    help="The least a line must matter; debug has alerts that are only pending.",
)
@places
@click.pass_context
def command(ctx: click.Context, wait: bool, form: str, level: str) -> None:
    """Record, judge and notify without a screen, until a signal says otherwise.

    One program records in a state directory: every sysmon-tui started beside this one shows its
    history and its alerts. The log goes to stderr, one line an event.

    \b
    SIGTERM           writes everything out and ends with 0
    SIGINT            the same, with 130; a second one ends it at once
    SIGHUP            starts anew with the settings as they are now, as the same process;
                      with a broken file it goes on as it was. On a terminal it ends, with 129.

    Exits with 1 where another program records already, unless --wait is given. Under systemd
    (Type=notify) it says when it is ready and feeds the watchdog; `sysmon-tui health` tells
    whether it lives.
    """
    from sysmon_tui.cli.logs import install

    install(form, level, STDERR)
    # Asked now: a terminal that has hung up is none any more.
    terminal = os.isatty(STDIN) or os.isatty(STDERR)
    number = _record(wait=wait, terminal=terminal)
    if number == _HANGUP and not terminal:
        _start_anew()
    ctx.exit(0 if number == signal.SIGTERM else 128 + number)


def _record(*, wait: bool, terminal: bool) -> int:
    """The number of the signal that ended it."""
    import gc
    import logging

    from sysmon_tui.cli.keys import vault_for
    from sysmon_tui.cli.signals import passing, release
    from sysmon_tui.cli.start import open_settings
    from sysmon_tui.monitor import pulse
    from sysmon_tui.monitor.assemble import assemble
    from sysmon_tui.monitor.clock import SystemClock
    from sysmon_tui.monitor.footprint import settle, share_heap
    from sysmon_tui.monitor.service import Service
    from sysmon_tui.monitor.supervisor import Supervisor

    share_heap()
    loaded, dirs = open_settings()
    monitor = assemble(
        loaded.settings,
        dirs,
        problems=map(str, loaded.problems),
        vault=vault_for(loaded.settings, dirs),
    )
    service = Service(
        monitor,
        SystemClock(),
        dirs.state / pulse.FILE_NAME,
        supervisor=Supervisor(os.environ, os.getpid()),
        wait=wait,
        ends=lambda number: terminal or number != _HANGUP or _may_restart(loaded),
    )
    fields = {
        "version": __version__,
        "pid": os.getpid(),
        "host": monitor.host.hostname,
        "state_dir": dirs.state,
        "store": loaded.settings.storage.url,
        "interval": f"{monitor.interval:g}",
        "rules": len(monitor.rules),
        "collectors": ",".join(monitor.collectors),
    }
    logging.getLogger(__name__).info("starting", extra={"fields": fields})
    with passing(service.signal):
        release()
        gc.collect()
        settle()
        number = service.run()
    logging.getLogger(__name__).info(
        "stopped", extra={"fields": {"signal": signal.Signals(number).name}}
    )
    return number


def _may_restart(loaded: Loaded) -> bool:
    """Whether the settings as they are now can be used."""
    import logging

    from sysmon_tui.settings.store import reload

    fresh = reload(loaded)
    if fresh.intact:
        return True
    fields = {"problem": fresh.problems[0]}
    logging.getLogger(__name__).error("settings not taken over", extra={"fields": fields})
    return False


def _start_anew() -> NoReturn:
    """The same process runs the program again: for a supervisor nothing has ended.

    A screen may have begun to record in between. That is no reason to end.
    """
    from sysmon_tui.cli.signals import hold

    words = [word for word in sys.orig_argv[1:] if word != WAIT]
    hold()
    # It looks for the key of the secrets where we found it.
    key = taken_key()
    environ = dict(os.environ) if key is None else {**os.environ, KEY: key.reveal()}
    os.execve(sys.executable, [sys.executable, *words, WAIT], environ)  # noqa: S606 (our own arguments, no shell)  # nosec B606
