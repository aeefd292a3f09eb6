"""`[[notify.to]]`: what every kind needs, and what each mistake says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Receiver
from sysmon_tui.settings.store import Loaded, load

COMMAND = '[[notify.to]]\nname = "ops"\nkind = "command"\nargv = ["/bin/true"]\n'


def loaded(tmp_path: Path, text: str) -> Loaded:
    (tmp_path / "settings.toml").write_text(text)
    return load(Dirs(tmp_path, tmp_path), {}, {})


def said(tmp_path: Path, table: str) -> str:
    found = loaded(tmp_path, f'[[notify.to]]\nname = "x"\n{table}')
    assert found.settings.notify.to == ()
    (problem,) = found.problems
    assert not found.intact
    return str(problem).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    "table",
    [
        'kind = "command"\nargv = ["/bin/true", "a b"]',
        'kind = "webhook"\nurl = "https://example.org/hook"\nheaders = { X-Team = "ops" }\n'
        'token_file = "/etc/token"\nca_file = "/etc/ca.pem"',
        'kind = "webhook"\nurl_file = "/etc/url"',
        'kind = "webhook"\nurl = "http://h/"\nuser = "u"\npassword_file = "/p"',
        'kind = "email"\nhost = "mx"\nfrom = "a@b.c"\nto = ["d@e.f"]\nuser = "u"',
        'kind = "apprise"\nurl_file = "/etc/urls"',
        'kind = "logfile"\npath = "/var/log/alerts.json"',
        'kind = "alertmanager"\nurl = "http://am:9093/prefix"\nacknowledged = true',
    ],
)
def test_every_kind_is_taken(tmp_path: Path, table: str) -> None:
    found = loaded(tmp_path, f'[notify]\ngroup_wait = 1\n[[notify.to]]\nname = "x"\n{table}')
    assert found.problems == ()
    assert found.settings.notify.group_wait == 1.0
    (receiver,) = found.settings.notify.to
    assert receiver.name == "x"
    assert receiver.severity == "warning"


def test_a_bad_receiver_costs_only_itself(tmp_path: Path) -> None:
    found = loaded(tmp_path, f'[[notify.to]]\nname = "x"\nkind = "pigeon"\n{COMMAND}')
    assert found.settings.notify.to == (Receiver(name="ops", kind="command", argv=("/bin/true",)),)
    assert str(found.problems[0]).startswith(
        f"{tmp_path}/settings.toml:3: notify.to[1].kind: expected one of command, webhook, email,"
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "notify.to[1].kind: is missing. Add kind"),
        ('kind = "logfle"', "settings.toml:3: notify.to[1].kind: expected one of"),
        ('kind = "logfle"', 'found "logfle". Did you mean logfile?'),
        ('kind = "command"\nargv = 3', "argv: expected a list, each a text, found 3. Correct"),
        ('kind = "command"\nargs = []', "args: unknown setting. Did you mean argv?"),
        ('kind = "command"\nzzzz = []', "zzzz: unknown setting. Known here: name, kind"),
        ('kind = "command"', "argv: is missing"),
        ('kind = "command"\nargv = ["true"]', "argv: does not begin with an absolute path"),
        ('kind = "command"\nargv = ["/a", "\\u0000"]', "argv: contains a NUL"),
        ('kind = "command"\nurl = "http://x"', "url: means nothing for kind command"),
        ('kind = "webhook"\nurl = "ftp://x"', "url: expected an http or https URL"),
        ('kind = "webhook"\nurl = "http://[x"', "url: expected an http or https URL"),
        ('kind = "webhook"', 'url: expected an http or https URL, found "". Add url'),
        ('kind = "webhook"\nurl = "http://u:s3cret@x"', "url: contains a password. Use user"),
        ('kind = "webhook"\nurl = "http://x"\nurl_file = "/x"', "url_file: stands beside url"),
        ('kind = "webhook"\nurl = "http://x"\ntoken_file = "x"', "token_file: expected an absolut"),
        (
            'kind = "webhook"\nurl = "http://x"\nheaders = { Authorization = "s3cret" }',
            "headers.Authorization: is a secret. Use token_secret",
        ),
        ('kind = "webhook"\nurl = "http://x"\nheaders = { "a:b" = "" }', "is no name of a header"),
        ('kind = "webhook"\nurl = "http://x"\nheaders = { a = "\\n" }', "has characters no header"),
        ('kind = "webhook"\nurl = "http://x"\npassword_file = "/p"', "user: is missing beside"),
        (
            'kind = "webhook"\nurl = "http://x"\nuser = "u"\ntoken_file = "/t"',
            "token_file: stands beside user",
        ),
        ('kind = "email"\nhost = "mx"\nto = ["a@b"]', "from: is missing"),
        ('kind = "email"\nhost = "mx"\nfrom = "a@b"', "to: is missing"),
        ('kind = "email"\nhost = "m"\nfrom = "ab"\nto = ["a@b"]', "from: expected an address"),
        (
            'kind = "email"\nhost = "m"\nfrom = "a@b"\nto = ["a@b\\nBcc: x@y"]',
            "to: expected an ad",
        ),
        (
            'kind = "email"\nhost = "m"\nfrom = "a@b"\nto = ["a@b"]\ntls = "none"\nuser = "u"',
            "tls: would send the password in the clear",
        ),
        ('kind = "email"\nport = 70000', "port: expected a whole number from 0 to 65535"),
        ('kind = "apprise"', "url_file: is missing"),
        ('kind = "logfile"', "path: is missing"),
        ('kind = "logfile"\npath = "x"', "path: expected an absolute path"),
    ],
)
def test_each_mistake_says_where_what_and_what_to_do(
    tmp_path: Path, table: str, words: str
) -> None:
    text = said(tmp_path, table)
    assert words in text
    assert "s3cret" not in text
    assert text.startswith("settings.toml:")


def test_names_are_given_once(tmp_path: Path) -> None:
    found = loaded(tmp_path, COMMAND + COMMAND)
    assert len(found.settings.notify.to) == 1
    assert "notify.to[2].name: is taken by a receiver above" in str(found.problems[0])


@pytest.mark.parametrize("text", ["[notify]\nto = 3", "[notify]\nto = [3]"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    found = loaded(tmp_path, text)
    assert found.settings.notify.to == ()
    assert "expected a" in str(found.problems[0])
