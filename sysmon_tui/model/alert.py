"""Rules and the alerts they yield; severity as the whole program orders it.

How an alert gets from one state to the next is in `model.transition`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from math import inf
from operator import ge, gt, le, lt

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


class Op(StrEnum):
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="

    def holds(self, value: float, bound: float) -> bool:
        """Whether `value` is on the bad side of `bound`; never for NaN."""
        return COMPARE[self](value, bound)

    @property
    def upward(self) -> bool:
        """More is worse."""
        return self in (Op.GT, Op.GE)


COMPARE: Mapping[Op, Callable[[float, float], bool]] = {
    Op.GT: gt,
    Op.GE: ge,
    Op.LT: lt,
    Op.LE: le,
}

STALE_AFTER = 300.0
"""Seconds a firing alert outlives its figures: late ones are no all-clear."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A second metric that must agree: `98 % full` only `and less than 5 GiB free`.

    It is looked up by the labels of the judged series, else by none. Where nothing is known of
    it, it agrees: what we cannot see must not silence an alert.
    """

    metric: str
    """Or `rule:NAME`, which is 1 while that rule fires for the same thing, else 0."""
    op: Op
    threshold: float
    clear: float
    """The bound on a level that already fires, so that it does not flap either."""

    def agrees(self, value: float, *, fired: bool) -> bool:
        return value != value or self.op.holds(value, self.clear if fired else self.threshold)


_PEER = "rule:"


def peer_of(metric: str) -> str:
    """The rule a bound asks for; empty where it asks for a metric."""
    return metric.removeprefix(_PEER) if metric.startswith(_PEER) else ""


def peer_bound(rule: str, *, fires: bool) -> Bound:
    """Agrees while another rule fires, or while it does not."""
    return Bound(_PEER + rule, Op.GE if fires else Op.LT, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Level:
    """One severity of a rule, with its own hysteresis."""

    severity: Severity
    threshold: float
    clear: float
    """A level that fires ends only when the value is back at this one."""
    hold: float = 0.0
    """Seconds a breach must last before it fires (`for` in the rule file)."""
    bounds: tuple[Bound, ...] = ()
    """All must agree for the level to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition over one metric family; it yields one alert for each set of labels."""

    name: str
    metric: str = ""
    """Empty where `expr` says what is looked at."""
    match: Labels = ()
    """Labels a series must carry; `*` in a value stands for any text."""
    excluded: tuple[tuple[str, frozenset[str]], ...] = ()
    """Series that carry one of these values of a label, `*` as above, are left out."""
    of: str = ""
    """The metric the value is divided by: the one with the same labels, else with none."""
    op: Op = Op.GT
    levels: tuple[Level, ...]
    """Mildest first, and a severer one is never reached before a milder one."""
    measure: str = ""
    """What is made of a series before it is judged: a kind of `alerts.conditions`, such as
    `average`. Empty takes its values as they are."""
    over: float = 0.0
    """The seconds a measure looks back."""
    floor: float = 0.0
    """ratio: the least the whole must have come to. anomaly: the least deviation that counts."""
    toward: float = 0.0
    """forecast: the value that must not be reached."""
    expr: str = ""
    """A PromQL expression that stands for metric and measure."""
    labels: Labels = ()
    """What its alerts carry besides the labels of their series."""
    origin: str = ""
    """`FILE:LINE` of a rule that was read from a Prometheus rule file."""
    keep_firing: float = 0.0
    """Seconds a firing alert outlives its condition."""
    latch: bool = False
    """Once firing it stays until somebody acknowledges it."""
    summary: str = ""
    """What a person reads; `{value}`, `{worst}`, `{rule}` and `{label:NAME}` are filled in."""
    runbook: str = ""
    """What to look at first, in a line or two, with the keys that show it."""
    resource: str = ""
    """`cpu`, `memory`, `io` or empty: whose top process is named as the culprit."""
    inhibits: tuple[str, ...] = ()
    """Rules whose alerts nobody is called about while this one fires; their labels must agree
    where both have them."""
    notify: tuple[str, ...] = ()
    """Names of the notifiers that hear of it; none means every one."""
    unit: str = "ratio"
    """How the value is spelled: a key of `model.summary.UNITS`."""

    @property
    def kind(self) -> str:
        """The kind of condition it is, as `alerts.conditions` knows it."""
        return "expr" if self.expr else self.measure or "value"

    @property
    def instant(self) -> bool:
        """One raw figure can be held against the thresholds, as a gauge does for its colour."""
        return not self.of and self.kind in ("value", "average", "max", "min")

    @property
    def filtering(self) -> bool:
        """The expression holds where it yields anything, as in a Prometheus rule file."""
        return self.levels[0].threshold == -inf

    @property
    def warm_up(self) -> float:
        """Seconds a measure must cover before it is believed.

        A minute or a fifth of its window: a busy start of the machine or of this program is not
        yet ten busy minutes.
        """
        return min(self.over, max(60.0, self.over / 5.0))

    @property
    def grace(self) -> float:
        """Seconds a firing alert waits for figures that do not come before it resolves.

        None where the figures stay away because the condition does not hold.
        """
        if self.filtering:
            return 0.0
        return max(STALE_AFTER, self.keep_firing, 2.0 * self.warm_up)


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
