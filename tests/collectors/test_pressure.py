from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.pressure import (
    AVERAGE,
    RESOURCES,
    LinuxPressure,
    NoPressure,
    create,
)
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, relaxed, survives


def test_reads_totals_and_averages(fake_roots: Roots) -> None:
    collector = create(fake_roots)
    assert isinstance(collector, LinuxPressure)
    reading = collector.collect()
    families = reading.families
    assert families["node_pressure_cpu_waiting_seconds_total"] == {(): 2.0}
    assert families["node_pressure_memory_stalled_seconds_total"] == {(): 0.4}
    assert families["node_pressure_io_stalled_seconds_total"] == {(): 7.0}
    averages = families[AVERAGE]
    assert averages[labels(resource="cpu", kind="some", window="10s")] == 0.125
    assert averages[labels(resource="io", kind="full", window="300s")] == 0.075
    assert reading.note == ""
    collector.close()


def test_full_of_the_cpu_has_no_meaning_and_is_left_out(fake_roots: Roots) -> None:
    averages = LinuxPressure(fake_roots).collect().families[AVERAGE]
    assert len(averages) == 5 * 3
    assert labels(resource="cpu", kind="full", window="10s") not in averages


def test_a_missing_resource_is_noted(fake_roots: Roots) -> None:
    (fake_roots.proc / "pressure" / "io").unlink()
    reading = LinuxPressure(fake_roots).collect()
    assert "node_pressure_io_waiting_seconds_total" not in reading.families
    assert "psi=1" in reading.note


def test_none_at_all_is_unsupported_with_its_remedy(fake_roots: Roots) -> None:
    for resource in RESOURCES:
        (fake_roots.proc / "pressure" / resource).unlink()
    with pytest.raises(Unsupported) as caught:
        LinuxPressure(fake_roots).collect()
    assert "psi=1" in caught.value.remedy


def test_switched_off_is_unsupported(fake_roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "pread", refuse)
    with pytest.raises(Unsupported, match="switched off"):
        LinuxPressure(fake_roots).collect()


def test_another_error_is_not_hidden(fake_roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, "bad disk")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(OSError, match="bad disk"):
        LinuxPressure(fake_roots).collect()


def test_empty_files_are_unsupported(fake_roots: Roots) -> None:
    for resource in RESOURCES:
        (fake_roots.proc / "pressure" / resource).write_text("")
    with pytest.raises(Unsupported, match="state nothing"):
        LinuxPressure(fake_roots).collect()


@pytest.mark.parametrize("resource", RESOURCES)
def test_survives_whatever_the_files_hold(fake_roots: Roots, resource: str) -> None:
    @relaxed
    @given(mutations(FILES[f"proc/pressure/{resource}"]))
    def check(content: bytes) -> None:
        (fake_roots.proc / "pressure" / resource).write_bytes(content)
        collector = LinuxPressure(fake_roots)
        reading = survives(collector)
        assert reading is not None
        assert all(share <= 1.0 for share in reading.families[AVERAGE].values())
        collector.close()

    check()


def test_elsewhere_there_is_none() -> None:
    collector = create(Roots(proc=Roots().proc / "nowhere"))
    assert isinstance(collector, NoPressure)
    with pytest.raises(Unsupported):
        collector.collect()
    collector.close()
