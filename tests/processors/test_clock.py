from __future__ import annotations

from sysmon_tui.processors.clock import OFF, OFFSET, SYNCED, Clock
from tests.processors.batches import batch


def test_off_whichever_way() -> None:
    assert Clock().feed(batch(0.0, {OFFSET: {(): -0.07}, SYNCED: {(): 1.0}})) == {OFF: {(): 0.07}}


def test_nothing_measures_it_so_nothing_is_said() -> None:
    assert Clock().feed(batch(0.0, {OFFSET: {(): -0.07}, SYNCED: {(): 0.0}})) == {}
    assert Clock().feed(batch(0.0, {OFFSET: {(): -0.07}})) == {}
    assert Clock().feed(batch(0.0, {SYNCED: {(): 1.0}})) == {}
