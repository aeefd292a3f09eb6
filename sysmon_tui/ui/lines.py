"""Lines of spans: fitting, framing and joining them. Pure; everything a panel draws goes here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from sysmon_tui.ui.cells import ONE_CELL
from sysmon_tui.ui.glyphs import Glyphs
from sysmon_tui.ui.palette import Line, Span


def cells(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    # Rich remembers thousands of texts that it has measured, and no sparkline comes twice.
    return len(text) if text.isascii() or ONE_CELL.fullmatch(text) else cell_len(text)


def width_of(line: Iterable[Span]) -> int:
    return sum(cells(text) for text, _ in line)


def clip(text: str, width: int, ellipsis: str) -> str:
    """`text` in at most `width` columns; what is cut ends in the ellipsis."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - cells(ellipsis)).rstrip() + ellipsis


def column(text: str, width: int, ellipsis: str, *, right: bool = False) -> str:
    """`text` in exactly `width` columns."""
    text = clip(text, width, ellipsis)
    space = " " * (width - cells(text))
    return space + text if right else text + space


def fit(line: Line, width: int, role: str = "text") -> Line:
    """The line in exactly `width` columns, cut or padded with blanks of `role`."""
    length = width_of(line)
    if length == width:
        return line
    if length < width:
        return (*line, (" " * (width - length), role))
    kept: list[Span] = []
    for text, span_role in line:
        room = width - width_of(kept)
        if cells(text) >= room:
            kept.append((set_cell_size(text, room), span_role))
            break
        kept.append((text, span_role))
    return tuple(kept)


def ruled(line: Line, column: int, glyphs: Glyphs) -> Line:
    """The line with a vertical stroke in one column, whatever was there; of single cells only."""
    spans: list[Span] = []
    at = 0
    for text, role in line:
        if at <= column < at + len(text):
            here = column - at
            spans += [(text[:here], role), (glyphs.vertical, "key"), (text[here + 1 :], role)]
        else:
            spans.append((text, role))
        at += len(text)
    return tuple(span for span in spans if span[0])


def spread(left: Line, right: Line, width: int, role: str = "text") -> Line:
    """`left` and `right` at the ends of one line; the left one gives way."""
    room = width - width_of(right)
    return (*fit(left, room, role), *right) if room > 0 else fit(right, width, role)


def heading(title: str, note: str, width: int, glyphs: Glyphs, *, focused: bool) -> Line:
    """A rule with a title in it, for panels without a frame."""
    return _top(title, note, width, glyphs.horizontal, glyphs.horizontal, glyphs, focused)


def panel(
    title: str,
    note: str,
    content: Sequence[Line],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    boxed: bool,
    focused: bool = False,
) -> list[Line]:
    """`content` under its title: in a frame where there is room for one, else under a rule."""
    if not boxed:
        return [heading(title, note, width, glyphs, focused=focused), *content][:height]
    role = "border-focus" if focused else "border"
    left: Span = (f"{glyphs.vertical} ", role)
    right: Span = (f" {glyphs.vertical}", role)
    lines = [_top(title, note, width, glyphs.top_left, glyphs.top_right, glyphs, focused)]
    rows = [*content, *[()] * height][: height - 2]
    lines += [(left, *fit(line, width - 4), right) for line in rows]
    rule = glyphs.horizontal * (width - 2)
    lines.append(((f"{glyphs.bottom_left}{rule}{glyphs.bottom_right}", role),))
    return lines


def inner(width: int, height: int, *, boxed: bool) -> tuple[int, int]:
    """Columns and rows that `panel` leaves for the content."""
    return (width - 4, height - 2) if boxed else (width, height - 1)


def _top(
    title: str, note: str, width: int, start: str, end: str, glyphs: Glyphs, focused: bool
) -> Line:
    border = "border-focus" if focused else "border"
    title = clip(title, width - 5, glyphs.ellipsis)
    line: list[Span] = [(f"{start}{glyphs.horizontal} ", border), (title, "title"), (" ", border)]
    rest = width - width_of(line) - 1
    tail: list[Span] = [(end, border)]
    if note and cells(note) + 4 <= rest:
        rest -= cells(note) + 3
        tail = [(" ", border), (note, "dim"), (f" {glyphs.horizontal}{end}", border)]
    return (*line, (glyphs.horizontal * rest, border), *tail)
