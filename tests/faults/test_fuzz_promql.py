"""Any text is an expression or a problem with its place, and any expression has a value or one.

Made of the grammar itself, of its words in any order, and of any characters. What is parsed and
printed is in `tests/promql`; here it is worked out too, over samples that are anything.
"""

from __future__ import annotations

from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.metric import Labels
from sysmon_tui.promql import Expr, PromqlError, evaluate, parse, render, selectors
from sysmon_tui.promql.recorded import Recorded
from tests.faults.examples import quick
from tests.promql.test_parser import _NAMES, _TEXT, _VECTORS, _WORDS

_VALUES = st.one_of(
    st.none(), st.floats(), st.sampled_from([0.0, -0.0, inf, -inf, nan, 1e308, 5e-324, 2.0**63])
)
_LABELS: st.SearchStrategy[Labels] = st.dictionaries(
    st.sampled_from(("a", "b", "le")), st.sampled_from(("", "a", "1", "[/]", "\x1b")), max_size=2
).map(lambda found: tuple(sorted((name, text) for name, text in found.items() if text)))


@st.composite
def samples(draw: st.DrawFn) -> Recorded:
    recorded = Recorded()
    for name in draw(st.lists(_NAMES, max_size=4)):
        for labels in draw(st.lists(_LABELS, max_size=3, unique=True)):
            for number, value in enumerate(draw(st.lists(_VALUES, max_size=6))):
                recorded.add(name, labels, 1000.0 + 15.0 * number, value)
    return recorded


def worked_out(expr: Expr, source: Recorded) -> None:
    for at in (0.0, 1030.0, 1e9):
        try:
            value = evaluate(expr, source, at)
        except PromqlError:
            continue
        assert isinstance(value, float) or all(
            isinstance(one, float) and dict(labels) is not None for labels, one in value.items()
        )


@quick
@given(_VECTORS, samples())
def test_any_expression_has_a_value_or_a_problem(expr: Expr, source: Recorded) -> None:
    worked_out(expr, source)
    assert parse(render(expr)) == expr


@quick
@given(
    _TEXT
    | st.lists(_WORDS, max_size=40).map(" ".join)
    | st.builds(lambda word, times: word * times, _WORDS, st.sampled_from((100, 5000, 50_000))),
    samples(),
)
def test_any_text_is_worked_out_or_refused(text: str, source: Recorded) -> None:
    try:
        expr = parse(text)
    except PromqlError:
        return
    tuple(selectors(expr))
    worked_out(expr, source)
