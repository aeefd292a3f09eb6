"""A small app on a real terminal, for the tests of the driver: `python -m tests.ui.specimen KIND`.

KIND is `stock`, `diff` or `whole`. Ctrl+N makes one step of a seeded random walk through what a
screen can do. `--beat FILE` writes the moment to FILE every 20 ms from the event loop, a line each,
and makes the charts move until Ctrl+G.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Click, Key, Paste
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from sysmon_tui.ui.driver import DiffDriver, driver_class

DRIVERS: dict[str, type[LinuxDriver]] = {
    "stock": LinuxDriver,
    "diff": driver_class(True),
    "whole": driver_class(False),
}
STYLES = [
    Style.parse(text)
    for text in ("none", "bold red", "dim #88aaff on #202020", "reverse", "underline green")
]
SPARKS = "▁▂▃▄▅▆▇█⡀⣀⣄⣤⣦⣶⣷⣿ "
NAMES = ["init", "漢字テスト", "cafe\u0301", "kworker/0:1", "데몬", "[/]"]


class Panel(Widget):
    """Lines that are redrawn one by one, as the real panels are."""

    DEFAULT_CSS = "Panel { height: 8; width: 100%; }"

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice = dice
        self.history = [dice.choice(SPARKS) for _ in range(200)]
        self.rows = [self.row() for _ in range(8)]

    def row(self) -> list[Segment]:
        dice = self.dice
        chart = "".join(self.history[-dice.randint(20, 60) :])
        return [
            Segment(f"{dice.choice(NAMES)} {dice.randint(0, 99):>3} ", dice.choice(STYLES)),
            Segment(chart, dice.choice(STYLES)),
            Segment(" ok", dice.choice(STYLES)),
        ]

    def change(self) -> None:
        self.history.append(self.dice.choice(SPARKS))
        for y in self.dice.sample(range(8), self.dice.randint(0, 5)):
            self.rows[y] = self.row()
            self.refresh(Region(0, y, self.size.width, 1))

    def scroll_on(self) -> None:
        """Only the charts move, as with each tick of a monitor."""
        self.history.append(self.dice.choice(SPARKS))
        for y in range(8):
            self.rows[y] = [
                Segment("cpu ", STYLES[0]),
                Segment("".join(self.history[-60:]), STYLES[y % 5]),
            ]
        self.refresh(*[Region(0, y, self.size.width, 1) for y in range(8)])

    def render_line(self, y: int) -> Strip:
        return Strip(self.rows[y]).adjust_cell_length(self.size.width, STYLES[0])


class Question(ModalScreen[None]):
    DEFAULT_CSS = "Question { align: center middle; } Question Static { width: 30; height: 5; }"

    def compose(self) -> ComposeResult:
        yield Static("Really? 本当に [/]", markup=False)


class Specimen(App[None]):
    CSS = "#count { height: 1; } Input { height: 3; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, kind: str, beat: Path | None) -> None:
        super().__init__(driver_class=DRIVERS[kind])
        self.dice = random.Random(7)
        self.steps = 0
        self.beat = beat
        self.moving = beat is not None

    def compose(self) -> ComposeResult:
        yield Static("step 0", id="count", markup=False)
        yield Panel(self.dice)
        yield Panel(self.dice)
        field = Input(placeholder="filter")
        field.cursor_blink = False
        yield field
        yield Static("", id="typed", markup=False)

    def on_mount(self) -> None:
        if self.beat is not None:
            self.set_interval(0.02, self.on_beat)

    def on_beat(self) -> None:
        assert self.beat is not None
        with self.beat.open("a") as file:
            file.write(f"{time.monotonic():.3f}\n")
        if self.moving:
            for panel in self.screen_stack[0].query(Panel):
                panel.scroll_on()

    def on_key(self, event: Key) -> None:
        act = getattr(self, f"do_{event.key.replace('+', '_')}", None)
        if act is not None:
            act()
        self.tell(event.key)

    def do_ctrl_b(self) -> None:
        self.bell()
        self.copy_to_clipboard("copied")

    def do_ctrl_p(self) -> None:
        """What is told beside the frames."""
        driver = self._driver
        assert isinstance(driver, DiffDriver)
        driver.set_title(f"step {self.steps}")
        driver.announce("\x1b]9;told\x07")

    def do_ctrl_g(self) -> None:
        self.moving = False

    def do_ctrl_y(self) -> None:
        time.sleep(60)

    def do_ctrl_u(self) -> None:
        """As if we had stood still just while Textual set the timer of a resize: it never fires."""
        self._resize_timer = self.set_timer(1000.0, self._check_resize)

    def do_ctrl_r(self) -> None:
        driver = self._driver
        assert isinstance(driver, DiffDriver)
        driver.redraw()

    def do_ctrl_t(self) -> None:
        """A frame with something in it that no driver knows."""
        assert self._driver is not None
        self._driver.write("\x1b[5;5HFOREIGN\x1b[1;1f\x1b[1;1H")
        self._driver.flush()

    def do_ctrl_x(self) -> None:
        """Something that is no frame and not known either."""
        assert self._driver is not None
        self._driver.write("\x1b[1;1fUNKNOWN")

    def do_ctrl_z(self) -> None:
        self.action_suspend_process()

    def do_ctrl_o(self) -> None:
        with self.suspend():
            print("OUTSIDE", flush=True)  # noqa: T201 - as a program does that the app starts
            input()

    def on_click(self, event: Click) -> None:
        self.tell(f"click:{event.screen_x},{event.screen_y}")

    def on_paste(self, event: Paste) -> None:
        self.tell(f"paste:{event.text}")

    def tell(self, what: str) -> None:
        self.screen_stack[0].query_one("#typed", Static).update(f"<{what}>")

    def do_ctrl_n(self) -> None:
        self.steps += 1
        bottom = self.screen_stack[0]
        choice = self.dice.randint(0, 9)
        if choice == 0 and len(self.screen_stack) == 1:
            self.push_screen(Question())
        elif choice < 3 and len(self.screen_stack) == 2:
            self.pop_screen()
        elif choice == 3:
            self.notify("disk [/] 満杯", title="alert", markup=False, timeout=1000)
        elif choice == 4:
            self.clear_notifications()
        elif choice == 5:
            bottom.query_one(Input).value = self.dice.choice(NAMES)
        elif choice == 6:
            for panel in bottom.query(Panel):
                panel.scroll_on()
        for panel in bottom.query(Panel):
            panel.change()
        bottom.query_one("#count", Static).update(f"step {self.steps}")


def main() -> None:
    beat = Path(sys.argv[3]) if "--beat" in sys.argv else None
    app = Specimen(sys.argv[1], beat)
    app.run()
    sys.exit(app.return_code)


if __name__ == "__main__":
    main()
