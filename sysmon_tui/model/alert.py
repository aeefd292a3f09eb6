"""Alerts and what happens to them; severity as the whole program orders it.

The rules that yield them are in `model.rule`; how an alert gets from one state to the next is in
`model.transition`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.text import NO_TEXT, SafeText


class Severity(IntEnum):
    """Ordered, so that the worst is `max`."""

    OK = 0
    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class State(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    by: SafeText
    at: float
    """Seconds since the epoch."""
    note: SafeText = NO_TEXT
    severity: Severity = Severity.OK
    """How bad it was when it was taken; only worse than that calls anybody again."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Out of sight until a set time: known, not urgent, and nobody is called meanwhile."""

    by: SafeText
    at: float
    until: float
    """Seconds since the epoch, like `at`."""
    note: SafeText = NO_TEXT
    severity: Severity = Severity.OK
    """How bad it was when it was shelved; only worse than that ends it early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule that holds for one set of labels, from its first breach to its end."""

    fingerprint: str
    rule: str
    labels: Labels
    state: State
    severity: Severity
    value: float
    worst: float
    since: float
    """Seconds since the epoch at which the condition began to hold."""
    fired_at: float | None = None
    resolved_at: float | None = None
    """An alert pending again keeps these two of the last time, and goes back to them."""
    changed_at: float = 0.0
    """When state or severity last changed."""
    onsets: tuple[float | None, ...] = ()
    """Since when each level of the rule holds. Lost in storage, they are guessed from `since`."""
    quiet_since: float | None = None
    """Since when a firing alert's condition does not hold, or nothing is known of it."""
    summary: SafeText = NO_TEXT
    runbook: str = ""
    resource: str = ""
    ack: Acknowledgement | None = None
    seen: bool = False
    """Nobody need look at what is over: it was muted at its end, or acknowledged and has only been
    pending since."""
    shelf: Shelf | None = None
    muted: SafeText = NO_TEXT
    """Why nobody is called about it, as a person reads it: shelved, a silence, or the alert that
    inhibits it. Empty where somebody would be. Computed beside the state, never a state."""

    @property
    def active(self) -> bool:
        return self.state in (State.PENDING, State.FIRING)

    @property
    def unseen(self) -> bool:
        """It fired and is over, and nobody has acknowledged it (ISA-18.2: returned to normal,
        unacknowledged)."""
        return self.state is State.RESOLVED and self.ack is None and not self.seen

    @property
    def word(self) -> str:
        """The state as a person reads it."""
        return "unseen" if self.unseen else self.state.value

    def acknowledged(self, by: SafeText, at: float, note: SafeText = NO_TEXT) -> Alert:
        return replace(self, ack=Acknowledgement(by, at, note, self.severity))

    def held_at(self, severity: Severity) -> Acknowledgement | None:
        """The acknowledgement, if it still stands with the alert at `severity`."""
        taken = self.ack.severity if self.ack is not None else Severity.OK
        return self.ack if severity <= max(taken, self.severity) else None

    def shelved_at(self, severity: Severity) -> Shelf | None:
        """The shelf, if it still holds with the alert at `severity`."""
        known = self.shelf.severity if self.shelf is not None else Severity.OK
        return self.shelf if severity <= max(known, self.severity) else None

    def moved(self, by: float) -> Alert:
        """The same alert `by` seconds later in every time: the clock it was timed by was set."""
        ack, shelf = self.ack, self.shelf
        return replace(
            self,
            since=self.since + by,
            fired_at=_later(self.fired_at, by),
            resolved_at=_later(self.resolved_at, by),
            changed_at=self.changed_at + by,
            onsets=tuple(_later(onset, by) for onset in self.onsets),
            quiet_since=_later(self.quiet_since, by),
            ack=replace(ack, at=ack.at + by) if ack else None,
            shelf=replace(shelf, at=shelf.at + by, until=shelf.until + by) if shelf else None,
        )


def _later(moment: float | None, by: float) -> float | None:
    return None if moment is None else moment + by


def fingerprint(rule: str, labels: Labels) -> str:
    """The name of an alert in ledgers and other programs: 16 hexadecimal digits.

    The same for the same rule and labels in every run. Lengths go in with the texts, so that no
    two sets of labels read alike.
    """
    from hashlib import sha256  # loads OpenSSL, which a machine without alerts never needs

    texts = (rule, *(text for pair in labels for text in pair))
    framed = "".join(f"{len(text)}:{text}" for text in texts)
    return sha256(framed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


SAID = frozenset({"acknowledged", "unacknowledged", "noted", "shelved", "unshelved"})
"""Kinds of events that say what people did; any program may write them."""
CALLS = frozenset({"firing", "worse", "unshelved", "unmuted"})
"""Kinds of events after which somebody should look."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A step in an alert's life, as it is written to the ledger."""

    at: float
    kind: str
    """`pending` (and again at another severity), `inactive` (a pending one that did not last),
    `firing`, `worse`, `milder`, `resolved`, `acknowledged`, `unacknowledged`, `noted`, `shelved`,
    `unshelved` (by hand or because its time was over), `muted` (a silence or another alert keeps
    it quiet while it fires), `unmuted` (that ended), `moved` (the wall clock was set)."""
    alert: Alert
    actor: SafeText = NO_TEXT

    @property
    def notifies(self) -> bool:
        """Somebody should look now: it fires or got worse, and nobody has it."""
        alert = self.alert
        return (
            self.kind in CALLS
            and alert.state is State.FIRING
            and alert.ack is None
            and not alert.muted
        )
