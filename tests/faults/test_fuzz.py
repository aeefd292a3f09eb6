"""Whatever a file holds, it is used or refused with an error of ours; nothing else escapes.

PromQL's own text is put through this in `tests/promql`, every bit of the vault in
`tests/security`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from sysmon_tui.alerts.promrules import read_rule_file
from sysmon_tui.alerts.rules import load_rules
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

quick = limits(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

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
