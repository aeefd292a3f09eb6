"""One `[[notify.to]]` table, checked as a whole: each kind of receiver needs other fields.

`decode` calls this. A receiver with one mistake is left out whole: half understood, it would tell
the wrong people or leak what it carries.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sysmon_tui.security.names import NAME
from sysmon_tui.settings.fields import allowed, choices, found, nearest
from sysmon_tui.settings.schema import Receiver
from sysmon_tui.settings.toml import KeyPath

COMMON = frozenset({"name", "kind", "severity", "rules", "resolved", "acknowledged"})
_LOGIN = frozenset({"user", "password_file", "password_secret", "ca_file"})
_HTTP = _LOGIN | {"url", "headers", "token_file", "token_secret"}
USED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "command": frozenset({"argv"}),
        "webhook": _HTTP | {"url_file", "url_secret"},
        "email": _LOGIN | {"host", "port", "tls", "from", "to"},
        "apprise": frozenset({"url_file", "url_secret"}),
        "logfile": frozenset({"path"}),
        "alertmanager": _HTTP,
    }
)
"""What each kind may have beside what all have."""

_FIELDS = {info.encode_name: info for info in msgspec.structs.fields(Receiver)}
_PATHS = ("path", "url_file", "token_file", "password_file", "ca_file")


def secrets_of(receiver: Receiver) -> list[str]:
    """The secrets of the vault it names."""
    named = (receiver.url_secret, receiver.token_secret, receiver.password_secret)
    return [name for name in named if name]


class Unusable(Exception):
    """A table that is no receiver; `keys` lead from it to what is wrong."""

    def __init__(self, keys: KeyPath, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.keys = keys
        self.problem = problem
        self.remedy = remedy


def receiver_of(table: Any, taken: Collection[str]) -> Receiver:
    """Raises `Unusable`. `taken` are the names of the receivers before it."""
    if not isinstance(table, dict):
        raise Unusable((), f"expected a table, found {found(table)}", "Head it [[notify.to]]")
    for name, value in table.items():
        _check_field(name, value)
    for name in ("name", "kind"):
        if name not in table:
            raise Unusable((name,), "is missing", f"Add {name} = {_example(name)}")
    receiver = msgspec.convert(table, Receiver)
    if receiver.name in taken:
        raise Unusable(("name",), "is taken by a receiver above", "Give each its own name")
    _check_use(receiver.kind, table)
    _check_shared(receiver)
    _CHECKS[receiver.kind](receiver)
    return receiver


def _example(name: str) -> str:
    return '"ops"' if name == "name" else '"webhook"'


def _check_field(name: str, value: Any) -> None:
    if name not in _FIELDS:
        remedy = nearest(str(name), _FIELDS) or f"Known here: {', '.join(_FIELDS)}"
        raise Unusable((name,), "unknown setting", remedy)
    kind = _FIELDS[name].type
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        remedy = nearest(value, choices(kind)) if isinstance(value, str) else ""
        problem = f"expected {allowed(kind)}, found {found(value)}"
        raise Unusable((name,), problem, remedy or "Correct it or leave it out") from None


def _check_use(kind: str, table: Mapping[str, Any]) -> None:
    used = USED[kind]
    for name in table:
        if name not in COMMON and name not in used:
            known = ", ".join(field for field in _FIELDS if field in used)
            raise Unusable((name,), f"means nothing for kind {kind}", f"It takes: {known}")


def _check_shared(receiver: Receiver) -> None:
    for name in _PATHS:
        path = getattr(receiver, name)
        if path and not path.startswith("/"):
            raise Unusable((name,), f"expected an absolute path, found {found(path)}", "Begin it /")
    for what in ("url", "token", "password"):
        _check_secret(receiver, what)
    for name in ("password_file", "password_secret"):
        if getattr(receiver, name) and not receiver.user:
            raise Unusable(("user",), f"is missing beside {name}", "Say who logs in")
    for name in ("token_file", "token_secret"):
        if receiver.user and getattr(receiver, name):
            raise Unusable((name,), "stands beside user", "Keep one way to log in")


def _check_secret(receiver: Receiver, what: str) -> None:
    """One place for each secret, and a name the vault takes."""
    name = f"{what}_secret"
    named = getattr(receiver, name)
    if named and not NAME.fullmatch(named):
        raise Unusable((name,), f"is no name of a secret: {found(named)}", "See config set-secret")
    if named and getattr(receiver, f"{what}_file"):
        raise Unusable((name,), f"stands beside {what}_file", "Keep one of them")


def _command(receiver: Receiver) -> None:
    if not receiver.argv:
        raise Unusable(("argv",), "is missing", 'Add argv = ["/path/to/program"]')
    if not receiver.argv[0].startswith("/"):
        raise Unusable(("argv",), "does not begin with an absolute path", "Name the whole path")
    if any("\0" in argument for argument in receiver.argv):
        raise Unusable(("argv",), "contains a NUL, which no argument can", "Remove it")


def _url(receiver: Receiver) -> None:
    apart = "url_file" if receiver.url_file else "url_secret" if receiver.url_secret else ""
    if apart and not receiver.url:
        return _headers(receiver)
    try:
        parts = urlsplit(receiver.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        secret = parts.password is not None
    except ValueError:
        usable, secret = False, False
    if secret:
        raise Unusable(("url",), "contains a password", "Use user and password_secret")
    if not usable:
        raise Unusable(
            ("url",), f"expected an http or https URL, found {found(receiver.url)}", "Add url"
        )
    if apart:
        raise Unusable((apart,), "stands beside url", "Keep one of them")
    return _headers(receiver)


def _headers(receiver: Receiver) -> None:
    for name, value in receiver.headers.items():
        if name.lower() in ("authorization", "proxy-authorization", "cookie"):
            raise Unusable(("headers", name), "is a secret", "Use token_secret or password_secret")
        if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
            raise Unusable(("headers", name), "is no name of a header", "Use letters and -")
        if not value.isprintable():
            raise Unusable(("headers", name), "has characters no header may", "Remove them")


def _email(receiver: Receiver) -> None:
    for name, given in (("host", receiver.host), ("from", receiver.sender), ("to", receiver.to)):
        if not given:
            raise Unusable((name,), "is missing", f"An email receiver needs {name}")
    for name, addresses in (("from", (receiver.sender,)), ("to", receiver.to)):
        for address in addresses:
            if "@" not in address or not address.isprintable() or set(address) & set(" ,<>"):
                problem = f"expected an address such as ops@example.org, found {found(address)}"
                raise Unusable((name,), problem, "Write the bare address")
    if receiver.user and receiver.tls == "none":
        raise Unusable(("tls",), "would send the password in the clear", "Use starttls or tls")


def _apprise(receiver: Receiver) -> None:
    if not (receiver.url_file or receiver.url_secret):
        raise Unusable(
            ("url_file",), "is missing", "Name a file of mode 0600 with one Apprise URL a line"
        )


def _logfile(receiver: Receiver) -> None:
    if not receiver.path:
        raise Unusable(("path",), "is missing", 'Add path = "/absolute/path"')


_CHECKS: Mapping[str, Callable[[Receiver], None]] = MappingProxyType(
    {
        "command": _command,
        "webhook": _url,
        "alertmanager": _url,
        "email": _email,
        "apprise": _apprise,
        "logfile": _logfile,
    }
)
