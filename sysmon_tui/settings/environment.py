"""Settings from the environment: `SYSMON_TUI_<SECTION>_<FIELD>`, for containers and one-off runs.

Lists are separated by commas, tables are `name=value` pairs separated by commas. An empty
variable counts as unset, because compose files and unit files pass those on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.settings.fields import (
    FIELDS,
    Field,
    allowed,
    bare,
    choices,
    found,
    is_table,
    is_tables,
    item_type,
    nearest,
)

PREFIX = "SYSMON_TUI_"
WHERE = "environment"

_ALIASES = {"HOST_PROC": "host.proc", "HOST_SYS": "host.sys", "HOST_ROOT": "host.root"}
"""The names gopsutil and the agents built on it gave these; ours go before them."""

KEY, KEY_FILE = "SYSMON_TUI_KEY", "SYSMON_TUI_KEY_FILE"
"""The vault's; read by the command line and no setting."""

_OURS = ("SYSMON_TUI_CONFIG_DIR", "SYSMON_TUI_STATE_DIR", KEY, KEY_FILE)
_OUR_PREFIXES = ("SYSMON_TUI_TEST_",)

_TRUTH = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def variable(field: Field) -> str:
    """The name under which the environment sets a field."""
    return f"{PREFIX}{field.section}_{field.name}".upper()


_FIELDS = {variable(field): field for field in FIELDS.values() if not is_tables(field.type)}


def relevant(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment is ours to keep: the rest holds other programs' secrets."""
    return {
        name: text
        for name, text in environ.items()
        if (name.startswith(PREFIX) or name in _ALIASES) and name != KEY
    }


def read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[SettingsError]]:
    """Checked values by dotted path, and every variable that makes no sense."""
    values: dict[str, Any] = {}
    problems: list[SettingsError] = []
    given = [(name, FIELDS[path]) for name, path in _ALIASES.items() if environ.get(name)]
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in _OURS or name.startswith(_OUR_PREFIXES):
            continue
        if name not in _FIELDS:
            problems.append(_unknown(name))
        elif environ[name]:
            given.append((name, _FIELDS[name]))
    for name, field in given:
        try:
            values[field.path] = parse(field.type, environ[name])
        except (ValueError, msgspec.ValidationError):
            problems.append(_wrong(name, field, environ[name]))
    return values, problems


def parse(kind: Any, text: str) -> Any:
    """The value a text stands for, by the type of the field.

    Raises `ValueError` or `msgspec.ValidationError`.
    """
    text.encode()  # Names and paths that are not UTF-8 can be neither shown nor stored.
    if is_table(kind):
        pairs = (item.split("=", 1) for item in _items(text))
        return {name.strip(): parse(item_type(kind), item.strip()) for name, item in pairs}
    if bare(kind) in (int, float, bool, str) or choices(kind):
        lax = _TRUTH.get(text.lower(), text) if kind is bool else text
        return msgspec.convert(lax, kind, strict=False)
    return tuple(parse(item_type(kind), item) for item in _items(text))


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _wrong(name: str, field: Field, text: str) -> SettingsError:
    problem = f"expected {_spelled(field.type)}, found {found(text)}"
    return SettingsError(WHERE, name, clean(problem), nearest(text, choices(field.type)))


def _spelled(kind: Any) -> str:
    if is_table(kind):
        return f"name=value pairs separated by commas, each value {allowed(item_type(kind))}"
    return allowed(kind)


def _unknown(name: str) -> SettingsError:
    remedy = nearest(name, [*_FIELDS, *_OURS])
    return SettingsError(WHERE, clean(name, 80), "unknown setting", remedy)
