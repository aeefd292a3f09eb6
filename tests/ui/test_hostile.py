"""No text acts on the terminal or on us, on any screen, even where nobody cleaned it."""

from __future__ import annotations

import ast
import re
import sys
from functools import partial
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color

import sysmon_tui.ui
from sysmon_tui.ui.sieve import Sieve, passed, passed_frame
from tests.pty import Pty
from tests.ui.hostile import PAYLOADS

HARMLESS = re.compile(
    rb"\x1b\[\d+(?:;\d+)?H|\x1b\[[\d;]*m|\x1b\[[?<>=][\d;]*(?:[hlu]|\$p)|\x1b\[2J"
    rb"|\x1b\](?:2|9);[^\x00-\x1f\x7f]*(?:\x07|\x1b\\)|\x1b\[2[23];2t|\x1b\[[ABCDGHK]"
    rb"|\x1b\[\d*[ABCDGPX@]|\x1b\[[56]n|\x1b\[c|\x1b\]22;[a-z]*(?:\x07|\x1b\\)"
)
"""All that the driver has to say of its own: moves, styles, modes, title, desktop notices."""

STEPS = (
    *(("enter", r"Process 4113"), ("escape", ""), ("2", ""), ("4", ""), ("5", ""), ("6", "")),
    *(("7", ""), ("8", "collector"), ("3", ""), ("enter", "Evidence"), ("[", ""), ("]", "")),
    *(("escape", ""), ("n", "Password of mira"), ("x", ""), ("enter", "Note on")),
    *(("escape", ""), ("s", "Shelve .* for"), ("escape", "")),
    *(("S", "Silence: for"), ("escape", ""), ("t", ""), ("t", "")),
    *(("f2", "SCREEN"), ("escape", ""), ("?", "Esc closes"), ("escape", "")),
    *((":", "Acknowledge every"), ("escape", "")),
    *(("T", "would have fired"), ("jjjjjjjjjj", "missed: "), ("enter", "For settings.toml")),
    *(("escape", ""), ("escape", ""), ("B", "any key closes"), ("escape", "")),
    *(("2", ""), ("f9", "Enter sends"), ("pagedown", ""), ("escape", ""), ("f8", "Nice value")),
    *(("1", ""), ("m", "Marked"), ("{", ""), ("d", "What changed"), ("pagedown", "")),
    *(("escape", ""), ("[", ""), ("L", ""), ("i", "End it"), ("x", ""), ("enter", "report ")),
)
"""Every page and every screen that there is, one after the other, and what shows that it is."""


def acting(output: bytes) -> list[bytes]:
    """What is in the output that no driver of ours sends, and what of a payload came through."""
    rest = HARMLESS.sub(b"", output)
    found = re.findall(rb"[\x00-\x09\x0b-\x1f\x7f][\x20-\x7e]{0,12}", rest.replace(b"\r", b""))
    text = output.decode("utf-8", "replace")
    deceiving = "\u202e\u2066\u200f\u061c\u200b\ufeff\u2060\u2028\x9b\x9c\x9d"
    found += [character.encode() for character in deceiving if character in text]
    return found + re.findall(rb"\x1b\](?:0|52|8);[^\x1b]*owned|\x1b\[31;5m|\x1b\[3J", output)


def lacks(shown: str, term: Pty) -> bool:
    return re.search(shown, term.screen.text) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")
@pytest.mark.timeout(400)  # Some sixty keys, each waited for.
@pytest.mark.parametrize("driver", ["diff", pytest.param("whole", marks=pytest.mark.slow)])
def test_no_byte_of_any_payload_on_any_screen_or_toast(driver: str) -> None:
    argv = [sys.executable, "-m", "tests.ui.hostile", driver]
    with Pty(argv, columns=200, rows=60) as term:
        term.wait_for("q Quit")
        open_now = ""
        for key, shown in STEPS:
            term.press(key)
            if shown:
                term.wait_for(shown)
                open_now = shown
            elif key == "escape":
                if open_now:
                    term.wait_for(partial(lacks, open_now))
                open_now = ""
                # An escape and what follows at once would be one key.
                term.settle(0.3, timeout=60)
            else:
                term.settle(0.05, timeout=60)
        # Whatever is said to be a link, it is none.
        for row in range(1, 60, 6):
            for column in range(2, 200, 20):
                term.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
        term.settle(timeout=60)
        assert term.process.poll() is None, "it acted or crashed"
        term.send("\x03")
        term.exit_status()
        assert acting(term.output) == []
        # They were there, and drawn.
        assert term.output.count(b"owned") > len(PAYLOADS)


def test_the_sieve_keeps_the_width_and_the_rest() -> None:
    assert passed("plain") == "plain"
    assert passed("漢字 ⣀⡀ é") == "漢字 ⣀⡀ é"
    assert passed("a\x1b[31mb\u202ec\u3164d") == "a[31mbcd"
    segments = [Segment("ok "), Segment("a\x9b2J")]
    assert [one.text for one in Sieve().apply(segments, Color(0, 0, 0))] == ["ok ", "a2J"]


def test_a_frame_keeps_what_frames_are_made_of() -> None:
    frame = "\x1b[2;3H\x1b[1;38;2;1;2;3mtext\x1b[0m\x1b]8;id=1;http://x\x1b\\y\x1b]8;;\x1b\\\n"
    assert passed_frame(frame) == frame
    for payload in PAYLOADS.values():
        left = passed_frame(f"\x1b[1;1H{payload}")
        assert not re.search(r"[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202e\u2066\u200b]", left)
        assert "\x1b[2J" not in left
        assert "\x1b]0" not in left


# What parses markup must not be given text that is put together.

PARSING = {"Static", "Label", "Button", "Checkbox", "RadioButton", "Collapsible", "Tab"}
"""Widgets whose first argument is markup unless `markup=False` is said."""
LISTS = {"OptionList", "SelectionList", "Select"}
"""What parses the text of its rows."""
METHODS = {"notify", "add_row", "add_column", "add_leaf"}
PROPERTIES = {"border_title", "border_subtitle", "tooltip", "label"}
NO_WIDGETS = {"_repaint_regions"}
"""Receivers of `update` that are sets or tables."""
SAFE_CALLS = {"Content", "Text", "assemble", "styled", "from_rich_text"}


def is_safe(value: ast.expr | None) -> bool:
    """A literal, or text that says of itself that it is none to be parsed."""
    if value is None or isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.IfExp):
        return is_safe(value.body) and is_safe(value.orelse)
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute) and value.func.attr == "join":
            # What joins is what the whole becomes.
            return is_content(value.func.value)
        return is_content(value)
    return False


def is_content(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and _called(value) in SAFE_CALLS


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _says_no_markup(call: ast.Call) -> bool:
    return any(
        word.arg == "markup" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )


def _is_widget_update(call: ast.Call) -> bool:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = receiver.attr if isinstance(receiver, ast.Attribute) else ""
    return _called(call) == "update" and bool(call.args) and name not in NO_WIDGETS


def markup_faults(source: str) -> list[int]:
    """Lines in which text that is put together may be parsed as markup."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            first = node.args[0] if node.args else None
            told = _called(node) in PARSING | METHODS or _is_widget_update(node)
            told = (told and not is_safe(first)) or _called(node) in LISTS
            if told and not _says_no_markup(node):
                faults.append(node.lineno)
            faults += [
                node.lineno
                for word in node.keywords
                if word.arg in PROPERTIES and not is_safe(word.value) and _called(node) != "Binding"
            ]
        elif isinstance(node, ast.Assign):
            faults += [
                node.lineno
                for target in node.targets
                if isinstance(target, ast.Attribute)
                and target.attr in PROPERTIES
                and not is_safe(node.value)
            ]
        if isinstance(node, ast.Attribute) and node.attr == "from_markup":
            faults.append(node.lineno)
    return faults


@pytest.mark.parametrize(
    ("source", "faulty"),
    [
        ('Static(f"{name}")', True),
        ("Static(name)", True),
        ("Static(name, markup=False)", False),
        ("Static(Content(name))", False),
        ('Static("Help")', False),
        ("self.notify(str(error))", True),
        ("self.notify(error, markup=False)", False),
        ("self.query_one(Static).update(text)", True),
        ("self.query_one(Static).update(Content(text))", False),
        ("self._repaint_regions.update(regions)", False),
        ("box.border_title = self._title", True),
        ("box.border_title = Content(self._title)", False),
        ('Content.from_markup(f"[b]{name}")', True),
        ("table.add_row(name)", True),
        ('box.border_title = "a" if late else "b"', False),
        ('box.border_title = name if late else "b"', True),
        ('self.text.update(Content("").join(parts))', False),
        ('self.text.update("".join(parts))', True),
        ("OptionList()", True),
        ("Button(tooltip=hint)", True),
    ],
)
def test_the_lint_sees(source: str, faulty: bool) -> None:
    assert bool(markup_faults(source)) is faulty


def test_no_text_put_together_is_parsed_as_markup() -> None:
    package = Path(str(sysmon_tui.ui.__file__)).parent
    faults = {
        f"{path.relative_to(package)}:{line}"
        for path in package.rglob("*.py")
        for line in markup_faults(path.read_text())
    }
    assert faults == set()
