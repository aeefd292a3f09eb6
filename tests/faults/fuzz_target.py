"""A fuzzer that follows branches: `python -m tests.faults.fuzz_target TARGET [libFuzzer options]`.

Needs atheris (dependency group `fuzz`). It runs until an exception escapes that is none of ours,
and then leaves the input that did it in the directory it was started in.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sysmon_tui"], exclude=["sysmon_tui.ui"]):
    from sysmon_tui.alerts.promrules import read_rule_file
    from sysmon_tui.alerts.rules import load_rules
    from sysmon_tui.collectors.process_stat import parse_stat
    from sysmon_tui.model.errors import SysmonError
    from sysmon_tui.model.redact import mask_text
    from sysmon_tui.model.text import clean
    from sysmon_tui.promql import PromqlError, parse, render
    from sysmon_tui.security import sealed
    from sysmon_tui.security.errors import SecretsError
    from sysmon_tui.settings.dirs import Dirs
    from sysmon_tui.settings.store import load


def text(raw: bytes) -> None:
    cleaned = clean(raw)
    assert clean(cleaned) == cleaned
    masked = mask_text(cleaned)
    assert mask_text(masked) == masked


def promql(raw: bytes) -> None:
    with suppress(PromqlError):
        tree = parse(raw.decode("utf-8", "replace"))
        assert parse(render(tree)) == tree


def settings(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "settings.toml").write_bytes(raw)
        loaded = load(Dirs(place, place), {}, {})
        load_rules(loaded.settings.rules, str(loaded.path), raw.decode("utf-8", "replace"))


def rules(raw: bytes) -> None:
    with suppress(SysmonError):
        read_rule_file(raw.decode("utf-8", "replace"), "rules.yml")


def vault(raw: bytes) -> None:
    with suppress(SecretsError):
        sealed.parse(raw)


def stat(raw: bytes) -> None:
    parse_stat(raw)


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (text, promql, settings, rules, vault, stat)
}


def main() -> None:
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
