"""How people are told who do not look at the screen: toasts, the terminal's title, bell, desktop.

The application has one `Teller` and gives it every tick, frozen picture or not. A storm is never
passed on as one: what comes within some seconds is said together. The driver sends what is made
here beside its frames, or drops it while the terminal does not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.ui.glyphs import Glyphs

TOAST_EVERY = 4.0
BELL_EVERY = 10.0
"""Seconds between two of them."""
LIMIT = 200
"""Characters of a desktop notice or a title."""
BELL = "\x07"

Desktop = Literal["off", "osc9", "osc777"]
Multiplexer = Literal["", "tmux", "screen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How to tell; decided before the screen starts, from settings and the terminal."""

    title: bool = False
    bell: bool = False
    desktop: Desktop = "off"
    through: Multiplexer = ""
    """What stands between us and the terminal, and must be asked to pass a notice on."""


class Calls:
    """What calls somebody, at most once in `pause` seconds; what comes meanwhile, all at once."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._next = float("-inf")
        self._waiting: dict[str, Alert] = {}

    def hear(self, tick: Tick) -> tuple[Alert, ...]:
        """The alerts to speak of now. What is over or taken before its turn is no news."""
        for event in tick.events:
            if event.notifies:
                self._waiting[event.alert.fingerprint] = event.alert
            elif _answered(event):
                self._waiting.pop(event.alert.fingerprint, None)
        if not self._waiting or tick.mono < self._next:
            return ()
        self._next = tick.mono + self._pause
        told = tuple(self._waiting.values())
        self._waiting.clear()
        return told


def _answered(event: AlertEvent) -> bool:
    alert = event.alert
    return alert.state is not State.FIRING or alert.ack is not None or bool(alert.muted)


class Teller:
    def __init__(
        self,
        host: str,
        glyphs: Glyphs,
        ways: Ways,
        *,
        toast: Callable[[str, Severity], None],
        driver: Callable[[], Any],
    ) -> None:
        """`driver` is the app's at the moment; only our own can say more than frames."""
        self.ways = ways
        self._host = clean(host, LIMIT)
        self._glyphs = glyphs
        self._toast = toast
        self._driver = driver
        self._toasts = Calls(TOAST_EVERY)
        self._bells = Calls(BELL_EVERY)
        self._counted: tuple[Alert, ...] | None = None

    def hear(self, tick: Tick) -> None:
        if told := self._toasts.hear(tick):
            self._toast(*sentence(told))
        if told := self._bells.hear(tick):
            self._call(told)
        if self.ways.title and tick.alerts is not self._counted:
            self._counted = tick.alerts
            self._send("set_title", title(tick.alerts, self._host, self._glyphs))

    def _call(self, told: tuple[Alert, ...]) -> None:
        if self.ways.bell:
            self._send("announce", BELL)
        if self.ways.desktop != "off":
            text, _ = sentence(told)
            notice = desktop_notice(self.ways.desktop, self._host, text)
            self._send("announce", passed_through(self.ways.through, notice))

    def _send(self, method: str, text: str) -> None:
        send = getattr(self._driver(), method, None)
        if send is not None:
            send(text)


def sentence(alerts: tuple[Alert, ...]) -> tuple[str, Severity]:
    """The worst of them in words, how many more there are, and how bad it is."""
    worst = max(alerts, key=lambda alert: alert.severity)
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    return f"{worst.summary or worst.rule}{more}", worst.severity


def title(alerts: tuple[Alert, ...], host: str, glyphs: Glyphs) -> str:
    """`●2 db-7 – sysmon-tui`: how many call for somebody; without any, only where we are."""
    calling = sum(
        alert.state is State.FIRING and alert.ack is None and not alert.muted for alert in alerts
    )
    badge = f"{'*' if glyphs.ascii else '●'}{calling} " if calling else ""
    return badge + glyphs.text(f"{host} – sysmon-tui")


def desktop_notice(kind: Desktop, host: str, text: str) -> str:
    """OSC 9 (iTerm2, Windows Terminal, kitty, WezTerm) or OSC 777 (rxvt-unicode, foot, VTE).

    Semicolons part the fields of both, and no control character may end the sequence early.
    """
    host, text = (clean(part, LIMIT).replace(";", ",") for part in (host, text))
    fields = f"9;{host}: {text}" if kind == "osc9" else f"777;notify;{host};{text}"
    return f"\x1b]{fields}\x07"


def passed_through(through: Multiplexer, sequence: str) -> str:
    """Wrapped so that tmux (with `allow-passthrough`) or GNU screen hands it to its terminal."""
    if through == "tmux":
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    return f"\x1bP{sequence}\x1b\\" if through == "screen" else sequence
