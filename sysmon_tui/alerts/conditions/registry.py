"""Which kinds of conditions there are, and how each is made from a rule.

The word of a kind is what a rule file says (`average = "10m"`). Its `promql` is how
`alerts.expression` says it to Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import nan
from typing import NamedTuple, Protocol

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule, peer_of
from sysmon_tui.promql import Recent, parse, selectors

NO_FAMILY: Mapping[Labels, float] = {}


class Condition(Protocol):
    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        """What is held against the thresholds, by series; NaN where that is not known.

        `now` is steady wall time, `mono` what windows are measured on.
        """


class Usual(Protocol):
    """What is usual at this time of the day; `conditions.baseline` is one."""

    def at(self, metric: str, labels: Labels, now: float) -> tuple[float, float] | None:
        """Median and median absolute deviation of a series; None while that is not known."""


class NothingUsual:
    """Without history nothing is known to be usual."""

    def at(self, metric: str, labels: Labels, now: float) -> tuple[float, float] | None:
        return None


class Surroundings:
    """What the conditions of some rules share with each other."""

    def __init__(
        self, rules: Iterable[Rule], usual: Usual | None = None, external: Labels = ()
    ) -> None:
        """`external` are labels expressions may ask for although our series lack them (`job`)."""
        self.source = Recent((parse(rule.expr) for rule in rules if rule.expr), external)
        """The samples expressions are worked out on."""
        self.usual = usual or NothingUsual()

    def feed(self, families: Families, now: float) -> None:
        """Once in a beat, before any condition is asked; `now` is steady wall time."""
        self.source.feed(families, now)


class Kind(NamedTuple):
    create: Callable[[Rule, Surroundings], Condition]
    promql: str
    """`str.format` template of the value in PromQL, over `series`, `over`, `wide` (the same, but
    a minute at least), `seconds`, `toward`, `whole` and `floor`; with `threshold` in it it is the
    whole condition. Empty where PromQL cannot say it."""
    window: bool
    """It looks back some time; a rule file then gives a duration, else `true`."""
    whole: bool
    """It makes something of the rule's `of` itself."""


_kinds: dict[str, Kind] = {}


def kind(
    word: str, promql: str = "", *, window: bool = True, whole: bool = False
) -> Callable[
    [Callable[[Rule, Surroundings], Condition]], Callable[[Rule, Surroundings], Condition]
]:
    """Register the decorated function as what makes conditions of the kind `word`."""

    def register(
        create: Callable[[Rule, Surroundings], Condition],
    ) -> Callable[[Rule, Surroundings], Condition]:
        _kinds[word] = Kind(create, promql, window, whole)
        return create

    return register


def find(word: str) -> Kind:
    """Raises `KeyError` where there is no such kind."""
    return _kinds[word]


def words() -> tuple[str, ...]:
    """The kinds a rule file may name beside `metric`."""
    return tuple(word for word in _kinds if word not in ("value", "expr"))


def metrics(rule: Rule) -> Iterator[str]:
    """Every metric a rule looks at."""
    if rule.expr:
        yield from {selector.name for selector in selectors(parse(rule.expr))}
    else:
        yield rule.metric
    if rule.of:
        yield rule.of
    for level in rule.levels:
        for bound in level.bounds:
            if not peer_of(bound.metric):
                yield bound.metric


def create(rule: Rule, around: Surroundings) -> Condition:
    """What judges a rule's figures; a fresh one, with nothing known."""
    made = find(rule.kind)
    condition = made.create(rule, around)
    if rule.of and not made.whole:
        condition = _Share(condition, rule.of)
    return _Labelled(condition, rule.labels) if rule.labels else condition


class _Share:
    def __init__(self, part: Condition, whole: str) -> None:
        self._part = part
        self._whole = whole

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        whole = families.get(self._whole, NO_FAMILY)
        parts = self._part.values(families, now, mono)
        return {labels: share(value, beside(whole, labels)) for labels, value in parts.items()}


class _Labelled:
    """The values of another condition, each with the labels a rule adds."""

    def __init__(self, bare: Condition, added: Labels) -> None:
        self._bare = bare
        self._added = added
        self._known: dict[Labels, Labels] = {}

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        bare = self._bare.values(families, now, mono)
        if len(self._known) > 2 * len(bare) + 64:
            self._known.clear()
        return {self._with(labels): value for labels, value in bare.items()}

    def _with(self, labels: Labels) -> Labels:
        full = self._known.get(labels)
        if full is None:
            full = tuple(sorted({**dict(labels), **dict(self._added)}.items()))
            self._known[labels] = full
        return full


def share(value: float, whole: float) -> float:
    """NaN where the whole is unknown or nothing: a sensor without a limit reports 0."""
    return value / whole if whole > 0.0 else nan


def beside(family: Mapping[Labels, float], labels: Labels) -> float:
    """The value of another metric for the same thing, or for the whole machine."""
    found = family.get(labels)
    return family.get((), nan) if found is None else found
