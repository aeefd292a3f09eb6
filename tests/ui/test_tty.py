"""The terminal as a device."""

from __future__ import annotations

import os

from sysmon_tui.ui.tty import forget_if_gone


def test_what_is_said_to_a_terminal_that_is_gone_goes_nowhere() -> None:
    master, slave = os.openpty()
    forget_if_gone(slave)
    os.write(slave, b"heard")
    assert os.read(master, 5) == b"heard"
    os.close(master)
    forget_if_gone(slave)
    assert os.write(slave, b"unheard") == 7
    os.close(slave)
