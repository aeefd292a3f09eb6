"""A program killed while it seals secrets or saves settings leaves the old file or the new one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from random import Random

import pytest

from sysmon_tui.security.files import sweep
from sysmon_tui.security.keys import Keys, KeySources
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.save import save

WRITES = """
import sys
from pathlib import Path
from sysmon_tui.security.keys import Keys, KeySources
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.vault import Vault
from sysmon_tui.settings.save import save
place = Path(sys.argv[1])
vault = Vault(place, Keys(KeySources(directory=place)), place)
number = 0
while True:
    number += 1
    vault.put("n", Secret(str(number)))
    save(place / "settings.toml", {"storage.quota_mib": number})
    print(number, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    vault = Vault(tmp_path, Keys(KeySources(directory=tmp_path)), tmp_path)
    path = tmp_path / "settings.toml"
    chance = Random(7)
    for _ in range(40):
        vault.put("n", Secret("0"))
        save(path, {"storage.quota_mib": 1})
        child = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(chance.randint(1, 30)):
            seen = child.stdout.readline()
        child.kill()
        with child:
            acknowledged = int((seen + child.stdout.read()).split()[-1])
        assert int(vault.get("n").reveal()) >= acknowledged
        assert tomllib.loads(path.read_text())["storage"]["quota_mib"] >= acknowledged
    now = path.stat().st_mtime + 1000
    sweep(tmp_path, now)
    assert not [one for one in tmp_path.iterdir() if one.name.endswith(".new")]
