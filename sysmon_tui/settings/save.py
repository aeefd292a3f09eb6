"""Changing the user's settings file: one value, or one rule, and nothing else in it.

`config set` and the settings screen call `save`, tuning a rule calls `save_rule`. Comments, order
and spelling stay (tomlkit, loaded late). What would be written is read back first and must say
exactly the old settings with the change; the file before stays as `settings.toml.prev`.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.security.files import private_directory, write_atomic
from sysmon_tui.security.lock import FileLock
from sysmon_tui.settings.decode import Decoder
from sysmon_tui.settings.environment import parse
from sysmon_tui.settings.fields import FIELDS, RULES, Field, allowed, is_tables, nearest
from sysmon_tui.settings.source import SourceText, Untrusted, read_source, stamp_of
from sysmon_tui.settings.store import not_toml

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

LOCK_NAME = "settings.lock"
TABLE = "a table headed with its name"


class Unset(Enum):
    """In the place of a value: the line is to go, so that the default holds again."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
Tables: TypeAlias = dict[str, Any]
"""A whole file as tomllib reads it."""


def field_of(path: str) -> Field:
    """Raises `SettingsError` where there is no such setting, or none that is one value."""
    field = FIELDS.get(path)
    if field is None:
        raise SettingsError("settings", path, "unknown setting", nearest(path, FIELDS))
    if is_tables(field.type):
        raise SettingsError("settings", path, "is a list of tables", "Edit the file")
    return field


def value_of_text(path: str, text: str) -> Any:
    """What somebody typed, checked. Raises `SettingsError`."""
    field = field_of(path)
    try:
        return parse(field.type, text)
    except (ValueError, msgspec.ValidationError):
        raise SettingsError("settings", path, f"expected {allowed(field.type)}") from None


def save(path: Path, changes: Mapping[str, Any]) -> None:
    """Write settings by dotted path, each a value as the schema has it or `UNSET`.

    Raises `SettingsError`, and then nothing was written.
    """
    for dotted, value in changes.items():
        _check(path, field_of(dotted), value)

    def apply(document: Tables) -> None:
        for dotted, value in changes.items():
            section, _, name = dotted.partition(".")
            _put(path, document, section, name, value)

    _edit(path, apply)


def save_rule(path: Path, rule: Mapping[str, Any]) -> None:
    """Put one `[[rules]]` table in the place of that of the same name, or at the end.

    Whether it is a rule at all is for the caller to know. Raises `SettingsError`.
    """

    def apply(document: Tables) -> None:
        rules = document.get(RULES)
        if rules is None:
            document[RULES] = _list_of_tables(document)
            rules = document[RULES]
        if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
            raise SettingsError(str(path), RULES, "is no list of [[rules]] tables", "Correct it")
        for one in rules:
            if one.get("name") == rule["name"]:
                _update(one, rule)
                return
        fresh = _table(document)
        _update(fresh, rule)
        rules.append(fresh)

    _edit(path, apply)


def _check(path: Path, field: Field, value: Any) -> None:
    if value is UNSET:
        return
    decoder = Decoder(lambda _keys: str(path))
    decoder.field(field, value)
    if decoder.problems:
        raise decoder.problems[0]


def _put(path: Path, document: Tables, section: str, name: str, value: Any) -> None:
    table = document.get(section)
    if table is None and value is UNSET:
        return
    if table is None:
        document[section] = _table(document)
        table = document[section]
    if not isinstance(table, dict):
        raise SettingsError(str(path), section, f"expected {TABLE}", "Correct the file first")
    if value is UNSET:
        table.pop(name, None)
    elif name in table:
        table[name] = _item(table, value)
    else:
        _append(table, name, _item(table, value))


def _update(table: Tables, wanted: Mapping[str, Any]) -> None:
    """Only what differs is touched, so that the comments beside the rest stay."""
    for name in [name for name in table if name not in wanted]:
        del table[name]
    for name, value in wanted.items():
        present = table.get(name)
        if isinstance(present, dict) and isinstance(value, Mapping):
            _update(present, value)
        elif name not in table or _plain(present) != _plain(value):
            table[name] = _item(table, value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.unwrap() if hasattr(value, "unwrap") else value


# The same change is made to two things: to tomlkit's document, which is written, and to plain
# tables, which say what must come out. These three know which it is.


def _is_plain(of: Any) -> bool:
    return type(of) is dict


def _table(document: Any) -> Any:
    if _is_plain(document):
        return {}
    import tomlkit

    return tomlkit.table()


def _list_of_tables(document: Any) -> Any:
    if _is_plain(document):
        return []
    import tomlkit

    return tomlkit.aot()


def _item(table: Any, value: Any) -> Any:
    """Tables within are written inline: each value stays on its own line."""
    plain = _plain(value)
    if _is_plain(table) or not isinstance(plain, dict):
        return plain
    import tomlkit

    inline = tomlkit.inline_table()
    inline.update({name: _item(table, one) for name, one in plain.items()})
    return inline


def _append(table: Any, name: str, item: Any) -> None:
    """After the last key: what follows it as comment mostly speaks of the next section."""
    from tomlkit.items import Table

    if not isinstance(table, Table):
        table[name] = item
        return
    body, tail = table.value.body, []
    while body and body[-1][0] is None:
        tail.append(body.pop())
    table[name] = item
    body.extend(reversed(tail))


def _edit(path: Path, apply: Callable[[Any], None]) -> None:
    # Settings kept elsewhere, as dotfiles are, stay where they are.
    target = Path(os.path.realpath(path))
    with _writing(target):
        source = read_source(target)
        text = source.text or ""
        before, document = _parsed(target, source, text)
        wanted = deepcopy(before)
        apply(wanted)
        if wanted == before:
            return
        apply(document)
        fresh = document.as_string()
        _prove(target, fresh, wanted)
        if stamp_of(target) != source.stamp:
            raise SettingsError(str(path), "", "was changed meanwhile", "Try again")
        _write(target, fresh)


def _parsed(path: Path, source: SourceText, text: str) -> tuple[Tables, TOMLDocument]:
    """Raises `SettingsError` where changing the file would mean to guess what it says."""
    errors = [one for one in source.problems if not isinstance(one, Untrusted)]
    if errors:
        raise errors[0]
    from tomlkit import parse as parse_document
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomllib.loads(text), parse_document(text)
    except tomllib.TOMLDecodeError as error:
        problem = not_toml(path, text, str(error))
        raise SettingsError(
            problem.where, "", problem.problem.partition(": ")[2], "Correct it first"
        ) from None
    except (TOMLKitError, RecursionError):
        raise SettingsError(str(path), "", "is too odd to be changed", "Edit it by hand") from None


def _prove(path: Path, fresh: str, wanted: Tables) -> None:
    try:
        same = tomllib.loads(fresh) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise SettingsError(
            str(path), "", "cannot be changed without changing more of it", "Edit it by hand"
        )


def _write(path: Path, text: str) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mode = 0o600
    write_atomic(path, text.encode(), mode=mode, keep=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """One program at a time. Raises `SettingsError`, also for what fails within."""
    lock = FileLock(path.with_name(LOCK_NAME))
    try:
        private_directory(path.parent)
        if not lock.acquire():
            raise SettingsError(str(path), "", "another program is changing it", "Try again")
        yield
    except OSError as error:
        raise SettingsError(
            str(path), "", f"cannot be written: {error.strerror}", "Nothing was changed"
        ) from None
    finally:
        lock.release()
