"""Keeps secrets out of command lines; the process collectors call it before anybody sees them.

People pass passwords as arguments, and whoever may read /proc sees them. What is shown, recorded,
exported or sent must not spread them further, so values that look like secrets become `***` at
ingestion. It errs on the side of masking: a harmless value hidden costs less than a key shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"

_SECRET = re.compile(
    r"(?:pass(?:word|wd|phrase|code)s?|(?:(?<![a-z])|require|pg|my)pass(?![a-z])|pwd"
    r"|secret|token|bearer|credential|setcookie"
    r"|(?:api|access|private|encryption|signing|auth|master|account|shared|storage)[_-]?key)"
    r"(?![\w.-]{0,16}?(?:file|path|dir|name|type|ttl|timeout|length|count|cache|izer|fd|url|uri)"
    r"(?![a-z]))",
    re.IGNORECASE,
)
"""What the name of an option, variable, field or parameter that holds a secret has in it. Names
that go on to say `file` or the like only say where it is."""
_NAME = re.compile(r"[\w.-]{1,80}")
_LIKE_OPTION = re.compile(r"--?[A-Za-z][A-Za-z-]*(?:=.*)?", re.DOTALL)

# Possessive and bounded repeats throughout: the time for a hostile argument stays linear.
_VALUE = r"""(?:"[^"]*+"?|'[^']*+'?|[^\s&;,'"]++)++"""
"""Quoted and plain pieces side by side are one value, as in a shell."""
_HEADERS = (
    r"(?:proxy-)?authorization|x-api-key|x-auth-token|x-vault-token|private-token|(?:set-)?cookie"
)
_TOKENS = (
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{8,}|gh[pousr]_[A-Za-z0-9]{10,}"
    r"|github_pat_\w{10,}|glpat-[\w-]{10,}|xox[abeoprs]-[\w-]{8,}|sk[-_](?:live_|test_)?[\w-]{16,}"
    r"|eyJ[\w-]{8,}+\.[\w-]{4,}+(?:\.[\w-]*)?|AIza[\w-]{20,}|hv[bs]\.[\w-]{16,}"
    r"|npm_[A-Za-z0-9]{16,}|pypi-[\w-]{16,}|dop_v1_[0-9a-f]{16,}|smt_[\w-]{16,}"
    r"|SG\.[\w-]{8,}+\.[\w-]{8,})"
)
_PORT = r"(?!\d{1,5}(?:[/?#\s,]|$))"

_PATTERNS = (
    (
        re.compile(
            rf"\b({_HEADERS})(\s{{0,9}}+[:=]\s{{0,9}}+)"
            r"((?:basic|bearer|token|digest|negotiate|apikey)\s{1,9}+)?[^\s'\"][^'\"\r\n]*",
            re.IGNORECASE,
        ),
        rf"\1\2\3{MASK}",
    ),
    (re.compile(rf"(://[^\s/:@]{{0,128}}+:){_PORT}[^\s'\"]{{0,512}}@"), rf"\1{MASK}@"),
    (
        re.compile(
            rf"({_SECRET.pattern}[\w.-]{{0,64}}+[\"']?\s{{0,9}}+[=:]\s{{0,9}}+)(?!/){_VALUE}",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"([?&;](?:sig|signature|x-amz-signature)=)[^\s&;'\"]+", re.I), rf"\1{MASK}"),
    (
        re.compile(r"(\b(?:mysql|mariadb)[\w-]{0,20}+\s[^|;&\n]{0,256}?(?<!\S)-p)[^\s'\"]+"),
        rf"\1{MASK}",
    ),
    (re.compile(rf"(\bsshpass\s[^|;&\n]{{0,64}}?(?<!\S)-p\s*){_VALUE}"), rf"\1{MASK}"),
    (
        re.compile(
            r"(\bcurl\s[^|;&\n]{0,256}?(?<!\S)(?:-u|--user)\s{0,9}+['\"]?[^\s:'\"]{1,64}+:)[^\s'\"]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----).+", re.DOTALL), rf"\1{MASK}"),
    (re.compile(_TOKENS), MASK),
)
_OPTION_AND_VALUE = re.compile(rf"(?<!\S)(--?([\w.-]{{1,80}}+)\s{{1,9}}+)(?![-/]){_VALUE}")
_CUT_USERINFO = re.compile(rf"(://[^\s/:@]*:){_PORT}[^\s/@]+$")

_HINTS = (
    "pass", "pwd", "secret", "token", "bearer", "credential", "cookie", "key", "authorization",
    "://", "sig=", "signature=", "-----begin", "mysql", "mariadb", "curl", "wget", "ldap", "mongo",
    "mosquitto", "redis", "sqlcmd", "bcp", "login", "smbclient", "akia", "asia", "ghp_", "gho_",
    "ghu_", "ghs_", "ghr_", "github_", "glpat-", "xox", "sk-", "sk_", "eyj", "aiza", "hvs.",
    "hvb.", "npm_", "pypi-", "dop_", "smt_", "sg.",
)  # fmt: skip
"""Nothing here matches a text without one of these, so most commands cost no more than this."""

_SHORT = {
    "-p": ("mysql", "mariadb", "sshpass", "mongo"),
    "-P": ("mosquitto_pub", "mosquitto_sub", "sqlcmd", "bcp"),
    "-a": ("redis-cli",),
    "-w": ("ldap",),
}
"""Short options that hold a password, by the beginning of the program's name."""
_JOINED_ONLY = ("mysql", "mariadb")
"""Here `-p` alone asks at the terminal, and the next argument is a database."""
_USERS = ("-u", "-U", "--user", "--proxy-user")
_USER_PROGRAMS = ("curl", "wget", "smbclient")
_LOGINS = ("docker", "podman", "helm", "skopeo", "buildah", "nerdctl", "oras")


_PROGRAMS = (*_USER_PROGRAMS, *_LOGINS, *(one for names in _SHORT.values() for one in names))


def mask_text(text: str) -> str:
    """One text (an argument, a title, a log line) with the secrets in it replaced by `***`.

    Idempotent. Every replacement takes at least one character, so the text at most trebles.
    """
    if not _suspicious(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _OPTION_AND_VALUE.sub(_mask_value, text)


def mask_arguments(arguments: Sequence[str], *, cut: bool = False) -> Sequence[str]:
    """An argument vector with its secrets replaced, as many arguments as before.

    `cut` says that the end is missing: what could be the beginning of a password is one then.
    """
    if not _suspicious(" ".join(arguments)):
        return arguments
    masked: list[str] = []
    program, secret_follows = "", False
    for argument in arguments:
        if secret_follows and not _LIKE_OPTION.fullmatch(argument):
            masked.append(_mask_following(program, masked[-1], argument))
            secret_follows = False
            continue
        program = _program(program, argument)
        secret_follows = _asks_for_secret(program, argument)
        masked.append(_mask_one(program, argument))
    if cut:
        masked[-1] = _CUT_USERINFO.sub(rf"\1{MASK}", masked[-1])
    return masked


def _suspicious(text: str) -> bool:
    lowered = text.lower()
    return any(hint in lowered for hint in _HINTS)


def _is_secret(name: str) -> bool:
    return bool(_NAME.fullmatch(name) and _SECRET.search(name))


def _mask_value(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}" if _is_secret(found[2]) else found[0]


def _program(program: str, argument: str) -> str:
    """The program whose options follow, of those with short options of their own.

    Wrappers (sudo, env) run another program, so the last one named counts. Container tools take
    a password behind `-p` in `login` only.
    """
    if argument == "login" and program.startswith(_LOGINS):
        return argument
    name = argument.rpartition("/")[2]
    return name if name.startswith(_PROGRAMS) and " " not in name else program


def _asks_for_secret(program: str, argument: str) -> bool:
    if not argument.startswith("-"):
        return False
    if argument in _USERS and program.startswith(_USER_PROGRAMS):
        return True
    if argument == "-p" and program == "login":
        return True
    if program.startswith(_SHORT.get(argument, "\0")):
        return not program.startswith(_JOINED_ONLY)
    return _is_secret(argument)


def _mask_following(program: str, option: str, argument: str) -> str:
    if option in _USERS and program.startswith(_USER_PROGRAMS):
        return _mask_user(argument)
    return MASK if argument else argument


def _mask_user(argument: str) -> str:
    """`user:password`, or `user%password` for smbclient; a user alone is no secret."""
    for separator in ":%":
        user, found, password = argument.partition(separator)
        if found and password:
            return f"{user}{separator}{MASK}"
    return argument


def _mask_one(program: str, argument: str) -> str:
    """An assignment's value ends where the argument does, whatever is in it.

    A path is no secret but names a place, which also keeps `PWD=/srv`.
    """
    name, _, value = argument.partition("=")
    if value and not value.startswith("/") and _is_secret(name):
        return f"{name}={MASK}"
    for option, programs in _SHORT.items():
        if len(argument) > 2 and argument.startswith(option) and program.startswith(programs):
            return f"{option}{MASK}"
    if program == "curl" and argument.startswith("-u"):
        return "-u" + _mask_user(argument[2:])
    return mask_text(argument)
