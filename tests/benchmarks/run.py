"""Prints what parts of the program cost; asserts nothing, because machines differ.

    tox -e bench                         every benchmark
    tox -e bench -- alerts               one of them
    tox -e bench -- history --days 7     with arguments of its own

Budgets that do not depend on the machine (files read, lines painted, bytes sent, modules loaded)
are asserted by the tests.
"""

from __future__ import annotations

import runpy
import sys
from itertools import takewhile
from pathlib import Path

BENCHMARKS = sorted(
    path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py")
)


def main() -> None:
    given = sys.argv[1:]
    chosen = list(takewhile(lambda argument: not argument.startswith("--"), given))
    arguments = given[len(chosen) :]
    for name in chosen or BENCHMARKS:
        print(f"== {name}", flush=True)  # noqa: T201 - this is what it is for
        sys.argv = [f"bench_{name}", *arguments]
        runpy.run_module(f"tests.benchmarks.bench_{name}", run_name="__main__")


if __name__ == "__main__":
    main()
