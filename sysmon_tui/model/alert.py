"""Rules and the alerts they yield; severity as the whole program orders it."""

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


class Op(StrEnum):
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="


@dataclass(frozen=True, slots=True)
class Level:
    """One severity of a rule, with its own hysteresis."""

    severity: Severity
    threshold: float
    clear: float
    """The level ends only when the value is back past this one."""
    hold: float = 0.0
    """Seconds a breach must last before it fires (`for` in the rule file)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition over one metric family; it yields one alert for each set of labels."""

    name: str
    metric: str
    match: Labels = ()
    """Labels a series must carry, exactly."""
    op: Op = Op.GT
    levels: tuple[Level, ...]
    """Mildest first."""
    average: float = 0.0
    """Seconds over which the value is averaged before it is compared; 0 takes it as it is."""
    keep_firing: float = 0.0
    """Seconds a firing alert outlives its condition."""
    summary: str = ""
    """What a person reads; `{value}` and `{label}` are filled in."""
    runbook: str = ""
    """What to look at first, in a line or two, with the keys that show it."""
    resource: str = ""
    """`cpu`, `memory`, `io` or empty: whose top process is named as the culprit."""
    unit: str = "ratio"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    by: SafeText
    at: float
    """Seconds since the epoch."""
    note: SafeText = NO_TEXT


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
    changed_at: float = 0.0
    summary: SafeText = NO_TEXT
    runbook: str = ""
    resource: str = ""
    ack: Acknowledgement | None = None

    @property
    def active(self) -> bool:
        return self.state in (State.PENDING, State.FIRING)

    def acknowledged(self, by: SafeText, at: float, note: SafeText = NO_TEXT) -> Alert:
        return replace(self, ack=Acknowledgement(by, at, note))


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """A step in an alert's life, as it is written to the ledger."""

    at: float
    kind: str
    """`pending`, `firing`, `worse`, `milder`, `resolved`, `acknowledged`, `unacknowledged`."""
    alert: Alert
    actor: SafeText = NO_TEXT
