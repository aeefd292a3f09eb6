"""Rules as the engine judges them: a condition, the levels it fires at, and what must agree.

`alerts.rules` makes them of TOML and `alerts.promrules` of Prometheus' files; the alerts they
yield are in `model.alert`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from operator import ge, gt, le, lt

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels


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
