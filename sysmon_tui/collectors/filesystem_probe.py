"""The program that asks mounts how full they are, so that the monitor itself cannot hang on one.

A statvfs on a dead server or a stuck FUSE daemon may never return, and a process with a thread
in it cannot even be killed. `filesystem_usage` runs this file by its path in an interpreter
without site packages, so it imports as little as possible. For each line on standard input, a
path in hexadecimal, it writes one line of JSON: `[frsize, blocks, bfree, bavail, files, ffree]`
(statvfs(3)), or `{"errno": 13}`.
"""

from __future__ import annotations

import os
import sys

# `typing` would cost more than the whole program; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

EINVAL = 22


def answer(request: bytes) -> bytes:
    try:
        path = bytes.fromhex(request.decode("ascii").strip())
        found = os.statvfs(path)
    except OSError as error:
        return b'{"errno": %d}\n' % (error.errno or EINVAL)
    except ValueError:
        return b'{"errno": %d}\n' % EINVAL
    figures = (
        found.f_frsize,
        found.f_blocks,
        found.f_bfree,
        found.f_bavail,
        found.f_files,
        found.f_ffree,
    )
    return b"[%d, %d, %d, %d, %d, %d]\n" % figures


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Until the other side closes its end, also by dying."""
    for request in requests:
        answers.write(answer(request))
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
