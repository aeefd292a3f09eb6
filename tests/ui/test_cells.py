"""Whatever is drawn, the terminal shows the same with the difference as with every frame."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from sysmon_tui.ui.cells import ONE_CELL, Cells
from tests.emulator import Emulator

WIDTH, HEIGHT = 32, 5

# Characters on whose width Rich and wcwidth agree.
NARROW = "ab Z0-│─█▁▄⠀⣿⡇é°"
WIDE = "漢字テ"
COMPOSED: dict[str, str | int | None] = {"^": "e\u0301", "~": "漢\u0301", "*": "😀"}
PLAIN_TEXT = st.text(NARROW, max_size=WIDTH)
ANY_TEXT = st.text(NARROW + WIDE + "".join(COMPOSED), max_size=WIDTH // 2).map(
    lambda text: text.translate(str.maketrans(COMPOSED))
)
LOOKS = st.sampled_from(
    [
        *("", "0", ";;1;;4;0;3", "1", "2", "7", "1;4", "31", "1;31"),
        *("2;32", "38;5;9;48;5;17", "38;2;1;2;3", "3;9;97;44", "48;2;9;9;9"),
        *("39;49", "1;2;38;2;1;2;3;48;2;9;9;9", "21;53", "5;8;51"),
    ]
)
LINK = "\x1b]8;id=1;http://x/\x1b\\{}\x1b]8;;\x1b\\"


def test_what_is_taken_for_narrow_is() -> None:
    narrow = [chr(code) for code in range(0x3000) if ONE_CELL.fullmatch(chr(code))]
    assert len(narrow) > 1000
    assert {cell_len(character) for character in narrow} == {1}


def move(y: int, x: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def segment(text: str, look: str = "", *, linked: bool = False) -> str:
    styled = f"\x1b[{look}m{text}\x1b[0m" if look else text
    return LINK.format(styled) if linked else styled


@st.composite
def strips(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A move and segments that fit into the row, as the compositor writes them."""
    y, x = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
    strip = move(y, x)
    for text in draw(st.lists(texts, max_size=4)):
        if text and cell_len(text) <= WIDTH - x:
            strip += segment(text, draw(LOOKS), linked=draw(st.booleans()))
            x += cell_len(text)
    return strip + draw(st.sampled_from(["", "\n"])) * (y < HEIGHT - 1)


@st.composite
def frames(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    cursor = move(draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1)))
    return "".join(draw(st.lists(strips(texts), max_size=6))) + cursor


@st.composite
def scrolls(draw: st.DrawFn) -> list[str]:
    """Charts that move to the left beside each other while figures change."""
    old = draw(st.text("▁▂▃▄▅▆▇█⣿ ", min_size=60, max_size=60))
    looks = draw(st.lists(LOOKS, min_size=3, max_size=3))
    made = []
    for step in range(draw(st.integers(1, 8))):
        row = segment(f"{step:3d}", looks[0]) + segment(old[step : step + 14], looks[1])
        row += segment("|", looks[2]) + segment(old[30 + step : 44 + step], looks[1])
        made.append(move(draw(st.integers(0, 1)), 0) + row + move(0, 0))
    return made


def assert_same(frames: list[str], sent: list[bool]) -> None:
    """Every frame into one terminal, updates after some of them into the other."""
    stock, diff = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT)
    cells = Cells(WIDTH, HEIGHT)
    for frame, send in zip(frames, sent, strict=True):
        stock.feed(frame)
        assert cells.draw(frame)
        if send:
            diff.feed(cells.update())
            assert diff.cells == stock.cells
            assert diff.cursor == stock.cursor
    diff.feed(cells.update())
    assert diff.cells == stock.cells
    assert cells.update() == ""
    cells.forget()
    fresh = Emulator(WIDTH, HEIGHT)
    fresh.feed(cells.update())
    assert fresh.cells == stock.cells


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(frames(PLAIN_TEXT), st.booleans()), max_size=8))
def test_same_screen_for_plain_text(drawn: list[tuple[str, bool]]) -> None:
    assert_same([frame for frame, _ in drawn], [send for _, send in drawn])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(frames(ANY_TEXT), st.booleans()), max_size=8))
def test_same_screen_for_wide_and_combined_characters(drawn: list[tuple[str, bool]]) -> None:
    assert_same([frame for frame, _ in drawn], [send for _, send in drawn])


@settings(max_examples=100, deadline=None)
@given(scrolls())
def test_same_screen_for_scrolling_charts(frames: list[str]) -> None:
    assert_same(frames, [True] * len(frames))


def shown(*frames: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """What is sent for the last frame after all before it have been sent."""
    cells = Cells(width, height)
    update = ""
    for frame in frames:
        assert cells.draw(frame + move(0, 0))
        update = cells.update()
    return update


def test_nothing_is_sent_for_what_has_not_changed() -> None:
    frame = move(1, 0) + segment("abc", "31")
    assert shown(frame, frame) == ""


def test_only_changed_cells_are_sent() -> None:
    update = shown(move(1, 0) + segment("cpu  42 %", "31"), move(1, 0) + segment("cpu  43 %", "31"))
    assert update == "\x1b[2;7H\x1b[31m3\x1b[m\x1b[H"


def test_a_short_gap_is_sent_again_and_a_long_one_skipped() -> None:
    before, after = "a.b" + "." * 9 + "c", "A.B" + "." * 9 + "C"
    assert shown(move(1, 0) + before, move(1, 0) + after) == "\x1b[2HA.B\x1b[9CC\x1b[H"
    assert shown(move(1, 0) + "a█b", move(1, 0) + "A█B") == "\x1b[2HA█B\x1b[H"
    assert shown(move(1, 0) + "a██b", move(1, 0) + "A██B") == "\x1b[2HA\x1b[2CB\x1b[H"


def test_a_moved_chart_is_moved_in_the_terminal() -> None:
    chart = "▁▃▅▇█▇▅▃▁▃▅▇█▇▅▃"
    before = move(1, 0) + "cpu " + segment(chart, "36") + "|"
    after = move(1, 0) + "cpu " + segment(chart[1:] + "▂", "36") + "|"
    assert shown(before, after, width=21) == "\x1b[2;5H\x1b[P\x1b[15C\x1b[@\x1b[36m▂\x1b[m\x1b[H"


def test_two_charts_in_a_row_are_moved_apart() -> None:
    def row(step: int) -> str:
        chart = "▁▃▅▇█▆▄▂▁▃▅▇█▆▄▂▁▃▅"
        return move(0, 0) + f"{step}" + chart[step : step + 12] + "|" + chart[step : step + 12]

    update = shown(row(1), row(2), width=26)
    assert update.count("\x1b[P") == 2
    assert update.count("\x1b[@") == 2


@pytest.mark.parametrize(
    ("before", "after", "width"),
    [("漢", "漢", 18), ("漢", "ab", 18), ("ab", "漢", 18), ("ab", "ab", 19)],
)
def test_a_row_with_wide_characters_or_undrawn_cells_is_never_moved(
    before: str, after: str, width: int
) -> None:
    chart = "▁▃▅▇█▇▅▃▁▃▅▇█▇▅▃"
    old, new = move(1, 0) + chart + before, move(1, 0) + chart[1:] + "▂" + after
    assert "\x1b[P" not in shown(old, new, width=width)
    assert "\x1b[P" in shown(*(frame.replace("漢", "ab") for frame in (old, new)), width=18)


def test_a_row_with_a_character_of_uncertain_width_is_sent_to_its_end() -> None:
    update = shown(move(0, 0) + "a😀bcd", move(0, 0) + "A😀bcd", width=8)
    assert update == "A😀\x1b[1;4Hbcd\x1b[H"


def test_a_half_of_a_wide_character_is_blanked() -> None:
    left = shown(move(0, 0) + "漢x", move(0, 1) + "y", width=8)
    assert left == " y\x1b[H"
    right = shown(move(0, 0) + "漢x", move(0, 0) + "y", width=8)
    assert right == "y \x1b[H"


def test_what_does_not_fit_is_left_out() -> None:
    assert shown(move(0, 6) + "abcdef", width=8) == "\x1b[1;7Hab\x1b[H"
    assert shown(move(0, 6) + "a漢", width=8) == "\x1b[1;7Ha \x1b[H"
    assert shown(move(9, 0) + "abc", width=8) == "\x1b[H"
    assert shown(move(0, 8) + "abc", width=8) == "\x1b[H"


def test_a_terminal_of_one_cell_or_none() -> None:
    assert shown(move(0, 0) + "漢字", width=1, height=1) == "\x1b[H \x1b[H"
    assert shown(move(0, 0) + "abc", width=0, height=0) == "\x1b[H"


def test_links_are_opened_and_closed() -> None:
    update = shown(move(0, 0) + segment("site", "4", linked=True) + "!", width=8)
    opened = "\x1b]8;id=1;http://x/\x1b\\"
    assert update == f"\x1b[H\x1b[4m{opened}site\x1b[m\x1b]8;;\x1b\\!\x1b[H"


def test_a_resized_terminal_is_sent_all_that_still_fits() -> None:
    cells = Cells(8, 2)
    assert cells.draw(move(0, 0) + "12345678" + move(1, 0) + "abc" + move(1, 7))
    cells.update()
    cells.resize(4, 3)
    assert cells.update() == "\x1b[H1234\x1b[2Habc"
    cells.resize(8, 2)
    assert cells.update() == "\x1b[H1234\x1b[2Habc"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "abc",
        "\x1b[2J" + move(0, 0) + "a",
        move(0, 0) + "a\x1b[2Jb",
        move(0, 0) + "a\nb",
        move(0, 0) + "a\x9b31mb",
        move(0, 0) + "\x1b]0;title\x07",
        move(0, 0) + "\x1b[31mnot reset",
        move(0, 0) + segment("a", "58;5;1"),
        move(0, 0) + segment("a", "38;5"),
        move(0, 0) + segment("a", "38;9;1"),
        move(0, 0) + "👨\u200d👩",
        move(0, 0) + "❤\ufe0f",
    ],
)
def test_what_is_not_understood_is_said(frame: str) -> None:
    assert not Cells(8, 2).draw(frame)


def test_after_losing_track_nothing_drawn_before_is_sent() -> None:
    cells = Cells(8, 2)
    cells.draw(move(0, 0) + "abc" + move(1, 0) + "def" + move(0, 0))
    cells.lose()
    cells.draw(move(1, 1) + "x" + move(0, 0))
    assert cells.update() == "\x1b[2;2Hx\x1b[H"


def test_more_looks_than_there_is_room_for_are_not_understood() -> None:
    cells = Cells(8, 2)
    understood = [cells.draw(move(0, 0) + segment("a", f"38;2;{n};{m};0")) for n in range(65)
                  for m in range(64)]  # fmt: skip
    assert understood.index(False) == 4095
    cells.lose()
    assert cells.draw(move(0, 0) + segment("a", "38;2;0;0;1"))


def test_more_composed_characters_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sysmon_tui.ui.cells._LAST_COMPOSED", 0x100001)
    cells = Cells(8, 2)
    assert cells.draw(move(0, 0) + "e\u0301o\u0301e\u0301")
    assert not cells.draw(move(0, 0) + "a\u0301")


def test_private_characters_of_the_plane_in_use_stay_themselves() -> None:
    assert shown(move(0, 0) + "\U00100000x", width=8) == "\x1b[H\U00100000\x1b[1;2Hx\x1b[H"


def test_a_mark_without_a_base_is_left_out() -> None:
    assert shown(move(0, 0) + "\u0301x", width=8) == "\x1b[Hx\x1b[H"


def test_without_colour_only_attributes_are_sent() -> None:
    cells = Cells(8, 2, colour=False)
    cells.draw(move(0, 0) + segment("ab", "1;31;48;5;7") + segment("cd", "32") + move(0, 0))
    assert cells.update() == "\x1b[H\x1b[1mab\x1b[mcd\x1b[H"


def test_without_unicode_a_wide_character_takes_two_cells_nevertheless() -> None:
    cells = Cells(8, 2, unicode=False)
    cells.draw(move(0, 0) + "漢x" + move(0, 0))
    assert cells.update() == "\x1b[H??x\x1b[H"


TEXT = "38;2;195;204;214;48;2;16;21;28"
CHART = "38;2;106;148;179;48;2;16;21;28"
HISTORY = "".join(chr(0x2800 + (7 * n * n + 11 * n) % 255 + 1) for n in range(200))


def dashboard(step: int) -> str:
    """120 x 40 in true colour: 14 charts move; as many figures, 7 processes, a clock change."""
    rows = [segment(f"host up 3 days {step:02d}".ljust(120), TEXT)]
    for y in range(15):
        row = ""
        for x in range(2):
            place = 13 * y + 29 * x + step
            figure = f"figure {(37 * step + y) % 100:3d} % " if y % 2 else " " * 13
            row += segment(figure, TEXT) + segment((HISTORY * 3)[place : place + 46], CHART)
            row += segment(" ", TEXT)
        rows.append(row if y % 2 else segment("-" * 120, TEXT))
    for y in range(24):
        busy = (step * 31 + y * 7) % 100 if y < 7 else 0
        rows.append(segment(f"{1000 + y} root {busy:4d}.{busy % 10} prog{y}".ljust(120), TEXT))
    return "\n".join(move(y, 0) + row for y, row in enumerate(rows)) + move(0, 0)


def test_a_tick_of_a_dashboard_keeps_to_its_budget() -> None:
    cells = Cells(120, 40)
    assert cells.draw(dashboard(0))
    first = len(cells.update().encode())
    sizes = []
    for step in range(1, 11):
        assert cells.draw(dashboard(step))
        sizes.append(len(cells.update().encode()))
    assert first > 5000
    assert max(sizes) <= 1100
