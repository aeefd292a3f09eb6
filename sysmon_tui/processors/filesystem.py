"""How full file systems are, of space and of inodes.

Mounts that are read-only are left out: nothing can fill them, and an archive that is full is no
problem. `node_filesystem_readonly` tells of those.
"""

from __future__ import annotations

from collections.abc import Mapping

from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.sample import NOTHING, Batch
from sysmon_tui.processors.registry import derives

SIZE = "node_filesystem_size_bytes"
FREE = "node_filesystem_free_bytes"
AVAILABLE = "node_filesystem_avail_bytes"
FILES = "node_filesystem_files"
FILES_FREE = "node_filesystem_files_free"
READ_ONLY = "node_filesystem_readonly"

USED_RATIO = "sysmon_filesystem_used_ratio"
INODES_USED_RATIO = "sysmon_filesystem_inodes_used_ratio"

_NONE: Mapping[Labels, float] = {}


@derives(
    "filesystem",
    {
        USED_RATIO: (SIZE, FREE, AVAILABLE, READ_ONLY),
        INODES_USED_RATIO: (SIZE, FREE, AVAILABLE, READ_ONLY, FILES, FILES_FREE),
    },
)
class Filesystem:
    def feed(self, batch: Batch) -> Families:
        families = batch.families
        read_only = families.get(READ_ONLY, _NONE)
        used = {key: share for key, share in _used(families).items() if not read_only.get(key)}
        if not used:
            return NOTHING
        inodes = {key: share for key, share in _inodes(families).items() if key in used}
        return {USED_RATIO: used, INODES_USED_RATIO: inodes} if inodes else {USED_RATIO: used}


def _used(families: Families) -> dict[Labels, float]:
    """df(1): used of what ordinary users have or could have; root's reserve is neither."""
    free, available = families.get(FREE, _NONE), families.get(AVAILABLE, _NONE)
    shares: dict[Labels, float] = {}
    for key, size in families.get(SIZE, _NONE).items():
        if key in free and key in available:
            used = max(size - free[key], 0.0)
            whole = used + max(available[key], 0.0)
            if whole > 0.0:
                shares[key] = used / whole
    return shares


def _inodes(families: Families) -> dict[Labels, float]:
    """Absent for file systems that make inodes as they need them and so report none."""
    left = families.get(FILES_FREE, _NONE)
    return {
        key: min(max(1.0 - left[key] / files, 0.0), 1.0)
        for key, files in families.get(FILES, _NONE).items()
        if files > 0.0 and key in left
    }
