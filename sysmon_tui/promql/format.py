"""Tree to text: what `parse` reads back as the same tree. For export, lists and messages."""

from __future__ import annotations

from math import copysign, isinf, isnan

from sysmon_tui.model.silence import Matcher
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
)
from sysmon_tui.promql.signatures import KEYWORDS, PRECEDENCE, UNARY_PRECEDENCE

_UNITS = (
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
_ESCAPES = {
    code: f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
} | {ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r", ord("\\"): "\\\\", ord('"'): '\\"'}
_TIGHTEST = 9
_EXACT_INTEGER = 1e15


def render(expr: Expr) -> str:
    match expr:
        case Number(value=value):
            return _number(value)
        case String(value=value):
            return _quoted(value)
        case Selector():
            return _selector(expr, "") + _offset(expr)
        case Range(selector=selector, seconds=seconds):
            return _selector(selector, f"[{duration(seconds)}]") + _offset(selector)
        case Negative(operand=operand):
            return f"-{_behind(operand, UNARY_PRECEDENCE + 1)}"
        case Binary():
            return _binary(expr)
        case Aggregation():
            return _aggregation(expr)
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(render(each) for each in arguments)})"


def duration(seconds: float) -> str:
    """As Prometheus writes it: 1h30m."""
    left = round(seconds * 1000.0)
    text = ""
    for unit, each in _UNITS:
        count, left = divmod(left, each)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "Inf" if value > 0.0 else "-Inf"
    return f"{value:.0f}" if value.is_integer() and abs(value) < _EXACT_INTEGER else repr(value)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _matcher(matcher: Matcher) -> str:
    return f"{matcher.name}{matcher.op}{_quoted(matcher.value)}"


def _selector(selector: Selector, behind: str) -> str:
    matchers = [_matcher(matcher) for matcher in selector.matchers]
    name = selector.name
    if name.lower() in KEYWORDS:
        matchers.insert(0, f'__name__="{name}"')
        name = ""
    braces = f"{{{','.join(matchers)}}}" if matchers else ""
    return f"{name}{braces}{behind}"


def _offset(selector: Selector) -> str:
    if not selector.offset:
        return ""
    sign = "-" if selector.offset < 0.0 else ""
    return f" offset {sign}{duration(abs(selector.offset))}"


def _binds(expr: Expr) -> int:
    match expr:
        case Binary(op=op):
            return PRECEDENCE[op]
        case Negative():
            return UNARY_PRECEDENCE
        case Number(value=value) if copysign(1.0, value) < 0.0 and not isnan(value):
            return UNARY_PRECEDENCE
        case _:
            return _TIGHTEST


def _within(expr: Expr, least: int) -> str:
    text = render(expr)
    return text if _binds(expr) >= least else f"({text})"


def _behind(expr: Expr, least: int) -> str:
    """An operand behind its operator; a sign there cannot be misread."""
    return render(expr) if isinstance(expr, Negative | Number) else _within(expr, least)


def _binary(node: Binary) -> str:
    binds = PRECEDENCE[node.op]
    power = node.op == "^"
    left = _within(node.left, binds + power)
    right = _behind(node.right, binds + (not power))
    boolean = " bool" if node.bool else ""
    return f"{left} {node.op}{boolean}{_matching(node.matching)} {right}"


def _matching(matching: Matching) -> str:
    if matching == PLAIN:
        return ""
    text = f" {'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"
    if matching.group:
        text += f" group_{matching.group} ({', '.join(matching.include)})"
    return text


def _aggregation(node: Aggregation) -> str:
    grouping = ""
    if node.labels or node.without:
        grouping = f" {'without' if node.without else 'by'} ({', '.join(node.labels)}) "
    parameter = "" if node.parameter is None else f"{render(node.parameter)}, "
    return f"{node.op}{grouping}({parameter}{render(node.operand)})"
