"""A source of what flows by: fed every beat, it keeps just what the rules' expressions ask for.

Memory is constant: at most `ring.POINTS` samples for each series of each range, and series that
are gone are forgotten. Whoever judges rules on live figures owns one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.silence import Matcher
from sysmon_tui.promql.ast import Expr, selected
from sysmon_tui.promql.ring import Ring
from sysmon_tui.promql.source import LOOKBACK, matches

REPEAT = 60.0
"""Seconds after which a family nobody read anew counts as a sample all the same.

A beat carries the newest figures of slow collectors on; taking them each time would make stairs
of what is a slope.
"""

_NO_FAMILY: Mapping[Labels, float] = {}


class Recent:
    def __init__(self, expressions: Iterable[Expr], external: Labels = ()) -> None:
        """`expressions` are all that will be worked out from it.

        `external` are labels matchers may ask for although our series do not carry them, as a
        scrape would add them (`job`, `instance`); results do not carry them either.
        """
        spans: dict[tuple[str, float], list[tuple[Matcher, ...]]] = {}
        for selector, seconds in (pair for expr in expressions for pair in selected(expr)):
            back = max(0.0, selector.offset)
            span = seconds + back + (LOOKBACK if back and not seconds else 0.0)
            spans.setdefault((selector.name, span), []).append(selector.matchers)
        self._kept: dict[str, list[_Kept]] = {}
        for (name, span), selections in sorted(spans.items()):
            self._kept.setdefault(name, []).append(_Kept(span, selections, external))

    def feed(self, families: Families, at: float) -> None:
        """One beat; `at` in seconds, steady. Families are not changed once they were given."""
        # To the millisecond, as expressions are worked out: else the newest were of the future.
        at = round(at * 1000.0) / 1000.0
        for name, all_kept in self._kept.items():
            family = families.get(name, _NO_FAMILY)
            for kept in all_kept:
                kept.feed(family, at)

    def instant(self, name: str, matchers: tuple[Matcher, ...], at: float) -> dict[Labels, float]:
        found: dict[Labels, float] = {}
        for kept in self._kept.get(name, ()):
            for labels, ring in kept.matching(matchers):
                sample = None if kept.stale(ring, at) else ring.before(at)
                if sample is not None and at - sample[0] <= LOOKBACK:
                    found.setdefault(labels, sample[1])
        return found

    def window(
        self, name: str, matchers: tuple[Matcher, ...], start: float, end: float
    ) -> dict[Labels, list[tuple[float, float]]]:
        """From the shortest memory that reaches back to `start`: it is the finest."""
        found: dict[Labels, list[tuple[float, float]]] = {}
        all_kept = self._kept.get(name, ())
        reaching = [kept for kept in all_kept if kept.reaches(start)] or all_kept[-1:]
        for kept in reaching:
            for labels, ring in kept.matching(matchers):
                points = ring.between(start, end)
                if points:
                    found.setdefault(labels, points)
        return found

    def __len__(self) -> int:
        """How many samples are kept, of all series together."""
        return sum(len(kept) for all_kept in self._kept.values() for kept in all_kept)


class _Kept:
    """The series of one metric that selectors with the same reach ask for."""

    def __init__(
        self, span: float, selections: Iterable[tuple[Matcher, ...]], external: Labels
    ) -> None:
        self._span = span
        self._selections = tuple(selections)
        self._external = external
        self._rings: dict[Labels, Ring] = {}
        self._strangers: set[Labels] = set()
        self._matching: dict[tuple[Matcher, ...], list[tuple[Labels, Ring]]] = {}
        self._family: Mapping[Labels, float] = _NO_FAMILY
        self._fed = 0.0

    def __len__(self) -> int:
        return sum(max(1, len(ring)) for ring in self._rings.values())

    def feed(self, family: Mapping[Labels, float], at: float) -> None:
        if family is self._family and 0.0 <= at - self._fed < REPEAT:
            return
        self._family, self._fed = family, at
        rings, strangers = self._rings, self._strangers
        if len(strangers) > 2 * len(family) + 64:
            strangers.clear()
        here = 0
        for labels, value in family.items():
            ring = rings.get(labels)
            if ring is None:
                if labels in strangers or not self._meets(labels):
                    continue
                ring = rings[labels]
            ring.add(at, value)
            here += 1
        if len(rings) > here:
            self._forget(at)

    def reaches(self, start: float) -> bool:
        return self._fed - self._span <= start

    def stale(self, ring: Ring, at: float) -> bool:
        """Whether the series was gone when its metric was last read."""
        return ring.at < self._fed <= at

    def matching(self, matchers: tuple[Matcher, ...]) -> list[tuple[Labels, Ring]]:
        found = self._matching.get(matchers)
        if found is None:
            found = self._matching[matchers] = list(self._look(matchers))
        return found

    def _look(self, matchers: tuple[Matcher, ...]) -> Iterator[tuple[Labels, Ring]]:
        for labels, ring in self._rings.items():
            if matches(self._full(labels), matchers):
                yield tuple(pair for pair in labels if pair[1]), ring

    def _meets(self, labels: Labels) -> bool:
        """Whether a new series is asked for; if so it gets a ring."""
        full = self._full(labels)
        if not any(matches(full, matchers) for matchers in self._selections):
            self._strangers.add(labels)
            return False
        self._rings[labels] = Ring(self._span)
        self._matching.clear()
        return True

    def _full(self, labels: Labels) -> Labels:
        carried = {name for name, _ in labels}
        return labels + tuple(pair for pair in self._external if pair[0] not in carried)

    def _forget(self, at: float) -> None:
        gone = [labels for labels, ring in self._rings.items() if ring.at < at - self._span]
        for labels in gone:
            del self._rings[labels]
        if gone:
            self._matching.clear()
