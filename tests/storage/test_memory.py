"""History in memory is bounded by figures, not by batches."""

from __future__ import annotations

from pathlib import Path

from sysmon_tui.model.ports import Store
from sysmon_tui.storage import open_ledger
from sysmon_tui.storage.memory import LARGEST, SAMPLE_BYTES, MemoryStore
from tests.storage.batches import ALL, shown, stream


def seconds(store: Store) -> list[float]:
    return [at for at, _ in shown(store.read(0.0, 1e12, collectors=ALL))]


def test_the_oldest_goes_when_the_budget_is_spent() -> None:
    # A batch of two figures counts as three.
    store = MemoryStore(retention=1e9, quota=10 * 3 * SAMPLE_BYTES)
    store.append(stream(25))
    assert seconds(store) == [15.0 + n for n in range(10)]


def test_a_batch_beyond_the_budget_is_not_kept() -> None:
    store = MemoryStore(retention=1e9, quota=SAMPLE_BYTES)
    store.append(stream(3))
    assert seconds(store) == []


def test_a_large_quota_is_for_a_disk() -> None:
    store = MemoryStore(retention=1e9, quota=1 << 40)
    assert store._budget == LARGEST // SAMPLE_BYTES


def test_the_ledger_needs_no_file(tmp_path: Path) -> None:
    ledger = open_ledger("memory:", state=tmp_path / "nowhere")
    ledger.record(())
    assert not list(tmp_path.iterdir())
