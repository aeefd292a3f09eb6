"""From settings to running notifiers, each kind composed and one of them end to end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.alerts.bus import Bus
from sysmon_tui.alerts.notify.dispatcher import Dispatcher
from sysmon_tui.alerts.notify.mirror import Mirror
from sysmon_tui.alerts.notify.post import Post
from sysmon_tui.model.alert import Alert, AlertEvent, Severity
from sysmon_tui.model.rule import Level, Op, Rule
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.notifying import create_dispatcher, create_locks
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.security.keys import Keys, KeySources
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Notify, Receiver, Settings
from sysmon_tui.storage.memory import MemoryStore
from tests.alerts.notify.lives import alert, fires
from tests.monitor.fakes import FakeLedger

ELSEWHERE = Rule(
    name="Elsewhere",
    metric="m",
    op=Op.GT,
    levels=(Level(Severity.WARNING, 1.0, 1.0),),
    notify=("other",),
)


def writer(*alerts: Alert) -> Writer:
    return Writer(
        lambda: MemoryStore(retention=60.0, quota=1 << 20), FakeLedger(alerts), clock=SystemClock()
    )


def made(place: Path, *receivers: Receiver, alerts: tuple[Alert, ...] = ()) -> Dispatcher | None:
    return create_dispatcher(
        Settings(notify=Notify(to=receivers, group_wait=0.0)),
        Dirs(place, place),
        writer(*alerts),
        clock=SystemClock(),
        host="web1",
        rules=[ELSEWHERE],
    )


def test_without_receivers_nothing_is_made_or_loaded(tmp_path: Path) -> None:
    assert made(tmp_path) is None
    code = (
        "import sys, sysmon_tui.monitor.notifying\n"
        "late = {'aiohttp', 'smtplib', 'sysmon_tui.alerts.notify', 'ssl'} & set(sys.modules)\n"
        "sys.exit(str(late) if late else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "receiver",
    [
        Receiver(name="x", kind="command", argv=("/bin/true",)),
        Receiver(name="x", kind="webhook", url="http://127.0.0.1:1/"),
        Receiver(name="x", kind="email", host="127.0.0.1", sender="a@b.c", to=("a@b.c",)),
        Receiver(name="x", kind="apprise", url_file="/none"),
        Receiver(name="x", kind="logfile", path="/none"),
        Receiver(name="x", kind="alertmanager", url="http://127.0.0.1:1/"),
    ],
)
def test_each_kind_has_its_lane(tmp_path: Path, receiver: Receiver) -> None:
    dispatcher = made(tmp_path, receiver)
    assert dispatcher is not None
    (lane,) = dispatcher._lanes
    assert isinstance(lane, Mirror if receiver.kind == "alertmanager" else Post)
    assert lane.name == "x"


def test_an_alert_on_the_bus_ends_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    dispatcher = made(
        tmp_path,
        Receiver(name="x", kind="logfile", path=str(path)),
        Receiver(name="down", kind="logfile", path="/none/such"),
        alerts=(alert("Earlier"),),
    )
    assert dispatcher is not None
    bus = Bus[Sequence[AlertEvent]]()
    bus.subscribe(dispatcher.take)
    dispatcher.start()
    bus.publish([fires(alert()), fires(replace(alert("Elsewhere"), fingerprint="e"))])
    dispatcher.stop(20.0)
    lines = path.read_text()
    assert '"title":"WARNING FilesystemFull on web1: 93% used"' in lines
    assert '"title":"WARNING Earlier on web1: 93% used"' in lines
    assert "Elsewhere" not in lines
    assert dispatcher.problems == (
        "Notifier down fails (2 waiting): /none/such cannot be written: No such file or directory",
    )
    assert (tmp_path / "outbox.db").exists()


def test_a_receiver_that_is_locked_is_a_figure_that_rules_judge(tmp_path: Path) -> None:
    vault = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path)
    hook = Receiver(name="x", kind="webhook", url="http://127.0.0.1:1/", token_secret="none")
    settings = Settings(notify=Notify(to=(hook,)))
    assert create_locks(settings, None) is None
    locks = create_locks(settings, vault)
    assert locks is not None
    dispatcher = create_dispatcher(
        settings,
        Dirs(tmp_path, tmp_path),
        writer(),
        clock=SystemClock(),
        host="web1",
        rules=(),
        vault=vault,
        locks=locks,
    )
    assert dispatcher is not None
    dispatcher.start()
    dispatcher.stop(20.0)
    assert locks.locked == 1
    assert "Notifier x is locked: there is no secret none" in dispatcher.problems[-1]
