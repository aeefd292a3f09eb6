"""The schema as a table: every setting by its dotted path, and what it may be, in words.

`decode` and `environment` look fields up here, `document` prints them; the schema itself stays
the only place where a setting is declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec

from sysmon_tui.settings import toml
from sysmon_tui.settings.schema import Settings

RULES = "rules"
AT_START = ("collection", "host", "storage", "notify", "lock", "acts", RULES)
"""Sections that are read once; a change is in force after a restart."""
FOUND_LIMIT = 60


class Source(StrEnum):
    """Where a value comes from; each overrides those before it."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


class Field(NamedTuple):
    section: str
    name: str
    type: Any
    """As msgspec takes it, `Annotated` limits and all."""
    default: Any

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}"


def default_of(info: msgspec.structs.FieldInfo) -> Any:
    """An empty text where the field must be given."""
    if info.default is not msgspec.NODEFAULT:
        return info.default
    return "" if info.default_factory is msgspec.NODEFAULT else info.default_factory()


def _sections() -> dict[str, type[msgspec.Struct]]:
    infos = msgspec.structs.fields(Settings)
    return {info.name: info.type for info in infos if info.name != RULES}


SECTIONS: Mapping[str, type[msgspec.Struct]] = MappingProxyType(_sections())

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        f"{section}.{info.name}": Field(section, info.name, info.type, default_of(info))
        for section, struct in SECTIONS.items()
        for info in msgspec.structs.fields(struct)
    }
)
"""By dotted path, in the order of the schema. `rules` is no field: rules have their own decoder."""


def value_of(settings: Settings, path: str) -> Any:
    """The value at a dotted path."""
    section, _, name = path.partition(".")
    return getattr(getattr(settings, section), name)


def bare(of: Any) -> Any:
    """A type without its `Annotated` limits."""
    return get_args(of)[0] if get_origin(of) is Annotated else of


def item_type(of: Any) -> Any:
    """The type of what a list or table holds; None for a plain value."""
    arguments = get_args(bare(of))
    if is_table(of):
        return arguments[1]
    return arguments[0] if get_origin(bare(of)) is tuple else NoneType


def is_table(of: Any) -> bool:
    return get_origin(bare(of)) is dict


def is_tables(of: Any) -> bool:
    """A list of tables of fixed shape, such as the receivers of notifications."""
    return get_origin(of) is tuple and is_struct(get_args(of)[0])


def is_struct(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, msgspec.Struct)


def choices(of: Any) -> tuple[str, ...]:
    """The words an enumerated setting may be; empty for others."""
    return get_args(of) if get_origin(of) is Literal else ()


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def allowed(of: Any) -> str:
    """What a type takes, as a person would say it: `a number from 0.1 to 3600`."""
    if words := choices(of):
        return f"one of {', '.join(words)}"
    if is_table(of):
        return f"a table whose values are each {allowed(item_type(of))}"
    if is_tables(of):
        return "a list of tables"
    if get_origin(of) is tuple:
        return f"a list, each {allowed(item_type(of))}"
    if get_origin(of) is Annotated:
        return _annotated(*get_args(of)[:2])
    return _WORDS[of]


def _annotated(of: Any, meta: msgspec.Meta) -> str:
    if meta.description:
        return meta.description
    return f"{_WORDS[of]} from {meta.ge:.15g} to {meta.le:.15g}"


def found(value: Any) -> str:
    """What stands there instead, in TOML's spelling, short enough for a message."""
    text = toml.value(value)
    return text if len(text) <= FOUND_LIMIT else f"{text[: FOUND_LIMIT - 3]}..."


def nearest(word: str, known: Iterable[str]) -> str:
    """`Did you mean ...?` with the known word most like it, or nothing."""
    # Imported here: only a mistake needs it.
    from difflib import get_close_matches

    matches = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {matches[0]}?" if matches else ""
