"""What does not change while we look: which machine this is and from where we see it.

`monitor.assemble` asks once at start. On Linux from /proc, /etc/os-release and the control
groups (`container`), elsewhere from the platform module and psutil.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.container import is_container, read_limits
from sysmon_tui.collectors.figures import read_small
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.text import clean_name

_BOOT = re.compile(rb"^btime (\d{1,12})$", re.MULTILINE)
_CORE = re.compile(rb"^cpu\d+ ", re.MULTILINE)
_PRETTY = re.compile(rb"""^PRETTY_NAME=(["']?)(.*)\1\s*$""", re.MULTILINE)
_STAT_SIZE = 4 << 20
UNKNOWN = "unknown"


def _hostname(roots: Roots) -> str:
    """In a foreign /proc the kernel still gives every reader the name of its own namespace."""
    kernels = _line(roots.proc / "sys" / "kernel" / "hostname")
    if roots.foreign:
        return _line(roots.root / "etc" / "hostname") or kernels or UNKNOWN
    return kernels or UNKNOWN


def read_host(roots: Roots, environ: Mapping[str, str]) -> HostFacts:
    """Never raises: what cannot be had is `unknown`, 0, or left out."""
    if not (roots.proc / "stat").exists():
        return _portable(environ)
    stat = read_small(roots.proc / "stat", _STAT_SIZE)
    boot = _BOOT.search(stat)
    inside = is_container(roots, environ)
    return HostFacts(
        hostname=_hostname(roots),
        system=_distribution(roots.root) or "Linux",
        kernel=_line(roots.proc / "sys" / "kernel" / "osrelease") or UNKNOWN,
        cores=len(_CORE.findall(stat)) or os.cpu_count() or 1,
        boot_time=float(boot[1]) if boot else 0.0,
        vantage=_vantage(roots, inside),
        limits=read_limits(roots) if inside and not roots.foreign else {},
        remote=_remote(environ),
    )


def _vantage(roots: Roots, inside: bool) -> str:
    if roots.foreign:
        return f"host through {clean_name(str(roots.proc))}"
    return "container" if inside else "host"


def _line(path: Path) -> str:
    return clean_name(read_small(path, 256))


def _distribution(root: Path) -> str:
    """os-release(5): the second place is where the first one points to unless it is replaced."""
    for place in ("etc/os-release", "usr/lib/os-release"):
        if found := _PRETTY.search(read_small(root / place)):
            return clean_name(found[2].strip())
    return ""


def _remote(environ: Mapping[str, str]) -> str:
    """The client's address from SSH_CONNECTION (ssh(1)): client, its port, server, its port."""
    words = environ.get("SSH_CONNECTION", "").split()
    return clean_name(words[0]) if words else ""


def _portable(environ: Mapping[str, str]) -> HostFacts:
    import psutil

    return HostFacts(
        hostname=clean_name(platform.node()) or UNKNOWN,
        system=clean_name(f"{platform.system()} {_release()}".strip()) or UNKNOWN,
        kernel=clean_name(platform.release()) or UNKNOWN,
        cores=psutil.cpu_count() or 1,
        boot_time=psutil.boot_time(),
        vantage="host",
        remote=_remote(environ),
    )


def _release() -> str:
    return platform.mac_ver()[0] or platform.release()
