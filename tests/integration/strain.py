"""Programs that misbehave in one way each, under names that a process table tells apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CPU = """
import contextlib, os
from time import monotonic
with contextlib.suppress(PermissionError):
    os.nice(-10)  # so that it is the busiest on a machine that is busy already
print("ready", flush=True)
end = monotonic() + 120
while monotonic() < end:
    pass
"""
MEMORY = """
import sys, time
held = b"x" * int(sys.argv[1])
print("ready", flush=True)
time.sleep(120)
"""
FILL = """
import sys, time
held = open(sys.argv[1], "wb")
held.write(bytes(int(sys.argv[2])))
held.flush()
print("ready", flush=True)
time.sleep(120)
"""


@contextmanager
def straining(place: Path, name: str, code: str, *arguments: object) -> Iterator[int]:
    """A process of this name (15 characters at most) that runs `code`; its pid once it is at it.

    It ends with the `with`, and by itself after two minutes.
    """
    script = place / name
    # The kernel names a process after the file that was executed: the script, not its interpreter.
    script.write_text(f"#!{sys.executable}\n{code}")
    script.chmod(0o755)
    with subprocess.Popen([script, *map(str, arguments)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process.pid
        finally:
            process.kill()


@contextmanager
def tmpfs(place: Path, size: int) -> Iterator[Path]:
    """A file system in memory of `size` bytes. Raises `CalledProcessError` where one may not."""
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place],
        check=True,
        capture_output=True,
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
