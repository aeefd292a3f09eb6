"""Every process, with details of those that matter: the program's largest source.

On Linux straight from /proc (`process_linux`), through psutil elsewhere (`process_portable`);
this module is what the registry knows, and what both have in common.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from sysmon_tui.collectors.base import Collector, Roots
from sysmon_tui.model.process import ProcessDemand


class ProcessCollector(Collector, Protocol):
    demand: ProcessDemand
    """What to read beside the rows. Any thread may assign another one; the next pass obeys."""


def create(roots: Roots) -> ProcessCollector:
    variant = "linux" if (roots.proc / "stat").exists() else "portable"
    # Imported by name: the Linux variant needs modules that other platforms lack.
    module = import_module(f"sysmon_tui.collectors.process_{variant}")
    return cast("ProcessCollector", module.create(roots))
