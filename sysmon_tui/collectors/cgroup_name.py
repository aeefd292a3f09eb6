"""What people call a control group: the unit, or the engine and the short id of a container.

`cgroup` labels series with it, `process_detail` and `process_inspect` say whose a process is.
"""

from __future__ import annotations

import re

from sysmon_tui.model.text import SafeText, clean_name

_POD = re.compile(
    r"(?:^|-)pod([0-9a-f]{8}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{12})"
    r"(?:\.slice)?$"
)
_CONTAINER = re.compile(r"(?:([a-z][a-z-]*)-)?([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?$")
_ENGINES = {
    "libpod": "podman",
    "libpod_parent": "podman",
    "cri-containerd": "containerd",
    "cri-o": "crio",
}
_LXC = re.compile(r"lxc\.payload\.(.+)$")
_MACHINE = re.compile(r"machine-(.+)\.scope$")


def friendly(path: str) -> SafeText:
    """`docker/0123456789ab`, `kubepods/<pod uid>/0123456789ab`, `nginx.service`.

    Layouts are those of the systemd and cgroupfs drivers of Docker, Podman, CRI-O, containerd
    and the kubelet. What is below a container or a pod stays, and so does any other path.
    """
    parts = [part for part in path.split("/") if part]
    for index, part in enumerate(parts):
        if pod := _POD.search(part):
            rest = [_short(below)[1] for below in parts[index + 1 :]]
            return clean_name("/".join(["kubepods", pod[1].replace("_", "-"), *rest]))
    for index, part in enumerate(parts):
        engine, name = _short(part)
        if name != part:
            engine = engine or _engine(parts[index - 1] if index else "")
            return clean_name("/".join([engine, name, *parts[index + 1 :]]))
    if len(parts) > 1 and parts[0] == "system.slice":
        del parts[0]
    return clean_name("/".join(parts))


def group_of(text: bytes) -> SafeText:
    """The friendly name out of /proc/PID/cgroup; empty for the root.

    From the path in the one hierarchy of version 2; else from the first that says more than the
    root. Lines are `hierarchy:controllers:path`, see cgroups(7).
    """
    paths = (line.split(b":", 2)[-1] for line in sorted(text.splitlines()))
    path = next((path for path in paths if path not in (b"", b"/")), b"")
    return friendly(path.decode("utf-8", "replace"))


def _short(part: str) -> tuple[str, str]:
    """The engine where the part names it, and the part without what only engines care about."""
    if found := _CONTAINER.fullmatch(part):
        return _engine(found[1]) if found[1] else "", found[2]
    if found := _LXC.fullmatch(part):
        return "lxc", found[1]
    if found := _MACHINE.fullmatch(part):
        return "machine", found[1]
    return "", part


def _engine(name: str) -> str:
    return _ENGINES.get(name, name or "container").removesuffix(".slice")
