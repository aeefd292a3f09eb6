"""Two real programs on one state directory: the one that judges is killed, the other goes on."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from sysmon_tui.model.alert import Alert
from sysmon_tui.storage import open_ledger
from tests.integration.live import live

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and terminals"),
    pytest.mark.slow,
]

SETTINGS = """
[[rules]]
name = "Soon"
metric = "node_memory_MemTotal_bytes"
warning = { above = 1, for = "8s" }
unit = "bytes"
summary = "It has memory"

[[rules]]
name = "AtOnce"
metric = "node_memory_MemTotal_bytes"
warning = { above = 1 }
unit = "bytes"
summary = "It has memory, and says so"
"""


def kept(home: Path) -> dict[str, Alert]:
    ledger = open_ledger("sqlite:", state=home / "state")
    return {alert.rule: alert for alert in ledger.load()}


def test_a_follower_goes_on_with_what_a_killed_recorder_began(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(SETTINGS)
    with live(tmp_path, "--plain") as recorder:
        recorder.wait_for_output(b"alert pending warning: It has memory")
        with live(tmp_path, "--plain") as follower:
            follower.wait_for_output(b"alert pending warning: It has memory")
            with live(tmp_path, "alerts", "ack", "--rule", "AtOnce", "--as", "ann") as command:
                assert command.exit_status() == 0
            follower.wait_for_output(b"alert acknowledged warning: It has memory, and says so")
            recorder.wait_for_output(b"alert acknowledged warning: It has memory, and says so")
            before = kept(tmp_path)
            recorder.signal(signal.SIGKILL)
            follower.wait_for_output(b"alert firing warning: It has memory\r")
            after = kept(tmp_path)
    soon = after["Soon"]
    assert soon.since == before["Soon"].since, "the hold went on"
    assert soon.fired_at is not None
    assert 8.0 <= soon.fired_at - soon.since < 12.0
    assert after["AtOnce"].ack == before["AtOnce"].ack is not None
    kinds = [
        (event.alert.rule, event.kind)
        for event in open_ledger("sqlite:", state=tmp_path / "state").history(99)
        if event.alert.rule in ("Soon", "AtOnce")
    ]
    assert sorted(kinds) == [
        ("AtOnce", "acknowledged"),
        ("AtOnce", "firing"),
        ("Soon", "firing"),
        ("Soon", "pending"),
    ]
