"""Five megabytes of hostile characters, wherever somebody may put a text: cleaned and cut, and no
character beyond the cut is looked at, so that it costs what a short one costs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input
from textual.widgets.input import Selection

from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.collectors.mounts import parse_mounts
from sysmon_tui.collectors.process_detail import COMMAND_SIZE
from sysmon_tui.model import redact, text
from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import NAME_LIMIT, TEXT_LIMIT, clean, clean_name
from sysmon_tui.monitor.incidents import NOTE_LIMIT, Incidents
from sysmon_tui.processors.logfile import LONGEST, Cut
from sysmon_tui.storage.exchange.forms import Form
from tests.collectors.process_reader import Reader, io, show
from tests.collectors.process_tree import FakeProc
from tests.scene import scene
from tests.storage.batches import WALL
from tests.storage.exchange.samples import read_back, written
from tests.ui.stage import ACTOR, stage

PIECE = "\x1b[2J\x1b]0;x\x07\u202e[/]\u200b\r\n --token=1 ://u:p@h "
SIZE = 5_000_000
HUGE = PIECE * (SIZE // len(PIECE))
RAW = HUGE.encode()


class Examined:
    """How many characters the dear steps were given: the classes of `clean`, the masks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.characters = 0
        examined = self

        class Counting:
            def sub(self, by: str, where: str) -> str:
                examined.characters += len(where)
                return found.sub(by, where)

        found: re.Pattern[str] = text._FORBIDDEN
        monkeypatch.setattr(text, "_FORBIDDEN", Counting())
        suspicious = redact._suspicious

        def counting(where: str) -> bool:
            self.characters += len(where)
            return suspicious(where)

        monkeypatch.setattr(redact, "_suspicious", counting)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> Examined:
    return Examined(monkeypatch)


def assert_clean(said: str, limit: int = TEXT_LIMIT) -> None:
    assert 0 < len(said) <= limit
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e\u200b]", said)


@pytest.mark.parametrize("raw", [HUGE, RAW, b"\xff" * SIZE, "\ud800" * SIZE], ids=len)
def test_the_gate_itself(raw: str | bytes, examined: Examined) -> None:
    assert_clean(clean(raw))
    assert_clean(clean_name(raw), NAME_LIMIT)
    assert examined.characters == TEXT_LIMIT + NAME_LIMIT


def test_a_command_line(tmp_path: Path, examined: Examined) -> None:
    proc = FakeProc(tmp_path / "proc")
    for pid in (3, 4):
        proc.begin(pid)
        io(proc, pid, 0, 0)
    proc.file(3, "cmdline", RAW.replace(b" ", b"\0"))
    proc.file(4, "cmdline", RAW)
    (tmp_path / "passwd").write_text(f"ann:x:{os.getuid()}:0:::\n")
    reader = Reader(proc, tmp_path / "passwd")
    reader.demand = show(3, 4)
    found = reader.step()
    reader.close()
    for pid in (3, 4):
        assert_clean(found[pid].command)
    # Both are masked as a whole and by argument, and cleaned; nothing of it beyond what is read.
    assert examined.characters < 2 * 4 * COMMAND_SIZE


def test_a_mount(examined: Examined) -> None:
    escaped = RAW.replace(b" ", b"\\040").replace(b"\n", b"\\012").replace(b"\r", b"")
    lines = (b"%s / ext4 rw 0 0", b"/dev/sda1 / %s rw 0 0", b"/dev/sda1 / ext4 rw,%s 0 0")
    for line in lines:
        (mount,) = parse_mounts(line % escaped)
        for _, value in mount.key:
            assert_clean(value, NAME_LIMIT)
    # The kernel takes no such path, so nobody can have mounted it.
    assert parse_mounts(b"/dev/sda1 /%s ext4 rw 0 0" % escaped) == ()
    assert examined.characters <= len(lines) * 3 * NAME_LIMIT


def test_a_line_of_a_log() -> None:
    cut, line = Cut(), RAW.replace(b"\n", b"")
    found: list[bytes] = []
    for begin in range(0, len(line), 65536):
        found += cut.lines(line[begin : begin + 65536])
    found += cut.lines(b"\nnext\n")
    assert found == [line[:LONGEST], b"next"]


def test_a_rule(examined: Examined) -> None:
    table = {
        "name": "Mine",
        "metric": "node_load1",
        "labels": {"team": HUGE},
        "summary": HUGE,
        "runbook": HUGE,
        "warning": {"above": 1.0, "clear": 0.5},
    }
    (rule,) = (one for one in load_rules((table,), "settings.toml").rules if one.name == "Mine")
    for said in (rule.summary, rule.runbook, dict(rule.labels)["team"]):
        assert_clean(said)
    assert examined.characters <= 3 * TEXT_LIMIT


def test_an_imported_file(examined: Examined) -> None:
    batch = Batch(
        collector="cpu", wall=WALL, mono=WALL, families={"g": {labels(a=HUGE.strip()): 1.0}}
    )
    (taken,) = read_back(written([batch], Form.JSONL), Form.JSONL)
    ((key, _),) = taken.families["g"].items()
    assert_clean(dict(key)["a"])
    assert examined.characters <= 2 * TEXT_LIMIT


async def test_a_pasted_note(examined: Examined) -> None:
    async with stage(80, 24, scene()) as shown:
        await shown.press("a", "n")
        field = shown.app.screen.query_one(Input)
        field.value = ""
        examined.characters = 0
        field.post_message(Paste(HUGE.replace("\r", "").replace("\n", "")))
        await shown.pilot.pause()
        await shown.press("enter")
        ((_, by, note),) = shown.source.noted
        assert by == ACTOR
        assert_clean(note, NOTE_LIMIT)
        # It is drawn, and drawn again with a cursor.
        assert examined.characters <= 4 * TEXT_LIMIT


async def test_a_paste_takes_the_place_of_what_is_chosen() -> None:
    async with stage(80, 24, scene()) as shown:
        await shown.press("b")
        field = shown.app.screen.query_one(Input)
        field.value = "-2h"
        field.selection = Selection(1, 2)
        field.post_message(Paste("30\nand more"))
        await shown.pilot.pause()
        assert field.value == "-30h"
        field.value = "x" * TEXT_LIMIT
        field.post_message(Paste("y"))
        await shown.pilot.pause()
        assert field.value == "x" * TEXT_LIMIT


def test_the_line_of_an_incident(tmp_path: Path, examined: Examined) -> None:
    incidents = Incidents(tmp_path)
    begun = incidents.begin(ACTOR, HUGE, 1e9)
    assert_clean(begun.why, NOTE_LIMIT)
    assert examined.characters <= 3 * TEXT_LIMIT
