"""Which mounts are storage that can fill up, out of the many that are not; for `filesystem`.

/proc/PID/mounts (proc_pid_mounts(5), fstab(5)): device, mount point, type, options, with blanks
as octal escapes. Left out are the kernel's own file systems, images that are full by nature, what
mounts itself when touched, layers of containers, second views of a device that is there already,
and of those in memory the ones that the system keeps for itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.text import NAME_LIMIT, SafeText, clean_name

_IGNORED = re.compile(
    # The kernel's own, and what mounts something when touched.
    "anon_inodefs|autofs|bdev|binder|binfmt_misc|bpf|cgroup2?|configfs|cpuset|debugfs|devfs|devpts"
    "|devtmpfs|dlmfs|efivarfs|fuse.gvfsd-fuse|fuse.lxcfs|fuse.portal|fusectl|hugetlbfs|inotifyfs"
    "|mqueue|nfsd|nsfs|pidfs|pipefs|proc|procfs|pstore|resctrl|rootfs|rpc_pipefs|securityfs"
    "|selinuxfs|smackfs|sockfs|spufs|sysfs|tracefs|usbfs"
    # In memory, and without a size that could be used up.
    "|ramfs"
    # Images, full by nature.
    "|cramfs|erofs|fuse.snapfuse|fuse.squashfuse|iso9660|romfs|squashfs|udf"
)
_LAYERS = frozenset(("aufs", "fuse.fuse-overlayfs", "overlay", "overlayfs", "unionfs"))
"""Storage of their own they have none: shown only as the root directory of a container."""

_IN_KERNEL = _LAYERS - {"fuse.fuse-overlayfs"} | {"tmpfs", "zfs"}
"""Of a device by another name than its file, or of none."""

_FILES = frozenset((b"/etc/hostname", b"/etc/hosts", b"/etc/resolv.conf"))
"""Single files that container engines mount from the host."""

_SYSTEM = re.compile(rb"/(?:dev|proc|run|sys|var/lib/(?:containers|docker|kubelet))(?:/.*)?", re.S)
"""Where a tmpfs holds the system's own small files, often by the dozen; a /tmp in memory fills up
as any other file system does."""

PATH_LIMIT = 4 * 4096
"""Bytes of a mount point in the file, each of which may be escaped: no call takes a longer path."""

_ESCAPE = re.compile(rb"\\([0-3][0-7]{2})")


class Mount(NamedTuple):
    path: bytes
    """As the kernel knows it; for system calls only."""
    device: SafeText
    fstype: SafeText
    read_only: bool

    @property
    def local(self) -> bool:
        """On a block device or in memory: the kernel answers, without asking another machine."""
        if self.fstype in _IN_KERNEL:
            return True
        return self.device.startswith("/dev/") and not self.fstype.startswith("fuse")

    @property
    def name(self) -> SafeText:
        return clean_name(self.path)

    @property
    def key(self) -> Labels:
        return labels(device=self.device, fstype=self.fstype, mountpoint=self.name)


def parse_mounts(text: bytes) -> tuple[Mount, ...]:
    """The mounts worth showing, in the order of the file; odd lines are passed over."""
    visible: dict[bytes, Mount] = {}
    for line in text.splitlines():
        mount = _parse_line(line)
        if mount:
            # What is mounted over another one hides it.
            visible.pop(mount.path, None)
            visible[mount.path] = mount
    return _without_duplicates([mount for mount in visible.values() if _is_storage(mount)])


def _parse_line(line: bytes) -> Mount | None:
    fields = line.split(b" ", 4)
    if len(fields) < 4 or len(fields[1]) > PATH_LIMIT:
        return None
    path = unescape(fields[1])
    if not path.startswith(b"/") or b"\0" in path:
        return None
    device, fstype = _name(fields[0]), _name(fields[2])
    return Mount(path, device, fstype, b"ro" in fields[3].split(b","))


def _name(field: bytes) -> SafeText:
    # No character takes more than four bytes, and no byte more than four of the file.
    return clean_name(unescape(field[: 16 * NAME_LIMIT]))


def unescape(field: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes((int(found[1], 8),)), field) if b"\\" in field else field


def _is_storage(mount: Mount) -> bool:
    if mount.fstype in _LAYERS:
        return mount.path == b"/"
    if mount.path in _FILES or (mount.fstype == "tmpfs" and _SYSTEM.fullmatch(mount.path)):
        return False
    return not _IGNORED.fullmatch(mount.fstype)


def _without_duplicates(mounts: list[Mount]) -> tuple[Mount, ...]:
    """Of the mounts of one device (bind mounts, subvolumes) the one with the shortest path.

    Names such as `sshfs` or `none` do not tell one device from another, so those all stay.
    """
    shortest: dict[str, Mount] = {}
    for mount in mounts:
        kept = shortest.get(mount.device)
        if kept is None or len(mount.path) < len(kept.path):
            shortest[mount.device] = mount
    return tuple(
        mount
        for mount in mounts
        if shortest[mount.device] is mount or not ("/" in mount.device or ":" in mount.device)
    )
