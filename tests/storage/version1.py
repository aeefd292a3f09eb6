"""A history file as the first version of its form had it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zlib import crc32

from sysmon_tui.model.sample import Batch
from sysmon_tui.storage.builder import Builder
from sysmon_tui.storage.database import open_for_writing
from sysmon_tui.storage.layout import pack_layout
from sysmon_tui.storage.sqlite_form import FORM


def record(path: Path, batches: list[Batch]) -> None:
    """Batches of the one collector `cpu`, as one chunk."""
    builder = Builder()
    for batch in batches:
        builder.add(batch)
    encoded = builder.encode()
    db, _ = open_for_writing(path, replace(FORM, migrations=FORM.migrations[:1]), ours=True)
    db.execute("INSERT INTO collector VALUES (1, 'cpu')")
    db.execute("INSERT INTO layout VALUES (1, ?)", (pack_layout(encoded.layout),))
    db.execute(
        "INSERT INTO chunk VALUES (1, 1, 1, ?, ?, ?, ?, ?, 1, ?)",
        (*encoded.wall, encoded.mono[1], encoded.count, crc32(encoded.body), encoded.body),
    )
    db.close()
