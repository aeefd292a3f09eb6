"""Which services failed and which are started again and again, as systemd has it.

systemctl(1) is asked, not the bus itself: it is on every machine that runs systemd and speaks
the protocol of its own version. It takes milliseconds of our machine and of process 1, so it is
asked rarely, on a thread that may wait, and only about what can have changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.collectors.figures import counter, read_small
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import Kind, Labels, Metric, Unit, labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean, clean_name

STATE = "node_systemd_unit_state"
RESTARTS = "node_systemd_service_restart_total"
RUNNING = "node_systemd_system_running"

METRICS = (
    Metric(STATE, Kind.GAUGE, Unit.COUNT, "1 if the unit failed; 0 if it did and no longer has"),
    Metric(RESTARTS, Kind.COUNTER, Unit.COUNT, "Times systemd started the service again by itself"),
    Metric(RUNNING, Kind.GAUGE, Unit.COUNT, "1 if the system is up and nothing has failed"),
)

PLACES = ("/usr/bin/systemctl", "/bin/systemctl")
DEADLINE = 4.0
"""Seconds systemctl may take."""
MOST_FAILED = 100
MOST_RECOVERED = 100
"""Units that failed once and are still reported, so that their alerts can end."""
MOST_SERVICES = 500
"""Services asked for their restarts."""
SLOW_PASSES = 2
"""Passes between two questions about restarts, for which process 1 works out every property of
every service, and about the system as a whole; they take turns."""

SERVICE = ".service"
_PLAIN = ("--no-pager", "--no-ask-password")
LIST = ("list-units", "--all", "--plain", "--full", "--no-legend", *_PLAIN)
SYSTEM = ("show", "--property=SystemState", *_PLAIN)
SHOW = ("show", "--property=Id,Restart,NRestarts", *_PLAIN, "--")

Ask = Callable[[Sequence[str]], bytes]
"""systemctl with these arguments: what it prints. Raises `Denied`, or `OSError` as subprocess."""
Values = dict[str, dict[Labels, float]]


class SystemdUnits:
    name: ClassVar[str] = "unit"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 30.0
    may_block: ClassVar[bool] = True

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._failed_once: OrderedDict[str, None] = OrderedDict()
        self._restarts: dict[str, float] = {}
        self._once: set[str] = set()
        """Services that systemd never starts again by itself (`Restart=no`)."""
        self._running = 0.0
        self._passes = 0

    def collect(self) -> Reading:
        units = dict(parse_units(self._ask(LIST)))
        if not units:
            raise Unsupported("systemctl lists no units")
        failed = [name for name, active in units.items() if active == "failed"]
        if self._passes % SLOW_PASSES == 0:
            self._ask_restarts(units)
        if self._passes % SLOW_PASSES == 1 or not self._passes:
            self._running = float(b"SystemState=running" in self._ask(SYSTEM).splitlines())
        self._passes += 1
        families: Values = {
            STATE: self._states(failed[:MOST_FAILED]),
            RESTARTS: {labels(name=name): count for name, count in self._restarts.items()},
            RUNNING: {(): self._running},
        }
        more = len(failed) - MOST_FAILED
        note = f"{more} more units have failed" if more > 0 else ""
        return Reading({name: family for name, family in families.items() if family}, note=note)

    def _states(self, failed: Sequence[str]) -> dict[Labels, float]:
        """Those that failed, and as 0 those that had when we looked before."""
        for name in failed:
            self._failed_once[name] = None
            self._failed_once.move_to_end(name)
        while len(self._failed_once) > MOST_FAILED + MOST_RECOVERED:
            self._failed_once.popitem(last=False)
        now = set(failed)
        return {labels(name=name, state="failed"): float(name in now) for name in self._failed_once}

    def _ask_restarts(self, units: dict[str, str]) -> None:
        services = {
            name
            for name, active in units.items()
            if name.endswith(SERVICE) and active != "inactive"
        }
        self._once &= services
        asked = sorted(services - self._once)[:MOST_SERVICES]
        try:
            found = dict(parse_restarts(self._ask((*SHOW, *asked)))) if asked else {}
        except Denied:
            # One name it cannot show (a unit that went away just now) fails the whole question.
            return
        self._once |= {name for name, restarts in found.items() if restarts is None}
        self._restarts = {
            name: restarts for name, restarts in found.items() if restarts is not None
        }

    def close(self) -> None:
        """Nothing is held open: a question under way ends by its deadline."""


def parse_units(text: bytes) -> Iterator[tuple[str, str]]:
    """Name and active state; lines are UNIT LOAD ACTIVE SUB DESCRIPTION."""
    for line in text.splitlines():
        words = line.split(None, 5)
        if words and b"." not in words[0]:
            # Old versions mark what failed with a bullet even when asked to be plain.
            del words[0]
        if len(words) >= 4 and b"." in words[0]:
            yield clean_name(words[0]), clean_name(words[2])


def parse_restarts(text: bytes) -> Iterator[tuple[str, float | None]]:
    """How often each service was restarted; None for those that never are.

    `NAME=VALUE` lines, an empty one between two units.
    """
    for block in text.split(b"\n\n"):
        fields = dict(line.partition(b"=")[::2] for line in block.splitlines())
        if not (name := clean_name(fields.get(b"Id", b""))):
            continue
        if fields.get(b"Restart") == b"no":
            yield name, None
            continue
        try:
            yield name, counter(fields.get(b"NRestarts", b""))
        except ValueError:  # systemd before 235 does not count them
            yield name, None


def run_systemctl(path: str) -> Ask:
    """Ask the program at `path`, in the C locale and with nothing of our environment."""

    def ask(arguments: Sequence[str]) -> bytes:
        import subprocess

        try:
            done = subprocess.run(  # noqa: S603 (an absolute path, and no shell)  # nosec B603
                [path, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DEADLINE,
                check=False,
                cwd="/",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "SYSTEMD_COLORS": "0"},
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"systemctl gave no answer within {DEADLINE:.0f} s") from None
        if done.returncode:
            said = clean(done.stderr.strip() or b"no reason given", 200)
            raise Denied(f"systemctl does not answer: {said}", "Run as root to see units")
        return done.stdout

    return ask


class NoUnits:
    """Where there is no systemd to ask; says why."""

    name: ClassVar[str] = "unit"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 60.0
    may_block: ClassVar[bool] = False

    def __init__(self, why: str, remedy: str = "") -> None:
        self._why, self._remedy = why, remedy

    def collect(self) -> Reading:
        raise Unsupported(self._why, self._remedy)

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots, places: Sequence[str] = PLACES) -> Collector:
    if roots.foreign:
        return NoUnits(
            "The watched machine's systemd cannot be asked from here",
            "Run sysmon-tui on the machine itself",
        )
    # sd_booted(3), and in a container with the host's /run mounted process 1 is another.
    booted = (roots.root / "run" / "systemd" / "system").is_dir()
    if not booted or read_small(roots.proc / "1" / "comm") != b"systemd":
        return NoUnits("This machine is not run by systemd")
    for place in places:
        if Path(place).is_file():
            return SystemdUnits(run_systemctl(place))
    return NoUnits("This machine has no systemctl", "Install the systemd package")
