"""Parsing of selectors: names, matchers, ranges, offsets; and of label names. For the parser."""

from __future__ import annotations

import re
import warnings

from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.promql.ast import Expr, Range, Selector, String
from sysmon_tui.promql.cursor import Cursor
from sysmon_tui.promql.errors import PromqlError
from sysmon_tui.promql.lexer import Token, duration, string

NAME_LABEL = "__name__"
METRIC_NAME = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_NOT_RE2 = re.compile(r"(?:[^\\]|^)(?:\\\\)*(?:\\[1-9Z]|\(\?(?:[=!#(>]|<[=!]|P=)|[*+?}]\+)")
_NOT_NAMES = frozenset(("bool", "on", "ignoring", "group_left", "group_right", "atan2"))


def selector(cursor: Cursor) -> Selector | Range:
    """`name{matchers}[range] offset d`, from the name or the brace on."""
    start = cursor.token
    name = ""
    if start.kind == "name":
        if cursor.word in _NOT_NAMES:
            raise cursor.unexpected("an expression")
        name = start.text
        cursor.advance()
    matchers = _matchers(cursor) if cursor.token.text == "{" else []
    name, rest = _named(cursor, start, name, matchers)
    seconds = _range(cursor) if cursor.token.text == "[" else 0.0
    found = Selector(name, rest, _offset(cursor))
    refuse_modifiers(cursor)
    return Range(found, seconds) if seconds else found


def refuse_modifiers(cursor: Cursor) -> None:
    """What may not stand behind an expression that is complete."""
    if cursor.token.text == "[":
        while cursor.token.kind != "end" and cursor.token.text != "]":
            if ":" in cursor.token.text:
                raise _subquery(cursor)
            cursor.advance()
        raise cursor.error("a range goes right behind a selector", "Write name[5m] offset 1h")
    if cursor.token.text == "@":
        raise cursor.error("the @ modifier is not supported", "Leave it out")
    if cursor.token.kind == "name" and cursor.word == "offset":
        raise cursor.error("offset goes once, right behind a selector", "Move it there")


def names(cursor: Cursor) -> tuple[str, ...]:
    """Label names in parentheses; a comma may end them."""
    cursor.expect("(")
    found = []
    while cursor.token.text != ")":
        found.append(_label(cursor))
        if found[-1] == NAME_LABEL:
            raise cursor.error(f"grouping by {NAME_LABEL} is not supported", "Leave it out")
        if cursor.token.text != ")":
            cursor.expect(",")
    cursor.expect(")")
    return tuple(found)


def pattern(cursor: Cursor, at: Token, text: str) -> re.Pattern[str]:
    """A regular expression that means the same to Prometheus (RE2) and to us."""
    if _NOT_RE2.search(text) is not None:
        raise cursor.error(
            f"the pattern {text!a} needs what RE2 lacks",
            "Do without lookaround, backreferences and possessive repeats",
            at,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise cursor.error(
            f"the pattern {text!a} is not understood: {error}", "Correct or simplify it", at
        ) from error


def check_replacement(cursor: Cursor, arguments: list[tuple[Token, Expr]]) -> None:
    """Whether label_replace can write its target and understands its pattern."""
    (target_at, target), (pattern_at, regex) = arguments[1], arguments[4]
    if isinstance(target, String) and not _writable(target.value):
        raise cursor.error(
            f"{target.value!a} is no label to write to", "Name another label", target_at
        )
    if isinstance(regex, String):
        pattern(cursor, pattern_at, regex.value)


def _writable(name: str) -> bool:
    return LABEL_NAME.fullmatch(name) is not None and name != NAME_LABEL


def _matchers(cursor: Cursor) -> list[Matcher]:
    cursor.expect("{")
    found = []
    while cursor.token.text != "}":
        name = _label(cursor)
        try:
            op = MatchOp(cursor.token.text)
        except ValueError:
            raise cursor.unexpected("one of = != =~ !~") from None
        cursor.advance()
        at = cursor.token
        if at.kind != "string":
            raise cursor.unexpected("a text in quotes")
        value = string(cursor.text, at)
        if op in (MatchOp.LIKE, MatchOp.UNLIKE):
            pattern(cursor, at, value)
        cursor.advance()
        found.append(Matcher(name, op, value))
        if cursor.token.text != "}":
            cursor.expect(",")
    cursor.expect("}")
    return found


def _named(
    cursor: Cursor, start: Token, name: str, matchers: list[Matcher]
) -> tuple[str, tuple[Matcher, ...]]:
    """The metric's name, which may be written as a matcher, and all other matchers."""
    for matcher in matchers:
        if matcher.name != NAME_LABEL:
            continue
        if name or matcher.op is not MatchOp.EQUAL:
            raise cursor.error(
                f"a matcher {matcher} is not supported", "Name one metric exactly", start
            )
        name = matcher.value
    if METRIC_NAME.fullmatch(name) is None:
        raise cursor.error(
            "a selector without a metric's name is not supported", "Name one metric", start
        )
    return name, tuple(matcher for matcher in matchers if matcher.name != NAME_LABEL)


def _range(cursor: Cursor) -> float:
    cursor.expect("[")
    if cursor.token.kind != "duration":
        raise cursor.unexpected("a duration, as 5m")
    seconds = duration(cursor.text, cursor.token)
    cursor.advance()
    if cursor.token.text.startswith(":"):
        raise _subquery(cursor)
    cursor.expect("]")
    return seconds


def _offset(cursor: Cursor) -> float:
    if not cursor.take_word("offset"):
        return 0.0
    sign = -1.0 if cursor.token.text == "-" else 1.0
    if cursor.token.text in ("-", "+"):
        cursor.advance()
    if cursor.token.kind != "duration":
        raise cursor.unexpected("a duration, as 5m")
    seconds = duration(cursor.text, cursor.token)
    cursor.advance()
    return sign * seconds


def _label(cursor: Cursor) -> str:
    name = cursor.token.text
    if cursor.token.kind != "name" or LABEL_NAME.fullmatch(name) is None:
        raise cursor.unexpected("a label's name")
    cursor.advance()
    return name


def _subquery(cursor: Cursor) -> PromqlError:
    return cursor.error("subqueries are not supported", "Use a range as in name[5m]")
