"""Whatever a file holds, it is used or refused with an error of ours; nothing else escapes.

The kernel's files are in `test_fuzz_kernel`, PromQL is in `test_fuzz_promql`, incident files are in
`tests/monitor`, every bit of the vault is in `tests/security`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.alerts.promrules import read_rule_file
from sysmon_tui.alerts.rules import load_rules
from sysmon_tui.cli import main
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.security import sealed
from sysmon_tui.security.errors import SecretsError
from sysmon_tui.security.passwords import FEWEST
from sysmon_tui.security.secret import Secret
from sysmon_tui.security.users import Users
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.fields import FIELDS, SECTIONS
from sysmon_tui.settings.schema import Receiver
from sysmon_tui.settings.store import load
from tests.faults.examples import VARIABLE, quick

SETTINGS = """\
[screen]
keys = { quit = "q" }
[[notify.to]]
name = "m"
kind = "email"
host = "h"
from = "a@b"
to = ["a@b"]
[[rules]]
name = "A"
metric = "m"
warning = { above = 1, for = "1m" }
"""
RULES = """\
groups:
- name: g
  rules:
  - alert: A
    expr: up == 0
    for: 5m
    labels: {severity: page}
    annotations: {summary: "{{ $labels.job }} is down"}
"""

_scalar = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["1m", "warning", "webhook", "above", "/x", "cpu", "\x1b[2J", "[/]"]),
)
_names = st.one_of(
    st.text(max_size=6),
    st.sampled_from([*SECTIONS, "rules", "to", "name", "metric", "warning", "for", "expr"]),
    st.sampled_from([path.partition(".")[2] for path in FIELDS]),
    st.sampled_from(Receiver.__struct_encode_fields__),
)
_tree: st.SearchStrategy[Any] = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=12,
)
_table = st.dictionaries(_names, _tree, max_size=6)


def is_clean(problem: SettingsError) -> bool:
    """Fit to be printed on a terminal as it is."""
    return clean(str(problem), 100_000) == str(problem)


def damaged(text: str) -> st.SearchStrategy[bytes]:
    """The text with a piece cut out and other bytes put there."""
    raw = text.encode()
    place = st.integers(0, len(raw))
    return st.builds(
        lambda start, end, put: raw[: min(start, end)] + put + raw[max(start, end) :],
        place,
        place,
        st.binary(max_size=6) | st.sampled_from([b"[", b'"', b"{", b"\n\n", b"= ", b"- "]),
    )


@quick
@given(damaged(SETTINGS))
def test_a_settings_file_of_any_bytes(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(raw)
    loaded = load(Dirs(tmp_path, tmp_path), {}, {})
    assert all(map(is_clean, loaded.problems))
    load_rules(loaded.settings.rules, str(path), raw.decode("utf-8", "replace"))
    assert path.read_bytes() == raw


def test_a_settings_file_with_any_one_bit_turned(tmp_path: Path) -> None:
    """It is used as it is or refused with words; it is never written over."""
    path = tmp_path / "settings.toml"
    good = SETTINGS.encode()
    for place in range(len(good)):
        raw = bytearray(good)
        raw[place] ^= 1 << place % 8
        path.write_bytes(raw)
        loaded = load(Dirs(tmp_path, tmp_path), {}, {})
        assert all(map(is_clean, loaded.problems))
        assert path.read_bytes() == raw
        assert sorted(one.name for one in tmp_path.iterdir()) == ["settings.toml"]


@quick
@given(st.lists(_table, max_size=3))
def test_rules_of_any_shape(tables: list[dict[str, Any]]) -> None:
    rules = load_rules(tables, "settings.toml")
    assert all(isinstance(problem, SettingsError) for problem in rules.problems)
    assert all(map(is_clean, rules.problems))


@quick
@given(damaged(RULES) | _tree.map(lambda tree: json.dumps(tree).encode()))
def test_an_imported_rule_file_of_any_bytes(raw: bytes) -> None:
    refused: list[SettingsError] = []
    try:
        read_rule_file(raw.decode("utf-8", "replace"), "rules.yml")
    except SettingsError as error:
        refused.append(error)
    assert all(map(is_clean, refused))


@quick
@given(st.binary(max_size=200) | _tree.map(lambda tree: json.dumps(tree).encode()))
def test_a_vault_of_any_bytes(raw: bytes) -> None:
    with pytest.raises(SecretsError):
        sealed.parse(raw)


@quick
@given(st.data())
def test_a_users_file_of_any_bytes(tmp_path: Path, data: st.DataObject) -> None:
    users = Users(tmp_path, tmp_path, iterations=FEWEST)
    if not (tmp_path / "good").exists():
        users.set_password("mira", Secret("correct horse"))
        users.path.rename(tmp_path / "good")
    raw = data.draw(damaged((tmp_path / "good").read_text()))
    users.path.write_bytes(raw)
    users.path.chmod(0o600)
    with suppress(SecretsError):
        users.names()
    assert users.path.read_bytes() == raw


FORMS = ("csv", "jsonl", "openmetrics", "sysstat")
IMPORTS = {
    "csv": "time,collector,metric,labels,value\n1774494180.0,cpu,node_load1,,0.5\n",
    "jsonl": '{"wall":1.0,"mono":1.0,"session":1,"collector":"cpu",'
    '"families":{"node_load1":[[{},1]]}}\n',
    "openmetrics": "# TYPE node_load1 gauge\nnode_load1 0.5 1774494180\n# EOF\n",
    "sysstat": json.dumps({"sysstat": {"hosts": [{"nodename": "a", "statistics": []}]}}),
}


@quick
@given(st.data())
def test_an_imported_history_of_any_bytes(tmp_path: Path, data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    raw = data.draw(damaged(IMPORTS[form]) | st.binary(max_size=200))
    path = tmp_path / "history"
    path.write_bytes(raw)
    result = CliRunner().invoke(
        main,
        ["import", str(path), "--format", form, "--into", f"jsonl://{tmp_path}/into"],
        env={"SYSMON_TUI_CONFIG_DIR": str(tmp_path), "SYSMON_TUI_STATE_DIR": str(tmp_path)},
    )
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert all(line == clean(line, 100_000) for line in result.output.splitlines())
    assert path.read_bytes() == raw


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_more_than_ten_thousand_files() -> None:
    """All of these again, and of the others, with a thousand examples and more each."""
    here = Path(__file__).parent
    files = [str(here / f"test_fuzz{part}.py") for part in ("", "_kernel", "_promql")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0", *files],
        env={**os.environ, VARIABLE: "1200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
