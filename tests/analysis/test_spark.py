from __future__ import annotations

from math import nan

import pytest

from sysmon_tui.analysis.spark import spark


@pytest.mark.parametrize(
    ("values", "width", "drawn"),
    [
        ([], 10, ""),
        ([1.0, 1.0], 10, "▁▁"),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8, "▁▂▃▄▅▆▇█"),
        ([0.0, nan, 7.0], 8, "▁ █"),
        ([nan, nan], 8, "  "),
        ([0.0, 9.0, 0.0, 0.0], 2, "█▁"),
    ],
)
def test_spark(values: list[float], width: int, drawn: str) -> None:
    assert spark(values, width) == drawn


def test_in_ascii() -> None:
    assert spark([0.0, 7.0], 2, ascii_only=True) == "_#"
