"""Names that would be commands, statements or formulas elsewhere are only names here.

They stand in labels, texts and names of processes; what comes back from every store and form is
what went in, and nothing was run.
"""

from __future__ import annotations

import csv
import io
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.alerts.notify.deliverer import create_deliverer
from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDetail, ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import SafeText
from sysmon_tui.processors.registry import derive
from sysmon_tui.settings.schema import Receiver
from sysmon_tui.storage import open_ledger, open_outbox, open_past, open_store
from sysmon_tui.storage.exchange.forms import Form, text_of
from sysmon_tui.storage.registry import BACKENDS
from tests.alerts.notify.lives import AT, alert, fires, message

CORPUS = tuple(
    SafeText(text)
    for text in (
        "'; DROP TABLE event; --",
        '"; DELETE FROM alert WHERE "1"="1',
        "x' OR '1'='1",
        "') UNION SELECT sql FROM sqlite_schema --",
        "$(touch RUN)",
        "`touch RUN`",
        "; touch RUN ;",
        "| touch RUN",
        "&& touch RUN",
        "a\\'; touch RUN; '",
        "=cmd|' /C touch RUN'!A0",
        "+1+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "-2+3",
        "%s%s%n",
        "{0.__class__}",
        "{{ .Labels }}",
        "../../../RUN",
        "--output=RUN",
        "<script>RUN</script>",
        "<!--#exec cmd='touch RUN'-->",
    )
)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"memory": "memory:", "jsonl": f"jsonl://{tmp_path}/lines"}.get(
        request.param, f"{request.param}:"
    )


def batch() -> Batch:
    rows = tuple(
        ProcessRow(pid, 3.0, 1, 0, name, "S", 0.0, 1.0 + pid, 1 << 20, 1, 0, False)
        for pid, name in enumerate(CORPUS, start=2)
    )
    details = {row.pid: ProcessDetail(row.name, row.name, 0.0, 0.0) for row in rows}
    return Batch(
        collector="disk",
        wall=AT,
        mono=1.0,
        families={"node_load1": {labels(device=name): 1.0 for name in CORPUS}},
        processes=ProcessTable(rows=rows, details=details, states={"S": len(rows)}, threads=1),
    )


def test_history_gives_them_back_as_they_were(backend: str, tmp_path: Path) -> None:
    store = open_store(backend, state=tmp_path, retention=1e9, quota=1 << 26, derive=derive)
    store.append([batch()])
    store.flush()
    kept = list(store.read(0.0, 2 * AT, collectors=frozenset({"disk"})))
    store.close()
    assert {dict(key)["device"] for one in kept for key in one.families["node_load1"]} == {*CORPUS}
    if backend != "memory:":
        past = open_past(backend, state=tmp_path, derive=derive)
        tables = [table for _, table in past.processes(0.0, 2 * AT)]
        assert {row.name for table in tables for row in table.rows} == {*CORPUS}


@pytest.mark.parametrize("text", CORPUS)
def test_alerts_notes_and_letters_keep_them(backend: str, tmp_path: Path, text: SafeText) -> None:
    begun = replace(alert(text, device=text), fingerprint=text, summary=text, runbook=text)
    named = begun.acknowledged(text, AT, text)
    ledger = open_ledger(backend, state=tmp_path)
    ledger.record([fires(begun), AlertEvent(AT, "acknowledged", named, text)])
    assert ledger.load() == (named,)
    assert ledger.history(10)[0].actor == text
    outbox = open_outbox(backend, state=tmp_path)
    letter = replace(message(fires(named), id=text), receiver=text, host=text, rule=text)
    outbox.put(letter, {})
    assert [one.message for one in outbox.due(text, 2 * AT, 10)] == [letter]
    outbox.failed(text, None, text)
    assert outbox.waiting("another") == 0


def test_no_cell_of_a_table_is_a_formula() -> None:
    lines = b"".join(text_of(Form.CSV, [batch()])).decode()
    cells = [cell for row in csv.reader(io.StringIO(lines)) for cell in row]
    assert len(cells) > 5 * len(CORPUS)
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


async def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program gets them in its environment and on its standard input, never as arguments."""
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\ncat > {tmp_path}/said\necho "$#" >> {tmp_path}/count\n')
    script.chmod(0o700)
    receiver = Receiver(name="ops", kind="command", argv=(str(script), "one"))
    deliverer = create_deliverer(receiver)
    for text in CORPUS:
        named = replace(alert(text, device=text), fingerprint=text, summary=text)
        await deliverer.deliver(replace(message(fires(named)), host=text, rule=text))
    assert (tmp_path / "count").read_text() == "1\n" * len(CORPUS)
    assert sorted(os.listdir(tmp_path)) == ["count", "said", "script"]


def test_the_corpus_would_be_run_by_who_composes_statements() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE event (id)")
    db.executescript(f"SELECT '{CORPUS[0]}'")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        db.execute("SELECT * FROM event")
    db.close()
