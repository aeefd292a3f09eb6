"""Pens: what a cell is drawn with, as one character each, and the shortest way between two.

`ui.cells` keeps a row as two strings, its characters and its pens, so that rows are compared,
cut and joined at the speed of strings. Codes are those of ECMA-48 (SGR) as Rich writes them.
"""

from __future__ import annotations

from collections.abc import Iterator

UNDRAWN = "\x00"
"""The pen of a cell that nobody has drawn."""
UNKNOWN = "\x01"
"""The pen of a cell of which it is not known what the terminal shows; equal to no drawn one."""
PLAIN = "\x02"
"""No colour, no attribute, no link."""

LIMIT = 4096
"""So many different pens; a screen that fades through more starts over."""

_ATTRIBUTES = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    5: "blink",
    6: "blink",
    7: "reverse",
    8: "conceal",
    9: "strike",
    21: "underline",
    51: "frame",
    52: "frame",
    53: "overline",
}
_OFF = {
    "bold": 22,
    "dim": 22,
    "italic": 23,
    "underline": 24,
    "blink": 25,
    "reverse": 27,
    "conceal": 28,
    "strike": 29,
    "foreground": 39,
    "background": 49,
    "frame": 54,
    "overline": 55,
}
_EXTENDED = {38: "foreground", 48: "background"}
_COMPONENTS = {"5": 1, "2": 3}

Attributes = dict[str, str]
"""What is on, by its name, with the parameters that switch it on."""


class FullError(Exception):
    """There are more pens than characters set aside for them."""


def attributes(parameters: str) -> Attributes | None:
    """What `ESC [ parameters m` switches on after a reset; None for codes that are not known."""
    on: Attributes = {}
    codes = iter(parameters.split(";"))
    for code in codes:
        number = int(code or 0)
        if number == 0:
            on.clear()
        elif name := _ATTRIBUTES.get(number):
            on[name] = code
        elif 30 <= number <= 37 or 90 <= number <= 97:
            on["foreground"] = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            on["background"] = code
        elif (name := _EXTENDED.get(number)) and (colour := _extended(code, codes)):
            on[name] = colour
        elif number == 39:
            on.pop("foreground", None)
        elif number == 49:
            on.pop("background", None)
        else:
            return None
    return on


def _extended(code: str, codes: Iterator[str]) -> str:
    """`38;5;n` or `38;2;r;g;b` as one; empty where components are missing."""
    space = next(codes, "")
    rest = [next(codes, "") for _ in range(_COMPONENTS.get(space, 0))]
    return ";".join((code, space, *rest)) if rest and all(rest) else ""


def _difference(old: Attributes, new: Attributes) -> str:
    """The shorter of: switching off and on what differs, or starting over."""
    gone = {str(_OFF[name]) for name in old if name not in new}
    lost = {"bold", "dim"} if "22" in gone else set()
    on = [code for name, code in new.items() if old.get(name) != code or name in lost]
    delta = ";".join([*sorted(gone), *on])
    anew = ";".join(["0", *new.values()]) if new else ""
    return min(delta, anew, key=len) if delta else ""


class Pens:
    """The pens in use. `colour` False leaves the colours out of every one."""

    def __init__(self, *, colour: bool = True) -> None:
        self._colour = colour
        self._by_code: dict[tuple[str, str], str | None] = {}
        self._by_look: dict[tuple[tuple[tuple[str, str], ...], str], str] = {}
        self._looks: dict[str, tuple[Attributes, str]] = {PLAIN: ({}, "")}
        self._ways: dict[str, str] = {}

    def pen(self, parameters: str, link: str = "") -> str | None:
        """The pen of `ESC [ parameters m` after a reset, in an OSC 8 link (`params;uri`).

        None if a code is not known; FullError if there are too many.
        """
        key = (parameters, link)
        if key not in self._by_code:
            self._by_code[key] = self._create(parameters, link)
        return self._by_code[key]

    def _create(self, parameters: str, link: str) -> str | None:
        on = attributes(parameters) if parameters else {}
        if on is None:
            return None
        if not self._colour:
            on = {name: code for name, code in on.items() if name not in _EXTENDED.values()}
        if not on and not link:
            return PLAIN
        look = (tuple(sorted(on.items())), link)
        if look not in self._by_look:
            if len(self._looks) >= LIMIT:
                raise FullError
            pen = self._by_look[look] = chr(ord(PLAIN) + len(self._looks))
            self._looks[pen] = (on, link)
        return self._by_look[look]

    def way(self, old: str, new: str) -> str:
        """What to send to change from one pen to another."""
        key = old + new
        if key not in self._ways:
            if len(self._ways) >= LIMIT * 4:
                self._ways.clear()
            (was, was_link), (on, link) = self._looks[old], self._looks[new]
            codes = f"\x1b[{_difference(was, on)}m" if was != on else ""
            self._ways[key] = codes if was_link == link else f"{codes}\x1b]8;{link or ';'}\x1b\\"
        return self._ways[key]
