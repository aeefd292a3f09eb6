"""Programs of the user's: real scripts, real process trees."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sysmon_tui.alerts.notify import command
from sysmon_tui.alerts.notify.command import Command, trusted
from sysmon_tui.alerts.notify.deliverer import DeliveryError, create_deliverer
from sysmon_tui.model.text import SafeText
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify.lives import alert, fires, message


def script(place: Path, body: str) -> str:
    path = place / "script"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return str(path)


def read(path: Path | str) -> str:
    return Path(path).read_text()


async def _until(done: Callable[[], bool]) -> None:
    for _ in range(400):
        if done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass")


def gone(pid: int) -> bool:
    """Ended; one nobody waits for may stay a zombie."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


async def test_it_gets_the_alert_by_environment_and_stdin(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = script(tmp_path, f'env > {out}.env; cat > {out}.json; echo "$0|$@" > {out}.args; pwd')
    evil = SafeText("$(id) `id`\x1b\n'")
    sent = message(fires(replace(alert(), summary=evil)))
    os.environ["SYSMON_TEST_SECRET"] = "s3cret"
    try:
        receiver = Receiver(name="ops", kind="command", argv=(run, "$(id)", "a b"))
        await create_deliverer(receiver).deliver(sent)
    finally:
        del os.environ["SYSMON_TEST_SECRET"]
    env = dict(line.split("=", 1) for line in read(f"{out}.env").splitlines() if "=" in line)
    assert env["SYSMON_STATUS"] == "firing"
    assert env["SYSMON_RULE"] == "FilesystemFull"
    assert env["SYSMON_SEVERITY"] == "warning"
    assert env["SYSMON_COUNT"] == "1"
    assert env["SYSMON_SUMMARY"] == "$(id) `id`␛␊'"
    assert env["PATH"] == command.PATH
    assert env["PWD"] == "/"
    assert "SYSMON_TEST_SECRET" not in env
    assert read(f"{out}.args") == f"{run}|$(id) a b\n"
    body = json.loads(read(f"{out}.json"))
    assert body["alerts"][0]["annotations"]["summary"] == str(evil)
    assert body["title"].startswith("WARNING FilesystemFull on web1: $(id)")
    assert body["counts"] == {"firing": 1, "resolved": 0, "acknowledged": 0}


async def test_it_may_ignore_what_it_is_given_and_say_a_lot(tmp_path: Path) -> None:
    sent = message(*[fires(replace(alert(), runbook="x" * 4000))] * 40)
    await Command([script(tmp_path, "exec <&-; yes | head -c 300000; exit 0")]).deliver(sent)


async def test_a_failure_is_told_with_its_last_words(tmp_path: Path) -> None:
    run = script(tmp_path, 'echo one; printf "bad \\033[31m news\\n" >&2; exit 3')
    with pytest.raises(DeliveryError, match="exits with 3: bad ␛") as caught:
        await Command([run]).deliver(message())
    assert caught.value.retry
    with pytest.raises(DeliveryError, match="was ended by signal 9"):
        await Command([script(tmp_path, "kill -9 $$")]).deliver(message())


async def overdue(run: str, grace: float, ready: Callable[[], bool]) -> None:
    """Deliver by a program whose time is up once it is ready, however long it took to be that."""
    task = asyncio.ensure_future(Command([run], deadline=1000.0, grace=grace).deliver(message()))
    await _until(ready)
    loop = asyncio.get_running_loop()
    now = loop.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "time", lambda: now() + 1000.0)
        with pytest.raises(DeliveryError, match="did not end within 1000 s"):
            await task


async def test_a_tree_that_ignores_the_end_is_ended(tmp_path: Path) -> None:
    run = script(
        tmp_path,
        f"trap '' TERM; (trap '' TERM; sleep 1000 & echo $! > {tmp_path}/grandchild; wait) &\n"
        f"echo $! > {tmp_path}/child; echo $$ > {tmp_path}/pid\nwhile :; do sleep 1000; done",
    )
    said = [tmp_path / name for name in ("pid", "child", "grandchild")]
    await overdue(run, 0.2, lambda: all(path.exists() and path.read_text() for path in said))
    for path in said:
        await _until(partial(gone, int(path.read_text())))


async def test_who_obeys_is_given_the_time_to(tmp_path: Path) -> None:
    run = script(
        tmp_path,
        f"trap 'echo bye > {tmp_path}/bye; exit 0' TERM; sleep 1000 & : > {tmp_path}/ready; wait",
    )
    await overdue(run, 20.0, (tmp_path / "ready").exists)
    assert (tmp_path / "bye").read_text() == "bye\n"


async def test_a_child_that_keeps_the_output_open_holds_nothing_up(tmp_path: Path) -> None:
    run = script(tmp_path, f"sleep 1000 & echo $! > {tmp_path}/child; exit 0")
    await Command([run], deadline=60.0).deliver(message())
    pid = int((tmp_path / "child").read_text())
    await _until(partial(gone, pid))


async def test_being_cancelled_leaves_nothing_running(tmp_path: Path) -> None:
    run = script(
        tmp_path, f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid\nsleep 1000"
    )
    task = asyncio.ensure_future(Command([run], deadline=60.0).deliver(message()))
    await _until((tmp_path / "pid").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pid = int((tmp_path / "pid").read_text())
    await _until(partial(gone, pid))


def test_only_what_nobody_else_can_replace_is_run(tmp_path: Path) -> None:
    run = script(tmp_path, "exit 0")
    assert trusted(run) == run
    assert trusted("/bin/sh") == os.path.realpath("/bin/sh")
    Path(run).chmod(0o720)
    with pytest.raises(DeliveryError, match="others can write") as caught:
        trusted(run)
    assert "chmod go-w" in str(caught.value)
    Path(run).chmod(0o700)
    tmp_path.chmod(0o777)
    with pytest.raises(DeliveryError, match=f"others can write {tmp_path}"):
        trusted(run)
    tmp_path.chmod(0o1777)
    assert trusted(run) == run
    tmp_path.chmod(0o700)
    with pytest.raises(DeliveryError, match="No such file"):
        trusted(f"{run}.none")
    with pytest.raises(DeliveryError, match="is no program"):
        trusted(str(tmp_path))


def test_what_belongs_to_others_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = script(tmp_path, "exit 0")
    if os.geteuid() == 0:
        os.chown(run, 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(DeliveryError, match="belongs to somebody else"):
        trusted(run)


async def test_what_cannot_be_run_is_told(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o700)
    with pytest.raises(DeliveryError, match="cannot be run"):
        await Command([str(path)]).deliver(message())
