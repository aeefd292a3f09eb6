"""When what failed is tried again, and what has queued meanwhile: the writer's two halves share
this."""

from __future__ import annotations

from collections import deque
from typing import TypeVar

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 20.0
"""Seconds between tries of a store or ledger that fails; doubled each time. Whoever frees a disk
sees recording go on within half a minute."""

T = TypeVar("T")


class Retry:
    """When something that fails may be tried again."""

    def __init__(self) -> None:
        self._pause = 0.0
        self.due = float("-inf")

    def failed(self, now: float) -> None:
        self._pause = min(max(FIRST_PAUSE, 2.0 * self._pause), LONGEST_PAUSE)
        self.due = now + self._pause

    def succeeded(self, due: float) -> None:
        self._pause = 0.0
        self.due = due


def take(queue: deque[T]) -> list[T]:
    """Everything in the queue; what other threads put in meanwhile may stay."""
    return [queue.popleft() for _ in range(len(queue))]
