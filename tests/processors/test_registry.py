from __future__ import annotations

import pytest

from sysmon_tui.processors import registry
from sysmon_tui.processors.cpu import Cpu
from sysmon_tui.processors.filesystem import Filesystem
from sysmon_tui.processors.memory import Memory
from tests.processors.batches import batch


@pytest.mark.parametrize(
    ("collector", "cls"), [("cpu", Cpu), ("memory", Memory), ("filesystem", Filesystem)]
)
def test_creates_what_is_registered(collector: str, cls: type) -> None:
    assert isinstance(registry.create(collector), cls)


def test_each_has_a_state_of_its_own() -> None:
    assert registry.create("disk") is not registry.create("disk")


def test_what_has_no_processor_adds_nothing() -> None:
    processor = registry.create("sensors")
    assert processor.feed(batch(0.0, {"node_hwmon_temp_celsius": {(): 40.0}})) == {}


def test_finds_its_modules_when_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_factories", {})
    monkeypatch.setattr(registry, "_MODULES", ("cpu",))
    loaded: list[str] = []
    monkeypatch.setattr(registry, "import_module", loaded.append)
    registry.create("cpu")
    assert loaded == ["sysmon_tui.processors.cpu"]
