from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator

import pytest

from sysmon_tui.collectors.filesystem_usage import ProbeProcess, Usage, usage

Start = Callable[[str], ProbeProcess]
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _time_to_die(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine even a killed process may take a while to be gone."""
    monkeypatch.setattr("sysmon_tui.collectors.filesystem_usage.GRACE", PATIENCE)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a probe whose program is given."""
    begun: list[ProbeProcess] = []

    def run(program: str) -> ProbeProcess:
        probe = ProbeProcess([sys.executable, "-I", "-S", "-c", program], deadline=PATIENCE)
        begun.append(probe)
        return probe

    yield run
    for probe in begun:
        assert probe.end()


ECHO = "import sys\nfor line in sys.stdin: print({answer!r}, flush=True)"
MUTE = "import sys\nfor line in sys.stdin: pass"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_asks_the_real_probe() -> None:
    probe = ProbeProcess(deadline=PATIENCE)
    found = os.statvfs("/")
    answer = probe.ask(b"/")
    assert answer.size == found.f_frsize * found.f_blocks
    assert 0 <= answer.available <= answer.free <= answer.size
    with pytest.raises(FileNotFoundError):
        probe.ask(b"/no/such/place")
    assert probe.ask(b"/").size == answer.size
    assert probe.end()
    assert not alive(probe.pid), "no zombie is left"


def test_a_mount_that_does_not_answer_is_given_up() -> None:
    probe = ProbeProcess([sys.executable, "-I", "-S", "-c", MUTE], deadline=0.05)
    with pytest.raises(TimeoutError):
        probe.ask(b"/mnt/dead")
    assert probe.end()
    assert not alive(probe.pid)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "nonsense",
        "[1, 2, 3]",
        '[1, 2, 3, 4, 5, "x"]',
        "{}",
        "7",
        "[1e999, 1, 1, 1, 1, 1]",
        '{"errno": "x"}',
    ],
)
def test_nonsense_is_an_error_of_the_protocol(start: Start, answer: str) -> None:
    with pytest.raises(OSError, match="nonsense") as caught:
        start(ECHO.format(answer=answer)).ask(b"/")
    assert caught.value.errno == errno.EPROTO


def test_an_error_of_the_mount_is_passed_on(start: Start) -> None:
    probe = start(ECHO.format(answer=json.dumps({"errno": errno.ESTALE})))
    with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
        probe.ask(b"/mnt/gone")


def test_a_probe_that_died_is_an_error(start: Start) -> None:
    with pytest.raises(OSError, match=r"probe|pipe") as caught:
        start("raise SystemExit").ask(b"/")
    assert caught.value.errno in (errno.EPROTO, errno.EPIPE)


def test_ending_twice_is_harmless_and_asking_again_finds_it_gone(start: Start) -> None:
    probe = start(MUTE)
    assert probe.end()
    assert probe.end()


def test_one_that_will_not_die_is_not_waited_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = start(MUTE)
    with monkeypatch.context() as patch:
        patch.setattr(probe._process, "kill", lambda: None)
        patch.setattr("sysmon_tui.collectors.filesystem_usage.GRACE", 0.001)
        # Its input is closed, so hold it where it is: as if stuck in the kernel.
        patch.setattr(probe._process, "stdin", None)
        assert not probe.end()
        assert not probe.end()
    assert probe._process.stdin is not None
    probe._process.stdin.close()
    probe._process.wait(timeout=30)
    assert probe.end()


def test_an_interrupt_makes_the_question_fail(start: Start) -> None:
    probe = start(MUTE)
    probe.interrupt()
    with pytest.raises(OSError, match=r"probe|pipe"):
        probe.ask(b"/")


def test_less_than_nothing_reads_as_nothing() -> None:
    huge = 2**64 - 100
    assert usage(512, 1000, huge, huge, 10, huge) == Usage(512_000.0, 0.0, 0.0, 10.0, 0.0)
    assert usage(512, 1000, 500, 400, 10, 5) == Usage(512_000.0, 256_000.0, 204_800.0, 10.0, 5.0)
