"""An outbox that works on when its disk does not: alerts about a full disk must get out.

What cannot be kept durably is kept in memory, tried from there, and said to be at risk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import TypeVar

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.message import Letter, Message, Told, Unsent
from sysmon_tui.model.ports import Outbox

T = TypeVar("T")

_NO_LETTERS: tuple[Letter, ...] = ()
_NO_LOSS: tuple[Unsent, ...] = ()
_NOTHING: Mapping[str, Told] = {}


class SafeOutbox:
    """As `Outbox`, but nothing raises."""

    def __init__(self, durable: Outbox, spare: Outbox) -> None:
        self._durable = durable
        self._spare = spare
        self._problem = ""
        self._held: dict[str, float] = {}
        """What the disk could not be told: when a message is due again, never for one done."""

    @property
    def troubled(self) -> bool:
        """What is due by the file is not all due."""
        return bool(self._held)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the user should know: that the disk fails, and what was lost."""
        at_risk = f"Notifications are kept in memory only: {self._problem}"
        lost = (
            *self._ask(self._durable.unsent, _NO_LOSS),
            *self._ask(self._spare.unsent, _NO_LOSS),
        )
        return (
            *((at_risk,) if self._problem else ()),
            *filter(None, (getattr(self._durable, "notice", ""),)),
            *(text for unsent in lost for text in _told(unsent)),
        )

    def put(self, message: Message, told: Mapping[str, Told | None]) -> None:
        if self._try(lambda: self._durable.put(message, told)):
            self._problem = ""
        else:
            self._try(lambda: self._spare.put(message, told))

    def remember(self, receiver: str, told: Mapping[str, Told | None]) -> None:
        if not self._try(lambda: self._durable.remember(receiver, told)):
            self._try(lambda: self._spare.remember(receiver, told))

    def told(self, receiver: str) -> Mapping[str, Told]:
        durable = self._ask(lambda: self._durable.told(receiver), _NOTHING)
        return {**durable, **self._ask(lambda: self._spare.told(receiver), _NOTHING)}

    def due(self, receiver: str, now: float, limit: int) -> tuple[Letter, ...]:
        self._settle()
        durable = self._ask(lambda: self._durable.due(receiver, now, limit), _NO_LETTERS)
        letters = durable + self._ask(lambda: self._spare.due(receiver, now, limit), _NO_LETTERS)
        return tuple(letter for letter in letters if self._held.get(letter.message.id, now) <= now)

    def next_due(self, receiver: str) -> float:
        return min(
            self._ask(lambda: self._durable.next_due(receiver), inf),
            self._ask(lambda: self._spare.next_due(receiver), inf),
        )

    def waiting(self, receiver: str) -> int:
        durable = self._ask(lambda: self._durable.waiting(receiver), 0)
        return durable + self._ask(lambda: self._spare.waiting(receiver), 0)

    def done(self, id: str) -> None:  # noqa: A002 - as in the port
        self._try(lambda: self._spare.done(id))
        if not self._try(lambda: self._durable.done(id)):
            self._held[id] = inf

    def failed(self, id: str, next_at: float | None, reason: str) -> None:  # noqa: A002 - as above
        self._try(lambda: self._spare.failed(id, next_at, reason))
        if not self._try(lambda: self._durable.failed(id, next_at, reason)):
            self._held[id] = inf if next_at is None else next_at
        elif id in self._held:
            del self._held[id]

    def _settle(self) -> None:
        """Tell the disk what it missed, while it listens. What only failed is tried, then told."""
        for name in [name for name, due in self._held.items() if due == inf]:
            if not self._try(partial(self._durable.done, name)):
                return
            del self._held[name]

    def _try(self, work: Callable[[], None]) -> bool:
        def worked() -> bool:
            work()
            return True

        return self._ask(worked, False)

    def _ask(self, question: Callable[[], T], otherwise: T) -> T:
        try:
            answer = question()
        except StoreError as error:
            self._problem = str(error)
            return otherwise
        return answer


def _told(unsent: Unsent) -> list[str]:
    texts = []
    if unsent.given_up:
        texts.append(
            f"Notifier {unsent.receiver}: {unsent.given_up} given up for good: {unsent.reason}"
        )
    if unsent.dropped:
        texts.append(f"Notifier {unsent.receiver}: {unsent.dropped} dropped, too many waited")
    return texts
