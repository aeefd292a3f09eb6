from __future__ import annotations

import pytest

from sysmon_tui.storage import lately as module
from sysmon_tui.storage.lately import LONG, Lately


def test_a_text_is_understood_once() -> None:
    asked: list[str] = []

    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    lately = Lately(length)
    assert [lately[text] for text in ("a", "bb", "a", "a")] == [1, 2, 1, 1]
    assert asked == ["a", "bb"]


def test_it_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    lately = Lately[bytes, int](len)
    for number in range(10):
        assert lately[b"x" * number] == number
        assert len(lately) <= 3
    assert lately[b"x" * (LONG + 1)] == LONG + 1
    assert b"x" * (LONG + 1) not in lately


def test_an_error_is_not_kept() -> None:
    lately = Lately[str, int](int)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            lately["x"]
