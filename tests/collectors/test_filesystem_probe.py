from __future__ import annotations

import ast
import errno
import json
import os
import runpy
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors import filesystem_probe
from sysmon_tui.collectors.filesystem_probe import answer, serve
from sysmon_tui.collectors.filesystem_usage import probe_command


def ask(path: bytes) -> bytes:
    return path.hex().encode() + b"\n"


def test_answers_with_what_statvfs_says(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    block, blocks, _, _, files, _ = json.loads(answer(ask(os.fsencode(tmp_path))))
    assert (block, blocks, files) == (found.f_frsize, found.f_blocks, found.f_files)


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        (ask(b"/no/such/place"), errno.ENOENT),
        (b"not hexadecimal\n", errno.EINVAL),
        (ask(b"/nul\0byte"), errno.EINVAL),
        (b"\xff\n", errno.EINVAL),
    ],
)
def test_answers_with_the_error(request_line: bytes, code: int) -> None:
    assert json.loads(answer(request_line)) == {"errno": code}


@given(st.binary(max_size=200))
def test_every_request_gets_one_line(request_line: bytes) -> None:
    text = answer(request_line)
    assert text.endswith(b"\n")
    assert json.loads(text)


def test_serves_until_the_other_side_closes() -> None:
    answers = BytesIO()
    serve(BytesIO(ask(b"/") + ask(b"/no/such")), answers)
    first, second = answers.getvalue().splitlines()
    assert len(json.loads(first)) == 6
    assert json.loads(second) == {"errno": errno.ENOENT}


def test_runs_by_its_path_and_ends_with_its_input() -> None:
    done = subprocess.run(
        probe_command(), input=ask(b"/"), capture_output=True, timeout=30, check=True
    )
    assert len(json.loads(done.stdout)) == 6


def test_is_a_program_over_its_standard_streams(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(ask(b"/no/such"))))
    runpy.run_path(filesystem_probe.__file__, run_name="__main__")
    assert json.loads(capsysbinary.readouterr().out) == {"errno": errno.ENOENT}


def test_imports_next_to_nothing() -> None:
    tree = ast.parse(Path(filesystem_probe.__file__).read_text())
    imported = {
        name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names
    }
    assert imported == {"os", "sys"}
    assert sys.executable in probe_command()
