"""What psutil says of a process before something is done to it, where there is no /proc."""

from __future__ import annotations

import psutil

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_portable import LETTERS, NO_USER, ask
from sysmon_tui.model.process import ProcessKey
from sysmon_tui.model.process_act import Target
from sysmon_tui.model.redact import mask_arguments
from sysmon_tui.model.text import SafeText, clean, clean_name

_ATTRIBUTES = ["name", "cmdline", "username", "uids", "create_time", "status", "nice"]


class PortableTargets:
    slack = 1.0
    """The moment of boot is worked out from clocks that drift."""

    def __init__(self) -> None:
        self._boot = psutil.boot_time()

    def target(self, pid: int) -> Target | None:
        try:
            values = ask(psutil.Process(pid), _ATTRIBUTES)
        except psutil.Error:
            return None
        if not values.get("create_time"):
            return None
        name = clean_name(values["name"] or "?")
        arguments, uids, nice = values["cmdline"], values.get("uids"), values["nice"]
        return Target(
            ProcessKey(pid, max(0.0, values["create_time"] - self._boot)),
            uids.effective if uids else NO_USER,
            name,
            clean_name(values["username"] or "?"),
            clean(" ".join(mask_arguments(arguments))) if arguments else SafeText(f"[{name}]"),
            LETTERS.get(values["status"], "S"),
            nice if isinstance(nice, int) and -20 <= nice <= 20 else 0,
            kernel=False,
        )

    def ancestors(self, pid: int) -> frozenset[int]:
        try:
            return frozenset(parent.pid for parent in psutil.Process(pid).parents())
        except psutil.Error:
            return frozenset()

    def threads(self, pid: int) -> tuple[int, ...]:
        return (pid,)

    def close(self) -> None:
        """Nothing is held open."""


def create(_: Roots) -> PortableTargets:
    return PortableTargets()
