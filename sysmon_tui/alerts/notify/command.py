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
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from sysmon_tui.alerts.notify.deliverer import DEADLINE, DeliveryError, Lookup
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
        with _Output() as output:
            process = await self._start(program, message, output)
            try:
                await self._end(process, program)
            finally:
                _signal(process, signal.SIGKILL)
                # One that hangs in the kernel is left behind.
                with suppress(TimeoutError):
                    async with asyncio.timeout(GRACE):
                        await process.wait()
            if process.returncode:
                raise DeliveryError(_failure(program, process.returncode, output.said()))

    async def _start(self, program: str, message: Message, output: _Output) -> Process:
        # Files of our own, no pipes of asyncio: with those it waits for whoever holds them open.
        with TemporaryFile() as body:
            body.write(json.dumps(full_body(message)).encode())
            body.seek(0)
            try:
                return await asyncio.create_subprocess_exec(
                    *self._argv,
                    executable=program,
                    stdin=body,
                    stdout=output.end,
                    stderr=output.end,
                    cwd="/",
                    env=environment(message),
                    start_new_session=True,
                )
            except OSError as error:
                raise DeliveryError(f"{program} cannot be run: {error.strerror}") from None

    async def _end(self, process: Process, program: str) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                await process.wait()
        except TimeoutError:
            _signal(process, signal.SIGTERM)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._grace):
                    await process.wait()
                    await _gone(process.pid)
            raise DeliveryError(f"{program} did not end within {self._deadline:g} s") from None


class _Output:
    """What a program says, read while it runs, so that it never waits for us."""

    def __enter__(self) -> _Output:
        self._said = bytearray()
        self._source, self.end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        # Only our end must not block.
        os.set_blocking(self.end, True)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.remove_reader(self._source)
        os.close(self._source)
        os.close(self.end)

    def said(self) -> bytes:
        self._read()
        return bytes(self._said)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            chunk = os.read(self._source, OUTPUT_LIMIT)
            self._said += chunk[: OUTPUT_LIMIT - len(self._said)]


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


def create(receiver: Receiver, _lookup: Lookup) -> Command:
    return Command(receiver.argv)
