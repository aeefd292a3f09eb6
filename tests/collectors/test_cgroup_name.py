from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.collectors.cgroup_name import friendly
from sysmon_tui.model.text import clean_name

ID = "0123456789ab" + "c" * 52
POD = "0a1b2c3d-1111-2222-3333-444455556666"
SLICED = POD.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/system.slice/docker-{ID}.scope", "docker/0123456789ab"),
        (f"/docker/{ID}", "docker/0123456789ab"),
        (f"/docker/{ID}/system.slice/x.service", "docker/0123456789ab/system.slice/x.service"),
        (f"/machine.slice/libpod-{ID}.scope/container", "podman/0123456789ab/container"),
        (f"/libpod_parent/libpod-{ID}", "podman/0123456789ab"),
        (f"/crio/{ID}", "crio/0123456789ab"),
        (f"/{ID}", "container/0123456789ab"),
        (
            f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SLICED}.slice/"
            f"cri-containerd-{ID}.scope",
            f"kubepods/{POD}/0123456789ab",
        ),
        (f"/kubepods/besteffort/pod{POD}/{ID}", f"kubepods/{POD}/0123456789ab"),
        (f"/kubepods.slice/kubepods-pod{SLICED}.slice", f"kubepods/{POD}"),
        ("/lxc.payload.web", "lxc/web"),
        ("/machine.slice/machine-web.scope", "machine/web"),
        ("/system.slice/nginx.service", "nginx.service"),
        ("/system.slice", "system.slice"),
        ("/user.slice/session-2.scope", "user.slice/session-2.scope"),
        ("/", ""),
    ],
)  # fmt: skip
def test_names(path: str, name: str) -> None:
    assert friendly(path) == name


@given(st.text(max_size=300))
def test_whatever_the_path_the_name_is_clean(path: str) -> None:
    assert friendly(path) == clean_name(friendly(path))
