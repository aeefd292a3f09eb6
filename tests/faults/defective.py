"""The program with a defect in it: `python -m tests.faults.defective PATH` runs it with what is at
PATH (module and attributes) replaced by what raises."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from sysmon_tui.__main__ import main

DEFECT = "canary-9c1f"
"""What the defect says; a value like any other, which nobody is shown."""


class Defect(Exception):
    """What nobody thought of."""


def raising(*_arguments: object, **_named: object) -> Any:
    raise Defect(DEFECT)


def _put(path: str) -> None:
    parts = path.split(".")
    split = next(at for at, part in enumerate(parts) if part[0].isupper() or at == len(parts) - 1)
    owner: Any = import_module(".".join(parts[:split]))
    for part in parts[split:-1]:
        owner = getattr(owner, part)
    setattr(owner, parts[-1], raising)


if __name__ == "__main__":
    _put(sys.argv.pop(1))
    main()
