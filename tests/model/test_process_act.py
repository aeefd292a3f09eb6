"""Who gets no signal, and what root must type first."""

from __future__ import annotations

import pytest

from sysmon_tui.model.process_act import Signal, Target, refusal, typed
from tests.hold import ourselves, target


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (target(1, "systemd"), "whole system"),
        (target(100, "python3"), "this program"),
        (target(50, "sshd-session"), "our own session"),
        (target(99, "bash"), "our own session"),
        (target(7, "kworker/0:1", kernel=True), "kernel thread"),
        (target(300, "sh", state="Z"), "zombie"),
        (target(300, "sh"), ""),
        (target(300, "sh", state="D"), ""),
    ],
)
def test_refusals(of: Target, why: str) -> None:
    for uid in (0, 1000):
        assert why in refusal(of, ourselves(uid))
        assert bool(refusal(of, ourselves(uid))) is bool(why)


@pytest.mark.parametrize(
    ("targets", "uid", "person", "wanted"),
    [
        ([target(300, "sh")], 1000, -1, ""),
        ([target(300, "sh")], 0, -1, "sh"),
        ([target(300, "sh", uid=0)], 0, 1000, "sh"),
        ([target(300, "sh", uid=1000)], 0, 1000, ""),
        ([target(300, "sh", uid=0)], 0, 0, "sh"),
        ([target(300, "sh"), target(301, "sh")], 0, -1, "2"),
        ([target(300, "sh", uid=1000), target(301, uid=70)], 0, 1000, "2"),
        ([target(300, "na\u202eme")], 0, -1, "300"),
        ([target(300, "a\nb")], 0, -1, "300"),
        ([target(300, " sh")], 0, -1, "300"),
        ([target(300, "")], 0, -1, "300"),
        ([target(300, "x" * 33)], 0, -1, "300"),
    ],
)
def test_what_is_typed(targets: list[Target], uid: int, person: int, wanted: str) -> None:
    assert typed(targets, ourselves(uid, person)) == wanted


def test_the_gentle_signal_is_first_and_the_last_one_last() -> None:
    assert next(iter(Signal)) is Signal.TERM
    assert list(Signal)[-1] is Signal.KILL
    assert all(signal.meaning for signal in Signal)
