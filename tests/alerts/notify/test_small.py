"""Log files, Apprise, secrets, titles, pauses: the small parts of delivering."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.alerts.notify import payload
from sysmon_tui.alerts.notify.deliverer import DeliveryError, backoff, create_deliverer, in_thread
from sysmon_tui.alerts.notify.secret import line_of, read_secret
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.text import NO_TEXT
from sysmon_tui.settings.schema import Receiver
from tests.alerts.notify.lives import alert, fires, message, resolves, taken


def log(path: Path) -> Receiver:
    return Receiver(name="log", kind="logfile", path=str(path))


def secret(place: Path, text: str, mode: int = 0o600) -> str:
    path = place / "secret"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


async def test_a_log_gets_a_line_for_each_message(tmp_path: Path) -> None:
    path = tmp_path / "log"
    deliverer = create_deliverer(log(path))
    await deliverer.deliver(message())
    await deliverer.deliver(message(id="m2"))
    lines = path.read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["m1", "m2"]
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_log_is_a_file_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("theirs")
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    for name, words in (
        ("link", "cannot be written"),
        ("fifo", "is not a regular file"),
        ("none/log", "No such file"),
    ):
        with pytest.raises(DeliveryError, match=words):
            await create_deliverer(log(tmp_path / name)).deliver(message())
    os.close(reader)
    assert target.read_text() == "theirs"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
async def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(descriptor: int, line: bytes) -> int:
        return whole(descriptor, line[: len(line) // 2])

    whole = os.write
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(DeliveryError, match="half a line"):
        await create_deliverer(log(tmp_path / "log")).deliver(message())


def test_a_secret_is_nobody_elses(tmp_path: Path) -> None:
    assert read_secret(secret(tmp_path, " a\nb \n")) == "a\nb"
    with pytest.raises(DeliveryError, match="more than one line"):
        line_of(secret(tmp_path, "a\nb"), "")
    for mode in (0o640, 0o604, 0o620):
        with pytest.raises(DeliveryError, match="chmod 600 secret"):
            read_secret(secret(tmp_path, "a", mode))
    with pytest.raises(DeliveryError, match="is empty"):
        read_secret(secret(tmp_path, " \n"))
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(DeliveryError, match="cannot be read"):
        read_secret(str(tmp_path / "link"))
    with pytest.raises(DeliveryError, match="is not a regular file"):
        read_secret(str(tmp_path))
    (tmp_path / "secret").write_bytes(b"\xff")
    with pytest.raises(DeliveryError, match="is not UTF-8"):
        read_secret(str(tmp_path / "secret"))


def test_a_secret_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret(tmp_path, "a")
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(DeliveryError, match="belongs to somebody else"):
        read_secret(path)


def apprise(path: str) -> Receiver:
    return Receiver(name="chat", kind="apprise", url_file=path)


async def test_apprise_missing_is_said_once_and_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(DeliveryError, match=r"Install sysmon-tui\[notify\]") as caught:
        await create_deliverer(apprise(secret(tmp_path, "json://x"))).deliver(message())
    assert not caught.value.retry


@pytest.mark.filterwarnings("ignore")
async def test_apprise_reaches_its_services(tmp_path: Path) -> None:
    pytest.importorskip("apprise", reason="Apprise is not installed")
    got = bytearray()
    answer = b"200 OK"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        got.extend(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver = apprise(secret(tmp_path, f"json://127.0.0.1:{port}/s3cret\n\n"))
    await create_deliverer(receiver).deliver(message())
    body = json.loads(got)
    assert body["title"] == "WARNING FilesystemFull on web1: 93% used"
    assert body["type"] == "warning"
    answer = b"500 No"
    with pytest.raises(DeliveryError, match="did not take it") as caught:
        await create_deliverer(receiver).deliver(message())
    assert caught.value.retry
    secret(tmp_path, "nonsense-s3cret")
    with pytest.raises(DeliveryError, match="line 1 of") as caught:
        await create_deliverer(receiver).deliver(message())
    assert "s3cret" not in str(caught.value).replace(str(tmp_path), "")
    server.close()


async def test_work_in_a_thread_comes_back_or_fails() -> None:
    assert await in_thread(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


def test_pauses_double_from_5_seconds_to_10_minutes() -> None:
    assert [backoff(n, 0.0) for n in (1, 2, 3, 7, 8, 1000)] == [5, 10, 20, 320, 600, 600]
    assert backoff(1, 1.0) == 5.0
    assert backoff(8, 1.0) == pytest.approx(400.0)


def test_titles_say_how_bad_what_where_and_how_many() -> None:
    one = alert(severity=Severity.CRITICAL)
    assert payload.title(message(fires(one))) == "CRITICAL FilesystemFull on web1: 93% used"
    bare = payload.title(message(fires(replace(one, summary=NO_TEXT))))
    assert bare == "CRITICAL FilesystemFull on web1: mountpoint=/srv"
    over = replace(message(resolves(one), firing=0), resolved=2)
    assert payload.title(over) == "RESOLVED FilesystemFull on web1: 2 resolved"
    held = replace(message(taken(one), firing=0), acknowledged=1)
    assert payload.title(held) == "ACKNOWLEDGED FilesystemFull on web1: 93% used"
    several = replace(message(fires(one), firing=3), rule="", acknowledged=1)
    assert payload.title(several) == "CRITICAL 4 alerts on web1: 3 firing, 1 acknowledged"
    assert payload.webhook_body(several)["groupLabels"] == {}


def test_the_text_names_who_has_it_and_what_is_left_out() -> None:
    sent = replace(message(fires(alert()), taken(alert(mountpoint="/b")), firing=5), acknowledged=1)
    lines = payload.text(sent).splitlines()
    assert lines[1].startswith("ACKNOWLEDGED FilesystemFull: 93% used mountpoint=/b (since ")
    assert lines[1].endswith("UTC, ann has it)")
    assert lines[2] == "... and 4 more"
    assert lines[-1] == "Look at d"


def test_nothing_to_say_is_said_too() -> None:
    empty = replace(message(firing=0), events=())
    assert payload.webhook_body(empty)["commonLabels"] == {}
    assert payload.title(empty) == "RESOLVED FilesystemFull on web1"
    assert empty.severity is Severity.OK
