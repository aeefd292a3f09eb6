from __future__ import annotations

import pytest

from sysmon_tui.model.metric import Families, labels
from sysmon_tui.processors.filesystem import INODES_USED_RATIO, USED_RATIO, Filesystem
from tests.processors.batches import batch

ROOT = labels(device="/dev/sda1", fstype="ext4", mountpoint="/")


def figures(
    size: float, free: float, avail: float, files: float = 0.0, files_free: float = 0.0
) -> Families:
    return {
        "node_filesystem_size_bytes": {ROOT: size},
        "node_filesystem_free_bytes": {ROOT: free},
        "node_filesystem_avail_bytes": {ROOT: avail},
        "node_filesystem_files": {ROOT: files},
        "node_filesystem_files_free": {ROOT: files_free},
        "node_filesystem_readonly": {ROOT: 0.0},
    }


def test_used_as_df_prints_it() -> None:
    # 100 blocks, 5 of them root's reserve: df prints 60 of 95, not 60 of 100.
    derived = Filesystem().feed(batch(0.0, figures(100.0, 40.0, 35.0, 200.0, 150.0)))
    assert derived == {
        USED_RATIO: {ROOT: pytest.approx(60 / 95)},
        INODES_USED_RATIO: {ROOT: 0.25},
    }


def test_no_inodes_no_share() -> None:
    derived = Filesystem().feed(batch(0.0, figures(100.0, 40.0, 40.0)))
    assert derived == {USED_RATIO: {ROOT: 0.6}}


def test_the_reserve_eaten_by_root_is_full() -> None:
    derived = Filesystem().feed(batch(0.0, figures(100.0, 3.0, 0.0)))
    assert derived[USED_RATIO] == {ROOT: 1.0}


def test_what_cannot_fill_up_is_left_out() -> None:
    families = dict(figures(100.0, 0.0, 0.0, 10.0, 0.0)) | {"node_filesystem_readonly": {ROOT: 1.0}}
    assert Filesystem().feed(batch(0.0, families)) == {}


@pytest.mark.parametrize("missing", ["free", "avail", "size"])
def test_without_all_figures_there_is_none(missing: str) -> None:
    families = dict(figures(100.0, 40.0, 40.0))
    del families[f"node_filesystem_{missing}_bytes"]
    assert Filesystem().feed(batch(0.0, families)) == {}


def test_odd_figures_stay_within_bounds() -> None:
    derived = Filesystem().feed(batch(0.0, figures(10.0, 40.0, 40.0, 5.0, 9.0)))
    assert derived == {USED_RATIO: {ROOT: 0.0}, INODES_USED_RATIO: {ROOT: 0.0}}
    assert Filesystem().feed(batch(0.0, figures(0.0, 0.0, 0.0))) == {}
