"""A fuzzer that follows branches finds no exception that is none of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 20


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("target", ["text", "promql", "settings", "rules", "vault", "stat"])
def test_nothing_escapes(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="has no wheel for this machine")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.fuzz_target", target),
            *(f"-max_total_time={SECONDS}", "-max_len=512", "-verbosity=0", "-rss_limit_mb=1024"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert list(tmp_path.iterdir()) == []
