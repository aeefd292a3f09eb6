"""Memory of a program that runs for weeks: it stays what it was after an hour or two.

`cli.record` and `ui.live` call `share_heap` before there are threads, and `settle` when all is
loaded.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made, and not gone by themselves, before garbage is looked for: some minutes of a
screen."""
OLDER = 2
"""After so many looks at the young it is looked for in what outlived one, and so on.

With all code left out that takes 2 ms. What is held in a ring and outlived its holder is found
within a quarter of an hour, not of a day.
"""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of malloc.h."""


def share_heap() -> None:
    """One heap for all threads, where that is for us to say (glibc, mallopt(3)).

    By default each has its own, and its own holes: 2 MiB of a recorder. Only one of our threads
    runs at a time anyway.
    """
    # Late: it takes milliseconds, and commands that end at once do without.
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        # Another C library: musl has none, and Windows no library without a name.
        return
    mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """What is loaded by now stays, and is looked through no more."""
    gc.freeze()
    # Of nothing. It makes the collector forget how much there was: old objects are only looked
    # through when a quarter of their number has come to them.
    gc.collect()
    gc.set_threshold(YOUNG, OLDER, OLDER)
