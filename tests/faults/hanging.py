"""Mounts that hang in the kernel, as of a dead server, seen by the program under test alone.

A FUSE server of the few messages that statvfs needs, which falls silent when asked to: whoever
asks then waits in the kernel and cannot be killed. It speaks the protocol itself (fuse(4),
include/uapi/linux/fuse.h), because a library's server would be a process to be waited for. Closing
the device lets everybody go at once, as the end of the test's own process does.
"""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

GETATTR, STATFS, INIT = 3, 17, 26
SILENT = frozenset({2, 36, 42})
"""INTERRUPT, FORGET and BATCH_FORGET: nobody waits for an answer."""
READ_SIZE = 1 << 17

_HEADER = struct.Struct("=IIQQIIII")
_ANSWER = struct.Struct("=IiQ")
_INIT = struct.pack("=IIII HHIIHHI28x", 7, 31, 4096, 0, 8, 8, 4096, 1, 1, 0, 0)
_STATFS = struct.pack("=QQQQQIIII24x", 1000, 500, 400, 100, 90, 4096, 255, 4096, 0)
_GETATTR = struct.pack("=QII QQQQQQ IIIIIIIIII", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                       0o40755, 2, 0, 0, 0, 4096, 0)  # fmt: skip
_BODIES = {INIT: _INIT, STATFS: _STATFS, GETATTR: _GETATTR}


class HangingMount:
    """Serves one mount; `hang()` it, and `release()` it with whoever is stuck in it."""

    def __init__(self) -> None:
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self._lock = threading.Lock()
        self._silent = False
        self._waiting: list[tuple[int, int]] = []

    def serve(self) -> None:
        """Once it is mounted: the device cannot be read before."""
        threading.Thread(target=self._serve, name="fuse", daemon=True).start()

    @property
    def waited_for(self) -> int:
        """How many questions wait for an answer."""
        return len(self._waiting)

    def hang(self) -> None:
        self._silent = True

    def release(self) -> None:
        with self._lock:
            self._silent = False
            for operation, unique in self._waiting:
                self._answer(operation, unique)
            self._waiting.clear()

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self.device, READ_SIZE)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return  # unmounted or closed
            _, operation, unique, *_ = _HEADER.unpack_from(request)
            if operation in SILENT:
                continue
            with self._lock:
                if self._silent:
                    self._waiting.append((operation, unique))
                else:
                    self._answer(operation, unique)

    def _answer(self, operation: int, unique: int) -> None:
        body = _BODIES.get(operation)
        code = 0 if body is not None else -errno.ENOSYS
        text = body or b""
        os.write(self.device, _ANSWER.pack(_ANSWER.size + len(text), code, unique) + text)


class Namespace:
    """Mounts of its own: what is mounted here nobody else on the machine sees."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        stdin, stdout = self._holder.stdin, self._holder.stdout
        assert stdin is not None
        assert stdout is not None
        # Once it answers, it is in there.
        stdin.write(b"\n")
        stdin.flush()
        if stdout.read(1) != b"\n":
            self.close()
            raise OSError("no mount namespace")

    @property
    def enter(self) -> list[str]:
        """The words before a command that is to run in there.

        It may not look at the roots of other processes, so that it takes these mounts for the
        machine's, and not those of process 1.
        """
        return [
            "nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt",
            "setpriv", "--bounding-set=-sys_ptrace",
        ]  # fmt: skip

    def run(self, *command: str | Path, **options: Any) -> None:
        subprocess.run([*self.enter, *command], check=True, **options)

    def mount(self, place: Path, mount: HangingMount) -> None:
        self.run("mkdir", "-p", place)
        options = f"fd={mount.device},rootmode=40000,user_id=0,group_id=0,allow_other"
        fuse = ("mount", "-i", "-t", "fuse", "-o", options, "dead-server", place)
        self.run(*fuse, pass_fds=[mount.device])
        mount.serve()

    def processes(self, program: str) -> dict[int, str]:
        """Pid to state of those in here that run `program`, and are not waited for."""
        ours = os.stat(f"/proc/{self._holder.pid}/ns/mnt").st_ino
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat(f"/proc/{pid}/ns/mnt").st_ino != ours:
                    continue
                if program not in Path(f"/proc/{pid}/cmdline").read_text():
                    continue
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            found[int(pid)] = state
        return found

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()


@contextmanager
def hanging_mounts(count: int) -> Iterator[tuple[Namespace, list[HangingMount]]]:
    """So many mounts that answer so far, as /mnt/0 and so on, beside one in memory at /mnt."""
    with ExitStack() as stack:
        namespace = Namespace()
        stack.callback(namespace.close)
        namespace.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt")
        mounts = []
        for number in range(count):
            mount = HangingMount()
            # Before the namespace goes, and whatever happens.
            stack.callback(os.close, mount.device)
            stack.callback(mount.release)
            mounts.append(mount)
            namespace.mount(Path("/mnt") / str(number), mount)
        yield namespace, mounts
