"""History as daily files of JSON lines: `jsonl:///dir`, or `jsonl:///dir?gzip`.

For whoever wants to grep it, ship it or keep it in a bucket. Files are only ever appended to; what
is too old or too much is unlinked whole. A day's file is cut where it grows beyond a share of the
quota. Looking back reads all of a range (`scan`), in constant memory.

A crash leaves at most a torn last line, or a torn last member of a gzip file, which the next
recorder cuts off; whatever was flushed before is whole, because each flush is synced.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from urllib.parse import unquote

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import AlertLedger, Derive, Past, Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.security.lock import FileLock
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.ledger import SqliteLedger
from sysmon_tui.storage.line import DamagedLine, LineCodec, wall_of
from sysmon_tui.storage.scan import Scan
from sysmon_tui.storage.sqlite_read import SESSION_GAP

PARTS = 8
"""A file is cut at this part of the quota, so that what is unlinked is never much."""
LONGEST = 16 << 20
"""Bytes: a longer line is not one of ours."""
BLOCK = 1 << 16

_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d+)\.jsonl(\.gz)?")


class JsonlPast(Scan):
    def __init__(self, directory: Path, derive: Derive, retention: float = inf) -> None:
        super().__init__(self._batches, derive)
        self._directory = directory
        self._retention = retention
        self._newest = -inf
        self._damaged = 0
        self._codec = LineCodec()

    def _batches(self, start: float, end: float) -> Iterator[Batch]:
        start = max(start, self._newest - self._retention)
        try:
            lines = (line for path in self._files(start, end) for line in read_lines(path))
            yield from _grown(self._decoded(lines, start, end))
        except OSError as error:
            raise _store_error(error, self._directory) from None

    def _files(self, start: float, end: float) -> list[Path]:
        return [
            path
            for path in files_of(self._directory)
            if day_of(start) <= path.name[:10] <= day_of(end)
        ]

    def _decoded(
        self, lines: Iterable[bytes], start: float, end: float
    ) -> Iterator[tuple[int, Batch]]:
        for line in lines:
            try:
                if start <= wall_of(line) < end:
                    yield self._codec.decode(line)
            except DamagedLine:
                self._damaged += 1


class JsonlStore(JsonlPast):
    def __init__(
        self,
        directory: Path,
        *,
        retention: float,
        quota: int,
        zipped: bool = False,
        derive: Derive = no_derive,
    ) -> None:
        """`retention` in seconds, `quota` in bytes. Raises `StoreError`."""
        super().__init__(directory, derive, retention)
        self._quota = quota
        self._zipped = zipped
        self._waiting: dict[str, list[bytes]] = {}
        """Lines by day."""
        self._day = ""
        self._session = 0
        self._path = directory
        self._good = 0
        """Bytes of the file that are known to be whole."""
        self._lock = FileLock(directory / ".lock")
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._lock.acquire():
                self._take_up()
        except OSError as error:
            raise _store_error(error, directory) from None

    @property
    def recording(self) -> bool:
        return self._lock.held

    @property
    def elsewhere(self) -> bool:
        return not self._lock.held

    @property
    def notice(self) -> str:
        return f"{self._damaged} damaged lines of history were left out" if self._damaged else ""

    def append(self, batches: Iterable[Batch]) -> None:
        if self.recording:
            for batch in batches:
                self._newest = max(self._newest, batch.wall)
                # A clock that was set back does not reopen a day: files stay in order.
                day = day_of(self._newest)
                self._waiting.setdefault(day, []).append(self._codec.encode(batch, self._session))

    def flush(self) -> None:
        try:
            for day in tuple(self._waiting):
                plain = b"".join(self._waiting[day])
                body = gzip.compress(plain, mtime=0) if self._zipped else plain
                self._make_room(day, len(body))
                self._write(body)
                del self._waiting[day]
        except OSError as error:
            raise _store_error(error, self._directory) from None

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._lock.release()

    def _take_up(self) -> None:
        """Begin where the last recorder ended."""
        files = files_of(self._directory)
        if not files:
            self._session = 1
            return
        newest = files[-1]
        self._good = mend(newest)
        for line in read_lines(newest):
            try:
                session, batch = self._codec.decode(line)
            except DamagedLine:
                continue
            self._session = max(self._session, session)
            self._newest = max(self._newest, batch.wall)
        self._session += 1
        if newest.name.endswith(".gz") == self._zipped:
            self._path, self._day = newest, newest.name[:10]

    def _make_room(self, day: str, size: int) -> None:
        """Unlink what is too old, then the oldest, so that `size` more bytes are in the quota."""
        if day > self._day or self._good + size > self._quota // PARTS:
            self._begin(max(day, self._day))
        files = [path for path in files_of(self._directory) if path != self._path]
        taken = sum(path.stat().st_size for path in files) + self._good
        oldest = day_of(self._newest - self._retention)
        for path in files:
            if path.name[:10] >= oldest and taken + size <= self._quota:
                break
            taken -= path.stat().st_size
            path.unlink()
        if taken + size > self._quota:
            raise StoreError(
                f"{self._directory} has no room for a flush of {size} bytes",
                "Raise storage.quota_mib",
            )

    def _begin(self, day: str) -> None:
        last = [path for path in files_of(self._directory) if path.name[:10] == day]
        number = int(last[-1].name.split(".")[1]) + 1 if last else 1
        suffix = ".jsonl.gz" if self._zipped else ".jsonl"
        self._path, self._day, self._good = self._directory / f"{day}.{number:04}{suffix}", day, 0

    def _write(self, body: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        fd = os.open(self._path, flags, 0o600)
        try:
            # What a failed flush left behind is written over.
            os.ftruncate(fd, self._good)
            os.lseek(fd, self._good, os.SEEK_SET)
            view = memoryview(body)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        self._good += len(body)


def files_of(directory: Path) -> list[Path]:
    """History files, in the order they were written; none where there is no directory."""
    if not directory.is_dir():
        return []
    found = [
        (match, path)
        for path in directory.iterdir()
        # A FIFO of such a name would be waited for.
        if (match := _NAME.fullmatch(path.name)) and path.is_file()
    ]
    found.sort(key=lambda pair: (pair[0][1], int(pair[0][2])))
    return [path for _, path in found]


def day_of(wall: float) -> str:
    """The UTC day a moment is in; the first or last one there is for one beyond."""
    if not wall > 0.0:
        return "0000-00-00"
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d") if wall < 2.5e11 else "9999-99-99"


def read_lines(path: Path) -> Iterator[bytes]:
    """Lines with their line feeds, one in memory; a last one that is torn is left out."""
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            while line := file.readline(LONGEST):
                if line.endswith(b"\n"):
                    yield line
    except (EOFError, gzip.BadGzipFile, zlib.error, FileNotFoundError):
        """A torn member, or a file that was unlinked meanwhile: that was all of it."""


def mend(path: Path) -> int:
    """How many bytes of a file are whole: lines, or members of a gzip file."""
    if path.name.endswith(".gz"):
        return _whole_members(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        while size:
            begin = max(0, size - BLOCK)
            file.seek(begin)
            if (at := file.read(size - begin).rfind(b"\n")) >= 0:
                return begin + at + 1
            size = begin
    return 0


def _whole_members(path: Path) -> int:
    """Where the last member that is all there ends."""
    whole = at = 0
    member = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            while block:
                try:
                    member.decompress(block)
                except zlib.error:
                    return whole
                at += len(block) - len(member.unused_data)
                block = member.unused_data
                if member.eof:
                    whole, member = at, zlib.decompressobj(wbits=31)
    return whole


def _grown(records: Iterable[tuple[int, Batch]]) -> Iterator[Batch]:
    """Batches with monotonic times that grow from session to session."""
    session, shift, last = 0, 0.0, 0.0
    for number, batch in records:
        if number != session:
            shift = last + SESSION_GAP - batch.mono if session else 0.0
            session = number
        last = batch.mono + shift
        yield replace(batch, mono=last) if shift else batch


def _store_error(error: OSError, directory: Path) -> StoreError:
    return StoreError(
        f"{directory} cannot be used: {error.strerror}",
        "Free space on its file system or make it writable",
    )


def open_store(
    rest: str, *, state: Path, retention: float, quota: int, derive: Derive = no_derive
) -> Store:
    """What follows the scheme: `///absolute/directory`, then `?gzip` or not."""
    directory, zipped = _place(rest)
    return JsonlStore(directory, retention=retention, quota=quota, zipped=zipped, derive=derive)


def open_past(rest: str, *, state: Path, derive: Derive = no_derive) -> Past:
    """Takes no lock and makes no file."""
    return JsonlPast(_place(rest)[0], derive)


def open_ledger(rest: str, *, state: Path) -> AlertLedger:
    """In the state directory, as with every history."""
    _place(rest)
    return SqliteLedger(state / "alerts.sqlite")


def _place(rest: str) -> tuple[Path, bool]:
    path, _, option = rest.partition("?")
    if not path.startswith("///") or len(path) < 4 or option not in ("", "gzip"):
        raise StoreError(
            f"jsonl:{rest} names no directory",
            "Write jsonl:///absolute/directory or jsonl:///absolute/directory?gzip",
        )
    return Path(unquote(path[2:])), option == "gzip"
