"""Text to tree: `parse`, by precedence climbing, with the checks Prometheus makes on the way.

Rules, their import and the command line call `parse`. Whatever Prometheus knows and we do not is
refused by name, so that nobody wonders what the error is about.
"""

from __future__ import annotations

from math import isnan, nan

from sysmon_tui.promql import selector as selecting
from sysmon_tui.promql.ast import (
    PLAIN,
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    Negative,
    Number,
    Range,
    Selector,
    String,
    ValueType,
)
from sysmon_tui.promql.cursor import Cursor
from sysmon_tui.promql.lexer import Token, number, string
from sysmon_tui.promql.signatures import (
    AGGREGATIONS,
    COMPARISONS,
    FUNCTIONS,
    PARAMETRIC,
    PRECEDENCE,
    SETS,
    UNARY_PRECEDENCE,
    UNSUPPORTED_AGGREGATIONS,
    type_of,
)

_SCALAR, _VECTOR = ValueType.SCALAR, ValueType.VECTOR


def parse(text: str) -> Expr:
    """The expression a text means. Raises PromqlError with line, column and remedy."""
    cursor = Cursor(text)
    expr = _expression(cursor, 0)
    if cursor.token.kind != "end":
        raise cursor.unexpected("the end")
    return expr


def _expression(cursor: Cursor, above: int) -> Expr:
    """An operand and all operators behind it that bind tighter than `above`."""
    with cursor.deeper():
        start = cursor.token
        left = _operand(cursor)
        while (binds := _binds(cursor)) > above:
            cursor.count_operator()
            left = _binary(cursor, left, start, binds)
        return left


def _binds(cursor: Cursor) -> int:
    if cursor.token.kind == "name" and cursor.word == "atan2":
        raise cursor.error("the operator atan2 is not supported", "Leave it out")
    return PRECEDENCE.get(cursor.word, 0) if cursor.token.kind in ("symbol", "name") else 0


def _binary(cursor: Cursor, left: Expr, start: Token, binds: int) -> Binary:
    at = cursor.token
    op = cursor.word
    cursor.advance()
    boolean = cursor.take_word("bool")
    if boolean and op not in COMPARISONS:
        raise cursor.error("bool goes with comparisons only", f"Write {op} without it", at)
    matching = _matching(cursor)
    right_at = cursor.token
    # A power binds from the right, everything else from the left.
    right = _expression(cursor, binds - 1 if op == "^" else binds)
    scalars = 0
    for side, place in ((left, start), (right, right_at)):
        kind = type_of(side)
        if kind not in (_SCALAR, _VECTOR):
            raise cursor.error(
                f"{op} does not take a {kind}", "Apply it to scalars or instant vectors", place
            )
        scalars += kind is _SCALAR
    _check_operator(cursor, at, op, boolean, scalars, matching)
    return Binary(op, left, right, boolean, matching or PLAIN)


def _check_operator(
    cursor: Cursor, at: Token, op: str, boolean: bool, scalars: int, matching: Matching | None
) -> None:
    if op in SETS and scalars:
        raise cursor.error(f"{op} does not take a scalar", "Wrap it as vector(...)", at)
    if op in SETS and matching is not None and matching.group:
        raise cursor.error(f"{op} takes no group_{matching.group}", "Leave it out", at)
    if op in COMPARISONS and scalars == 2 and not boolean:
        raise cursor.error("scalars are compared with bool", f"Write {op} bool", at)
    if scalars and matching is not None:
        raise cursor.error(
            "on, ignoring and groups go between instant vectors only", "Leave them out", at
        )


def _matching(cursor: Cursor) -> Matching | None:
    on = cursor.token.kind == "name" and cursor.word == "on"
    if not on and not (cursor.token.kind == "name" and cursor.word == "ignoring"):
        return None
    cursor.advance()
    labels = selecting.names(cursor)
    group, include = "", tuple[str, ...]()
    if cursor.token.kind == "name" and cursor.word in ("group_left", "group_right"):
        group = cursor.word.removeprefix("group_")
        cursor.advance()
        at = cursor.token
        if at.text == "(":
            include = selecting.names(cursor)
        both = sorted(set(labels) & set(include)) if on else []
        if both:
            raise cursor.error(
                f"{both[0]} is both in on and in group_{group}", "Leave it in one of them", at
            )
    return Matching(on, labels, group, include)


def _operand(cursor: Cursor) -> Expr:
    token = cursor.token
    if token.kind != "symbol" or token.text not in "+-":
        return _primary(cursor)
    cursor.advance()
    operand = _expression(cursor, UNARY_PRECEDENCE)
    kind = type_of(operand)
    if kind not in (_SCALAR, _VECTOR):
        raise cursor.error(
            f"a sign does not go before a {kind}", "Put it before a scalar or vector", token
        )
    if token.text == "+":
        return operand
    if not isinstance(operand, Number):
        return Negative(operand)
    # One NaN only: expressions with it compare equal by its identity.
    return operand if isnan(operand.value) else Number(-operand.value)


def _primary(cursor: Cursor) -> Expr:
    token = cursor.token
    found: Expr
    if token.kind == "number":
        cursor.advance()
        found = Number(number(token))
    elif token.kind == "string":
        cursor.advance()
        found = String(string(cursor.text, token))
    elif token.text == "(":
        cursor.advance()
        found = _expression(cursor, 0)
        cursor.expect(")")
    elif token.text == "{":
        return selecting.selector(cursor)
    elif token.kind == "name":
        found = _named(cursor)
        if isinstance(found, Selector | Range):
            return found
    elif token.kind == "duration":
        raise cursor.error(f"{token.text} is a duration", "Write the number of seconds")
    else:
        raise cursor.unexpected("an expression")
    selecting.refuse_modifiers(cursor)
    return found


def _named(cursor: Cursor) -> Expr:
    """A number by name, an aggregation, a call or a selector."""
    token, word = cursor.token, cursor.word
    after = cursor.ahead
    if word in ("inf", "nan"):
        cursor.advance()
        return Number(nan if word == "nan" else float("inf"))
    grouped = after.kind == "name" and after.text.lower() in ("by", "without")
    if word in UNSUPPORTED_AGGREGATIONS and (after.text == "(" or grouped):
        raise cursor.error(f"the aggregation {word} is not supported", "Leave it out")
    if word in AGGREGATIONS and (after.text == "(" or grouped):
        return _aggregation(cursor)
    if after.text == "(":
        if token.text not in FUNCTIONS:
            raise cursor.error(
                f"the function {token.text} is not supported", f"Use one of {_known()}"
            )
        return _call(cursor)
    return selecting.selector(cursor)


def _known() -> str:
    return ", ".join(sorted(FUNCTIONS))


def _aggregation(cursor: Cursor) -> Aggregation:
    at, op = cursor.token, cursor.word
    cursor.advance()
    grouping = _grouping(cursor)
    arguments = _arguments(cursor)
    if grouping is None:
        grouping = _grouping(cursor)
    without, labels = grouping or (False, ())
    wanted = (_SCALAR, _VECTOR) if op in PARAMETRIC else (_VECTOR,)
    _check_arguments(cursor, at, arguments, wanted, 0)
    operand = arguments[-1][1]
    parameter = arguments[0][1] if op in PARAMETRIC else None
    return Aggregation(op, operand, parameter, without, labels)


def _grouping(cursor: Cursor) -> tuple[bool, tuple[str, ...]] | None:
    if cursor.token.kind != "name" or cursor.word not in ("by", "without"):
        return None
    without = cursor.word == "without"
    cursor.advance()
    return without, selecting.names(cursor)


def _call(cursor: Cursor) -> Call:
    at = cursor.token
    cursor.advance()
    arguments = _arguments(cursor)
    signature = FUNCTIONS[at.text]
    _check_arguments(cursor, at, arguments, signature.takes, signature.optional)
    if at.text == "label_replace":
        selecting.check_replacement(cursor, arguments)
    return Call(at.text, tuple(expr for _, expr in arguments))


def _arguments(cursor: Cursor) -> list[tuple[Token, Expr]]:
    cursor.expect("(")
    found: list[tuple[Token, Expr]] = []
    while cursor.token.text != ")":
        if found:
            cursor.expect(",")
        start = cursor.token
        found.append((start, _expression(cursor, 0)))
    cursor.expect(")")
    return found


def _check_arguments(
    cursor: Cursor,
    at: Token,
    arguments: list[tuple[Token, Expr]],
    wanted: tuple[ValueType, ...],
    optional: int,
) -> None:
    if not len(wanted) - optional <= len(arguments) <= len(wanted):
        takes = ", ".join(wanted) or "nothing"
        raise cursor.error(
            f"{at.text} does not take {len(arguments)} arguments", f"Give it: {takes}", at
        )
    for (start, expr), kind in zip(arguments, wanted, strict=False):
        if type_of(expr) is not kind:
            raise cursor.error(
                f"{at.text} wants a {kind} here, not a {type_of(expr)}", _cure(kind), start
            )


def _cure(kind: ValueType) -> str:
    return {
        ValueType.MATRIX: "Add a range as in name[5m]",
        ValueType.SCALAR: "Write a number or scalar(...)",
        ValueType.VECTOR: "Write a selector or vector(...)",
        ValueType.STRING: "Write a text in quotes",
    }[kind]
