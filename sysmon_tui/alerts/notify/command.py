"""A program of the user's: by argv, never through a shell, the alert by environment and stdin.

What alerts carry was written by others, so none of it is ever an argument. The program must be
one that nobody else can replace; it gets ten seconds, and then it and its children end.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sysmon_tui.alerts.notify.deliverer import DEADLINE, DeliveryError
from sysmon_tui.alerts.notify.payload import full_body, title
from sysmon_tui.model.message import Message
from sysmon_tui.model.text import clean
from sysmon_tui.settings.schema import Receiver

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_LIMIT = 65536
"""Bytes kept of what it says; more is read and thrown away."""
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""


class Command:
    def __init__(
        self, argv: Sequence[str], *, deadline: float = DEADLINE, grace: float = GRACE
    ) -> None:
        self._argv = tuple(argv)
        self._deadline = deadline
        self._grace = grace

    async def deliver(self, message: Message) -> None:
        program = trusted(self._argv[0])
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                executable=program,
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                cwd="/",
                env=environment(message),
                start_new_session=True,
            )
        except OSError as error:
            raise DeliveryError(f"{program} cannot be run: {error.strerror}") from None
        said = bytearray()
        try:
            async with asyncio.timeout(self._deadline):
                await _talk(process, json.dumps(full_body(message)).encode(), said)
        except TimeoutError:
            _signal(process, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._grace):
                    await process.wait()
                    await _gone(process.pid)
            raise DeliveryError(f"{program} did not end within {self._deadline:g} s") from None
        finally:
            _signal(process, signal.SIGKILL)
            _close(process)
        if process.returncode:
            raise DeliveryError(_failure(program, process.returncode, bytes(said)))


async def _talk(process: Process, body: bytes, said: bytearray) -> None:
    """Until it ends, not until its output does: a child of it may keep that open."""
    writing = asyncio.ensure_future(_write(process, body))
    reading = asyncio.ensure_future(_read(process, said))
    try:
        await process.wait()
        # What it said before it ended is there already, or is no longer awaited.
        await asyncio.wait((reading,), timeout=0.2)
    finally:
        for task in (writing, reading):
            task.cancel()
        await asyncio.gather(writing, reading, return_exceptions=True)


async def _write(process: Process, body: bytes) -> None:
    stream = process.stdin
    if stream is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        stream.write(body)
        await stream.drain()
    stream.close()


async def _read(process: Process, said: bytearray) -> None:
    stream = process.stdout
    while stream is not None and (chunk := await stream.read(8192)):
        said += chunk[: OUTPUT_LIMIT - len(said)]


async def _gone(group: int) -> None:
    """Return when no process of the group is left."""
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.05)


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _close(process: Process) -> None:
    """The pipes: a child that left the session may hold their other ends for ever."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def _failure(program: str, code: int, said: bytes) -> str:
    how = f"exits with {code}" if code > 0 else f"was ended by signal {-code}"
    last = clean(said.strip().rpartition(b"\n")[2], 200).strip()
    return f"{program} {how}{f': {last}' if last else ''}"


def environment(message: Message) -> dict[str, str]:
    """All it gets: nothing of ours, which may hold secrets."""
    worst = message.events[0].alert if message.events else None
    found = {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "SYSMON_ID": message.id,
        "SYSMON_STATUS": message.status,
        "SYSMON_RULE": message.rule,
        "SYSMON_SEVERITY": message.severity.word,
        "SYSMON_HOST": message.host,
        "SYSMON_RECEIVER": message.receiver,
        "SYSMON_COUNT": str(message.total),
        "SYSMON_TITLE": title(message),
    }
    if worst is not None:
        found["SYSMON_FINGERPRINT"] = worst.fingerprint
        found["SYSMON_SUMMARY"] = worst.summary
        found["SYSMON_VALUE"] = f"{worst.value:.6g}"
        found["SYSMON_SINCE"] = str(int(worst.since))
    return {name: clean(text) for name, text in found.items()}


def trusted(path: str) -> str:
    """Where the program really is, if nobody but root and us can put another one there.

    Raises `DeliveryError`.
    """
    try:
        real = os.path.realpath(path, strict=True)
        facts = os.stat(real)
        if not stat.S_ISREG(facts.st_mode) or not os.access(real, os.X_OK):
            raise DeliveryError(f"{path} is no program", "Name one that can be executed")
        _check(real, facts, sticky=False)
        for directory in {*Path(path).parents, *Path(real).parents}:
            _check(str(directory), directory.stat(), sticky=True)
    except OSError as error:
        raise DeliveryError(f"{path} cannot be run: {error.strerror}", "Check argv") from None
    return real


def _check(path: str, facts: os.stat_result, *, sticky: bool) -> None:
    """In a sticky directory others can add files, but not put them in place of ours."""
    if facts.st_uid not in (0, os.geteuid()):
        raise DeliveryError(f"{path} belongs to somebody else", "Take it over with chown")
    loose = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if loose and not (sticky and facts.st_mode & stat.S_ISVTX):
        raise DeliveryError(f"others can write {path}", "Run chmod go-w on it")


def create(receiver: Receiver) -> Command:
    return Command(receiver.argv)
