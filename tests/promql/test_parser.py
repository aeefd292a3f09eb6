from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.promql import Expr, PromqlError, evaluate, parse, render, selectors
from sysmon_tui.promql.ast import (
    PLAIN,
    Aggregation,
    Binary,
    Call,
    Matching,
    Negative,
    Number,
    Range,
    Selector,
    String,
)
from sysmon_tui.promql.format import duration
from sysmon_tui.promql.recorded import Recorded
from sysmon_tui.promql.signatures import COMPARISONS, SETS
from tests.promql.mixin import ALERTS

X, Y = Selector("x"), Selector("y")


def problem(text: str) -> PromqlError:
    with pytest.raises(PromqlError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", X),
        ("(((x)))", X),
        ("x # said\n + y", Binary("+", X, Y)),
        ("a:b:c", Selector("a:b:c")),
        ("1.5e3", Number(1500.0)),
        (".5", Number(0.5)),
        ("0x1f", Number(31.0)),
        ("017", Number(15.0)),
        ("09", Number(9.0)),
        ("inf", Number(inf)),
        ("-Inf", Number(-inf)),
        ("- NaN", Number(nan)),
        ("+x", X),
        ("'it\\'s'", String("it's")),
        ('"\\x41\\u00e9\\U0001F600\\101\\n"', String("A\u00e9\U0001f600A\n")),
        ("`raw\\n`", String("raw\\n")),
        (
            "x{a='b',c!~\"d|e\",}",
            Selector("x", (Matcher("a", MatchOp.EQUAL, "b"), Matcher("c", MatchOp.UNLIKE, "d|e"))),
        ),
        ('{__name__="x"}', X),
        ("x offset 1h30m", Selector("x", (), 5400.0)),
        ("x offset -250ms", Selector("x", (), -0.25)),
        ("rate(x[5m] offset +1d)", Call("rate", (Range(Selector("x", (), 86400.0), 300.0),))),
        ("1 + 2 * 3", Binary("+", Number(1.0), Binary("*", Number(2.0), Number(3.0)))),
        ("1 - 2 - 3", Binary("-", Binary("-", Number(1.0), Number(2.0)), Number(3.0))),
        ("2 ^ 3 ^ 4", Binary("^", Number(2.0), Binary("^", Number(3.0), Number(4.0)))),
        ("-x ^ 2", Negative(Binary("^", X, Number(2.0)))),
        ("-x * 2", Binary("*", Negative(X), Number(2.0))),
        ("x OR y and x", Binary("or", X, Binary("and", Y, X))),
        ("1 >bool 2", Binary(">", Number(1.0), Number(2.0), bool=True)),
        ("x + on(a,b) y", Binary("+", X, Y, matching=Matching(True, ("a", "b")))),
        (
            "x / ignoring(a) group_right(b) y",
            Binary("/", X, Y, matching=Matching(False, ("a",), "right", ("b",))),
        ),
        ("sum by (a) (x)", Aggregation("sum", X, None, False, ("a",))),
        ("SUM(x) without (a, by)", Aggregation("sum", X, None, True, ("a", "by"))),
        ("topk(3, x)", Aggregation("topk", X, Number(3.0))),
        ("sum + avg", Binary("+", Selector("sum"), Selector("avg"))),
        ("time()", Call("time")),
    ],
)
def test_texts_and_their_trees(text: str, tree: Expr) -> None:
    assert parse(text) == tree
    assert parse(render(tree)) == tree


@pytest.mark.parametrize(
    ("text", "named", "line", "column"),
    [
        ("x[5m:1m]", "subqueries are not supported", 1, 5),
        ("(x + y)[5m:]", "subqueries are not supported", 1, 11),
        ("x + y[5m", "unexpected the end", 1, 9),
        ("x @ 5", "the @ modifier is not supported", 1, 3),
        ("x\n  + histogram_quantile(1, x)", "the function histogram_quantile is not", 2, 5),
        ('count_values("a", x)', "the aggregation count_values is not supported", 1, 1),
        ("x atan2 y", "the operator atan2 is not supported", 1, 3),
        ("{a='b'}", "without a metric's name", 1, 1),
        ("x{__name__=~'y'}", "a matcher __name__=~", 1, 1),
        ("sum by (__name__) (x)", "grouping by __name__", 1, 17),
        ("rate(x)", "rate wants a range vector here, not a instant vector", 1, 6),
        ("rate(x[5m], 1)", "rate does not take 2 arguments", 1, 1),
        ("5m", "5m is a duration", 1, 1),
        ("x[5]", "unexpected '5'", 1, 3),
        ("x offset y", "unexpected 'y'", 1, 10),
        ("x[1s1m]", "1s1m is no duration", 1, 3),
        ("x[0s]", "must be greater than 0", 1, 3),
        ("x[999999y]", "too long", 1, 3),
        (f"x[{'9' * 60}s]", "too long", 1, 3),
        ("(x)[5m]", "right behind a selector", 1, 7),
        ("sum(x) offset 5m", "offset goes once", 1, 8),
        ("'open", "this string has no end", 1, 1),
        ("1x", "neither a number nor a duration", 1, 1),
        ("x ; y", "unexpected ';'", 1, 3),
        ("x y", "unexpected 'y'", 1, 3),
        ("", "unexpected the end", 1, 1),
        ("x +", "unexpected the end", 1, 4),
        ("x + on", "unexpected the end", 1, 7),
        ("on", "unexpected 'on'", 1, 1),
        ("x{a:b='c'}", "unexpected 'a:b'", 1, 3),
        ("x{a>'c'}", "unexpected '>'", 1, 4),
        ("x{a=b}", "unexpected 'b'", 1, 5),
        ("x{a='b' c='d'}", "unexpected 'c'", 1, 9),
        ("x{a=~'('}", "is not understood", 1, 6),
        ("x{a=~'[[:alpha:]]'}", "is not understood", 1, 6),
        ("x{a=~'a(?!b)'}", "RE2", 1, 6),
        ("x{a=~'(a)\\\\1'}", "RE2", 1, 6),
        ("'\\q'", "the escape", 1, 2),
        ("'\\xff'", "the escape", 1, 2),
        ("'\\ud800'", "the escape", 1, 2),
        ("x + bool y", "bool goes with comparisons only", 1, 3),
        ("1 < 2", "scalars are compared with bool", 1, 3),
        ("x and 1", "and does not take a scalar", 1, 3),
        ("x or group_left y", "unexpected 'group_left'", 1, 6),
        ("x or on(a) group_left y", "or takes no group_left", 1, 3),
        ("x + on(a) 1", "between instant vectors only", 1, 3),
        ("x + on(a) group_left(a) y", "a is both in on and in group_left", 1, 21),
        ("x[5m] + 1", "+ does not take a range vector", 1, 1),
        ("1 + 'a'", "+ does not take a string", 1, 5),
        ("-'a'", "a sign does not go before a string", 1, 1),
        ("clamp(x, y, 1)", "clamp wants a scalar", 1, 10),
        ("abs(1)", "abs wants a instant vector", 1, 5),
        ("label_replace(x, y, '', '', '')", "label_replace wants a string", 1, 18),
        ("label_replace(x, '__name__', '', '', '')", "no label to write to", 1, 18),
        ("label_replace(x, 'a', '', '', '(')", "is not understood", 1, 31),
    ],
)
def test_errors_name_the_problem_and_its_place(
    text: str, named: str, line: int, column: int
) -> None:
    error = problem(text)
    assert named in error.what
    assert (error.line, error.column) == (line, column)
    assert str(error).startswith(f"{line}:{column}: ")
    assert error.remedy


@pytest.mark.parametrize(
    "text", ["(" * 1000, "-" * 1000 + "1", "1" + "+1" * 1000, "abs(" * 1000, "sum by (a) (" * 999]
)
def test_what_is_too_deep_is_refused(text: str) -> None:
    assert "more than 80 operators" in problem(text).what


def test_the_deepest_that_parses_can_be_printed_and_worked_out() -> None:
    for text in ("abs(" * 79 + "x" + ")" * 79, "x" + " + x" * 78, "-" * 79 + "x"):
        tree = parse(text)
        assert parse(render(tree)) == tree
        assert evaluate(tree, Recorded(), 0.0) == {}


@pytest.mark.parametrize("text", ["'a'", "x[5m]"])
def test_a_text_or_range_has_no_value(text: str) -> None:
    with pytest.raises(PromqlError, match="neither a vector nor a scalar"):
        evaluate(parse(text), Recorded(), 0.0)


@pytest.mark.parametrize(
    "tree",
    [
        String("a"),
        Call("abs", (Number(1.0),)),
        Call("vector", (X,)),
        Binary("+", X, Range(X, 1.0)),
    ],
)
def test_a_tree_of_wrong_types_is_refused(tree: Expr) -> None:
    with pytest.raises(PromqlError):
        evaluate(tree, Recorded(), 0.0)


def test_selectors_have_their_longest_range() -> None:
    found = selectors(parse("x + rate(x[5m]) + delta(x[1m]) + sum(y offset 1m) + topk(1, x)"))
    assert found == {X: 300.0, Selector("y", (), 60.0): 0.0}


def test_durations_read_as_prometheus_writes_them() -> None:
    assert duration(5400.0) == "1h30m"
    assert duration(0.0) == "0s"
    assert duration(90061.001) == "1d1h1m1s1ms"


@pytest.mark.parametrize("name", ALERTS)
def test_mixin_alerts_survive_printing(name: str) -> None:
    tree = parse(ALERTS[name])
    assert parse(render(tree)) == tree


_NAMES = st.sampled_from(("x", "a:b", "sum", "on", "Inf", "by", "rate", "offset", "bool", "END"))
_LABELS = st.lists(st.sampled_from(("a", "b", "by", "on", "_c")), max_size=2).map(tuple)
_SECONDS = st.integers(1, 10**12).map(lambda ms: ms / 1000.0)
_TEXT = st.text(st.characters(codec="utf-8"))
_MATCHERS = st.lists(
    st.builds(
        Matcher,
        st.sampled_from(("a", "b", "offset")),
        st.sampled_from((MatchOp.EQUAL, MatchOp.NOT_EQUAL)),
        _TEXT,
    )
    | st.builds(Matcher, st.just("a"), st.just(MatchOp.LIKE), st.sampled_from(("a|b", "\\d+"))),
    max_size=3,
).map(tuple)
_SELECTORS = st.builds(
    Selector, _NAMES, _MATCHERS, _SECONDS | _SECONDS.map(lambda s: -s) | st.just(0.0)
)
_RANGES = st.builds(Range, _SELECTORS, _SECONDS)
_SCALARS = st.builds(Number, st.floats(allow_nan=False) | st.just(nan)) | st.just(Call("time"))
_ARITHMETIC = ("+", "-", "*", "/", "%", "^")
_MATCHINGS = st.builds(Matching, st.just(False), _LABELS) | st.builds(
    Matching, st.just(False), _LABELS, st.sampled_from(("left", "right")), _LABELS
)


def _larger(vectors: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    operators = st.sampled_from(_ARITHMETIC)
    return (
        st.builds(Negative, vectors)
        | st.builds(Binary, operators, vectors, vectors, st.just(False), _MATCHINGS)
        | st.builds(Binary, operators, _SCALARS, vectors)
        | st.builds(Binary, operators, vectors, _SCALARS)
        | st.builds(Binary, st.sampled_from(sorted(COMPARISONS)), vectors, vectors, st.booleans())
        | st.builds(
            Binary,
            st.sampled_from(sorted(SETS)),
            vectors,
            vectors,
            st.just(False),
            st.builds(Matching, st.just(True), _LABELS) | st.just(PLAIN),
        )
        | st.builds(Aggregation, st.just("sum"), vectors, st.none(), st.booleans(), _LABELS)
        | st.builds(Aggregation, st.just("topk"), vectors, _SCALARS)
        | st.builds(lambda of, step: Call("round", (of, step)), vectors, _SCALARS)
        | st.builds(lambda of: Call("vector", (Call("scalar", (of,)),)), vectors)
    )


_VECTORS: st.SearchStrategy[Expr] = st.recursive(
    _SELECTORS | st.builds(lambda of: Call("rate", (of,)), _RANGES), _larger, max_leaves=12
)


@given(_VECTORS)
def test_what_is_printed_is_read_back(tree: Expr) -> None:
    assert parse(render(tree)) == tree


@given(_TEXT | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_an_expression_or_a_promql_error(text: str) -> None:
    try:
        tree = parse(text)
    except PromqlError:
        return
    assert parse(render(tree)) == tree


_ODDMENTS = (
    "x sum rate by on ( ) { } [ ] , 5m 5m: 1 1e9 'a' \"(\" + - ^ == =~ =~'[[' bool and or offset"
    " group_left @ time label_replace topk inf # ` \\ \n 0x 1h1m ='"
)
_WORDS = st.sampled_from(_ODDMENTS.split(" "))


@given(st.lists(_WORDS, max_size=40).map(" ".join))
def test_any_words_are_an_expression_or_a_promql_error(text: str) -> None:
    try:
        tree = parse(text)
    except PromqlError:
        return
    assert parse(render(tree)) == tree
