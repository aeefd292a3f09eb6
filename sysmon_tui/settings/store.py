"""Loading: defaults, the user's file, the environment and the command line, each over the last.

The CLI calls `load` once at start, `current.reload` again after an edit. Whatever is wrong is
reported and left out; loading itself never fails and never writes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.text import clean
from sysmon_tui.settings import environment
from sysmon_tui.settings.decode import Decoder, build
from sysmon_tui.settings.dirs import Dirs, settings_path
from sysmon_tui.settings.fields import FIELDS, RULES, Source
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.source import SourceText, Stamp, Untrusted, read_source
from sysmon_tui.settings.toml import KeyPath, line_of

COMMAND_LINE = "command line"

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$|\(at end of document\)$")


@dataclass(frozen=True, slots=True)
class Origin:
    """What was loaded from, so that it can be done again."""

    dirs: Dirs
    environ: Mapping[str, str]
    flags: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    settings: Settings
    provenance: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    """Where each value comes from, by dotted path; every setting is in it."""
    problems: tuple[SettingsError, ...] = ()
    path: Path
    """The settings file, whether there is one or not."""
    intact: bool = True
    """Everything in the file can be used; a hot reload takes nothing less."""
    stamp: Stamp | None = None
    """The version of the file that was read, for `watch`."""
    origin: Origin | None = None

    @property
    def errors(self) -> tuple[SettingsError, ...]:
        """The problems that leave a value out, without mere warnings."""
        return tuple(problem for problem in self.problems if not isinstance(problem, Untrusted))


def load(dirs: Dirs, environ: Mapping[str, str], flags: Mapping[str, Any]) -> Loaded:
    """The settings in force. `flags` are typed values by dotted path (`collection.interval`)."""
    path = settings_path(dirs)
    source = read_source(path)
    filed = _decode(path, source)
    from_environ, environ_problems = environment.read(environ)
    flagged = _flags(flags)
    layers = (
        (Source.FILE, filed.values),
        (Source.ENVIRONMENT, from_environ),
        (Source.FLAG, flagged.values),
    )
    values: dict[str, Any] = {}
    provenance = dict.fromkeys((*FIELDS, RULES), Source.DEFAULT)
    for origin, layer in layers:
        values |= layer
        provenance |= dict.fromkeys(layer, origin)
    in_file = (*source.problems, *filed.problems)
    return Loaded(
        settings=build(values),
        provenance=MappingProxyType(provenance),
        problems=(*in_file, *environ_problems, *flagged.problems),
        path=path,
        intact=all(isinstance(problem, Untrusted) for problem in in_file),
        stamp=source.stamp,
        origin=Origin(dirs, environment.relevant(environ), dict(flags)),
    )


def reload(loaded: Loaded) -> Loaded:
    """Load again what `loaded` was loaded from."""
    if loaded.origin is None:
        return loaded
    return load(loaded.origin.dirs, loaded.origin.environ, loaded.origin.flags)


def place_of(loaded: Loaded, keys: KeyPath) -> str:
    """Where a value in force was set, as problems name it; the file is read for the line."""
    match loaded.provenance.get(".".join(map(str, keys[:2]))):
        case Source.ENVIRONMENT:
            return environment.WHERE
        case Source.FLAG:
            return COMMAND_LINE
    line = line_of(read_source(loaded.path).text or "", keys)
    return f"{loaded.path}:{line}" if line else str(loaded.path)


def _decode(path: Path, source: SourceText) -> Decoder:
    text = source.text or ""

    def locate(keys: KeyPath) -> str:
        line = line_of(text, keys)
        return f"{path}:{line}" if line else str(path)

    decoder = Decoder(locate)
    try:
        decoder.document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        decoder.problems.append(not_toml(path, text, str(error)))
    except RecursionError:
        decoder.problems.append(SettingsError(str(path), "", "is nested too deeply to be read"))
    return decoder


def not_toml(path: Path, text: str, message: str) -> SettingsError:
    """A syntax error costs the whole file: half of it could mean something else."""
    at = _AT_LINE.search(message)
    line = int(at[1]) if at and at[1] else text.count("\n") + 1
    what = clean(_AT_LINE.sub("", message)).strip()
    remedy = "Nothing of the file is used until it is corrected"
    return SettingsError(f"{path}:{line}", "", f"not valid TOML: {what}", remedy)


def _flags(flags: Mapping[str, Any]) -> Decoder:
    decoder = Decoder(lambda _path: COMMAND_LINE)
    for path, value in flags.items():
        decoder.field(FIELDS[path], value)
    return decoder
