from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.mounts import parse_mounts, unescape
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations


def paths(text: str) -> list[bytes]:
    return [mount.path for mount in parse_mounts(text.encode())]


def test_only_storage_is_left_and_escapes_are_undone() -> None:
    mounts = parse_mounts(FILES["proc/self/mounts"].encode())
    assert [mount.path for mount in mounts] == [b"/", b"/srv/my data", b"/mnt/share"]
    assert [mount.read_only for mount in mounts] == [False, True, False]
    assert [mount.local for mount in mounts] == [True, True, False]
    assert mounts[1].key == labels(
        device="/dev/mapper/data", fstype="xfs", mountpoint="/srv/my data"
    )


@pytest.mark.parametrize(
    "fstype", ["proc", "ramfs", "autofs", "squashfs", "iso9660", "cgroup2", "fuse.portal"]
)
def test_what_cannot_fill_up_is_left_out(fstype: str) -> None:
    assert paths(f"x /x {fstype} rw 0 0\n") == []


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/tmp", True),
        ("/srv/run", True),
        ("/runner", True),
        ("/run", False),
        ("/run/user/1000", False),
        ("/dev/shm", False),
        ("/sys/fs/cgroup", False),
        ("/var/lib/kubelet/pods/1/volumes/token", False),
        ("/run/a\\012b", False),
    ],
)
def test_a_tmpfs_fills_up_where_people_put_files(path: str, shown: bool) -> None:
    assert bool(paths(f"tmpfs {path} tmpfs rw 0 0\n")) is shown


def test_the_root_of_a_container_is_shown_and_other_layers_are_not() -> None:
    assert paths("overlay / overlay rw 0 0\noverlay /x/merged overlay rw 0 0\n") == [b"/"]


def test_of_one_device_the_shortest_path_is_shown() -> None:
    text = "/dev/sda /etc/hosts ext4 rw 0 0\n/dev/sda /data ext4 rw 0 0\n/dev/sdb / xfs rw 0 0\n"
    assert paths(text) == [b"/data", b"/"]


def test_the_files_of_a_container_engine_are_no_filesystems() -> None:
    assert paths("/dev/sda /etc/hosts ext4 rw 0 0\n/dev/sda /etc/resolv.conf ext4 rw 0 0\n") == []


def test_servers_exports_are_devices_and_anonymous_names_are_not() -> None:
    text = (
        "nas:/a /a nfs rw 0 0\nnas:/a /b nfs rw 0 0\n"
        "s3fs /c fuse.s3fs rw 0 0\ns3fs /d fuse.s3fs rw 0 0\n"
    )
    assert paths(text) == [b"/a", b"/c", b"/d"]


def test_a_mount_hides_what_was_there_before() -> None:
    assert paths("/dev/sda /mnt ext4 rw 0 0\nproc /mnt proc rw 0 0\n") == []
    text = "/dev/sda /mnt ext4 rw 0 0\n/dev/sdb /mnt xfs ro 0 0\n"
    assert [mount.device for mount in parse_mounts(text.encode())] == ["/dev/sdb"]


def test_a_fuse_on_a_block_device_is_not_answered_from_memory() -> None:
    (mount,) = parse_mounts(b"/dev/sdc1 /usb fuseblk rw 0 0\n")
    assert not mount.local


@pytest.mark.parametrize("line", ["none /tmp tmpfs", "tank/home /home zfs", "overlay / overlay"])
def test_what_is_in_the_kernel_is_local_by_any_name(line: str) -> None:
    (mount,) = parse_mounts(f"{line} rw 0 0\n".encode())
    assert mount.local


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (rb"/a\040b\011c\012d\134e", b"/a b\tc\nd\\e"),
        (rb"/caf\303\251", "/café".encode()),
        (rb"/not\9escaped\400", rb"/not\9escaped\400"),
        (b"/plain", b"/plain"),
    ],
)
def test_unescape(field: bytes, path: bytes) -> None:
    assert unescape(field) == path


@pytest.mark.parametrize("line", ["", "a b", "none relative ext4 rw", "/dev/sda /n\\000l ext4 rw"])
def test_odd_lines_are_passed_over(line: str) -> None:
    assert paths(f"{line}\n/dev/sdb /ok ext4 rw 0 0\n") == [b"/ok"]


def test_a_hostile_mount_point_keeps_its_bytes_and_has_a_clean_name() -> None:
    (mount,) = parse_mounts(b"/dev/sdb /\x1b]0;pwn\x07\\012x ext4 rw 0 0\n")
    assert mount.path == b"/\x1b]0;pwn\x07\nx"
    assert "\x1b" not in mount.name
    assert "\n" not in mount.name


@given(st.one_of(mutations(FILES["proc/self/mounts"]), st.binary()))
def test_any_bytes_are_parsed(text: bytes) -> None:
    for mount in parse_mounts(text):
        assert mount.path.startswith(b"/")
        assert b"\0" not in mount.path
        assert all(value == clean(value) for _, value in mount.key)
