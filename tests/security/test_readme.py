"""What the README says of security names the tests that show it; they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text("utf-8").partition("\n## Security\n")[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", SECTION.partition("\n## ")[0])


def test_claims_are_many() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_shows_it_is_there(path: str, name: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert re.search(rf"def {name or 'test_'}", source)
