"""What the terminal can do, found out before it is taken.

The live command calls `inspect_terminal` first: it refuses where a full screen would be garbage
and otherwise says which glyphs and theme fit. The driver takes its charset from here.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TextIO

from sysmon_tui.model.errors import SysmonError

Glyphs = Literal["unicode", "block", "ascii"]

_PLAIN_LOCALES = frozenset({"C", "POSIX"})
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
_COLOUR_CODES = re.compile(r"\x1b\[([\d;]+)m")


class Colours(StrEnum):
    """How many a terminal shows, named as TEXTUAL_COLOR_SYSTEM takes them, but for none."""

    NONE = "none"
    SIXTEEN = "standard"
    PALETTE = "256"
    TRUE = "truecolor"


class Unfit(SysmonError):
    """A full-screen display would be of no use here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Facts, and what follows from them for whoever leaves a setting on `auto`."""

    name: str
    """TERM."""
    interactive: bool
    """Input and output are terminals."""
    encoding: str
    """Of the output; ASCII where the locale is C by name, whatever Python makes of that."""
    colours: Colours
    remote: bool
    """Over SSH or mosh."""
    multiplexer: Literal["", "tmux", "screen"] = ""
    """What runs on this machine between us and the terminal."""

    @property
    def utf8(self) -> bool:
        return _is_utf8(self.encoding)

    @property
    def theme(self) -> str:
        """Where there are few colours, those that the user has chosen for the terminal."""
        rich = self.colours in (Colours.TRUE, Colours.PALETTE)
        return "sysmon-dark" if rich else "sysmon-ansi"

    @property
    def glyphs(self) -> Glyphs:
        """The fonts of the Linux console lack braille and most blocks."""
        return "unicode" if self.utf8 and self.name != "linux" else "ascii"

    @property
    def mouse(self) -> bool:
        """A connection that drops leaves mouse reports on, so none are asked for over SSH."""
        return not self.remote

    @property
    def titled(self) -> bool:
        """Whether it can be trusted to swallow a title: consoles print what they do not know."""
        return self.name != "linux" and not self.name.startswith(("vt", "ansi", "cons", "sun"))

    def require_screen(self) -> None:
        """Raise Unfit where a full screen cannot be shown."""
        remedy = "Use --plain for lines of text"
        if not self.interactive:
            raise Unfit("Input and output are not a terminal", remedy)
        if self.name in ("dumb", "unknown"):
            raise Unfit(f"The terminal (TERM={self.name}) cannot place text", remedy)


def inspect_terminal(
    environ: Mapping[str, str],
    stdin: TextIO | None,
    stdout: TextIO | None,
    stderr: TextIO | None,
) -> Terminal:
    """Facts about the terminal that these streams are, if they are one; a stream may be closed."""
    output = output_stream(stdout, stderr)
    encoding = (output.encoding if output else None) or "ascii"
    name = environ.get("TERM", "").strip().lower()
    return Terminal(
        name=name,
        interactive=_is_terminal(stdin) and _is_terminal(output),
        encoding="ascii" if _asks_for_ascii(environ) else encoding,
        colours=_colours(environ, name),
        remote=any(key in environ for key in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")),
        multiplexer="tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else "",
    )


def output_stream(stdout: TextIO | None, stderr: TextIO | None) -> TextIO | None:
    """Where the screen is drawn: standard error as Textual has it, or output if only that is
    a terminal, so that `2>errors` does not hide everything."""
    if _is_terminal(stdout) and not _is_terminal(stderr):
        return stdout
    return stderr or stdout


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        # It has been closed.
        return False


def _is_utf8(encoding: str) -> bool:
    with contextlib.suppress(LookupError):
        return codecs.lookup(encoding).name == "utf-8"
    return False


def _asks_for_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the C locale was asked for by name. Python writes UTF-8 there, even sets LC_CTYPE
    (PEP 538, 540), which is right where no locale is set at all and wrong here."""
    if locale := environ.get("LC_ALL"):
        return locale in _PLAIN_LOCALES
    if (locale := environ.get("LC_CTYPE", "")) and locale not in _COERCED:
        return locale in _PLAIN_LOCALES
    return environ.get("LANG") in _PLAIN_LOCALES


def _colours(environ: Mapping[str, str], name: str) -> Colours:
    """As Rich decides (rich.console.Console._detect_color_system), so that the theme fits."""
    if "NO_COLOR" in environ:
        return Colours.NONE
    forced = environ.get("TEXTUAL_COLOR_SYSTEM", "auto").lower()
    if forced in (Colours.SIXTEEN, Colours.PALETTE, Colours.TRUE):
        return Colours(forced)
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return Colours.TRUE
    suffix = name.rpartition("-")[2]
    return Colours.PALETTE if suffix in ("256color", "kitty") else Colours.SIXTEEN


def make_printable(*streams: TextIO | None) -> None:
    """Let no stream write `\\u2500` for a character that it cannot encode, but `?`."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and not _is_utf8(stream.encoding):
            stream.reconfigure(errors="replace")


def without_colour(text: str) -> str:
    """Leave the colours out of every SGR sequence, not bold, underline and reverse."""
    return _COLOUR_CODES.sub(_keep_attributes, text)


def _keep_attributes(match: re.Match[str]) -> str:
    kept: list[str] = []
    codes = iter(match[1].split(";"))
    for code in codes:
        number = int(code or 0)
        if number in (38, 48, 58):
            for _ in range(3 if next(codes, "") == "2" else 1):
                next(codes, "")
        elif number < 30 or 50 <= number < 58 or number in (59, 73, 74, 75):
            kept.append(code)
    return f"\x1b[{';'.join(kept)}m" if kept else ""
