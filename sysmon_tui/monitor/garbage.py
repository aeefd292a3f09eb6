"""How Python looks for garbage in a program that runs for weeks.

`cli.record` and `ui.live` call `settle` once all is loaded. Most of what there is by then is code;
to look through it every few ticks would be most of an idle program's work.
"""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made, and not gone by themselves, before it looks: some minutes of a screen."""
OLDER = 2
"""After so many looks at the young it looks at what outlived one, and so on.

With all code left out that takes 2 ms. What is held in a ring and outlived its holder is found
within a quarter of an hour, not of a day.
"""


def settle() -> None:
    """What is loaded by now stays, and is looked through no more."""
    gc.freeze()
    # Of nothing. It makes the collector forget how much there was: old objects are only looked
    # through when a quarter of their number has come to them.
    gc.collect()
    gc.set_threshold(YOUNG, OLDER, OLDER)
