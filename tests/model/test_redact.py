from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.redact import MASK, mask_arguments, mask_text

SECRET = "s3cr3t-Canary"

HIDDEN = [
    "app --password=@ --port 80",
    "app --password @ --port 80",
    "app -password @",
    "app --db.password=@",
    "app --api-key=@",
    "app --apiKey @",
    "app --auth-token @ -v",
    "redis-server --requirepass @",
    "beam -setcookie @",
    "java -Dspring.datasource.password=@ -jar app.jar",
    "env DB_PASSWORD=@ PGPASS=@ AWS_SECRET_ACCESS_KEY=@ app",
    "docker run -e MYSQL_ROOT_PASSWORD=@ mysql",
    "mysql -p@ -u root",
    "/usr/bin/mysqldump --all -p@",
    "sudo mariadb-dump -p@ shop",
    "sshpass -p @ ssh host",
    "sshpass -p@ ssh host",
    "redis-cli -a @ ping",
    "mongosh -p @",
    "mosquitto_sub -P @ -t x",
    "sqlcmd -S db -P @",
    "ldapsearch -w @ -x",
    "docker login -u me -p @",
    "curl -u me:@ http://x",
    "curl -ume:@ http://x",
    "curl --user me:@ http://x",
    "curl --proxy-user me:@ http://x",
    "smbclient -U me%@ //host/share",
    "psql postgres://me:@@db:5432/shop",
    "git clone https://me:@@host/x.git",
    "app amqp://me:pa/ss@ss@@host",
    "wget http://x/y?access_token=@&z=1",
    "azcopy https://x.blob/y?sv=1&sig=@&z=1",
    "app Server=db;Pwd=@;Timeout=3",
    "app AccountName=x;AccountKey=@;End=1",
]


@pytest.mark.parametrize("command", HIDDEN)
def test_hides_secrets_in_arguments(command: str) -> None:
    arguments = command.replace("@@", f"{SECRET}\0").replace("@", SECRET).replace("\0", "@").split()
    masked = mask_arguments(arguments)
    assert SECRET not in " ".join(masked)
    assert MASK in " ".join(masked)
    assert len(masked) == len(arguments)
    assert masked[0] == arguments[0]


@pytest.mark.parametrize(
    "argument",
    [
        f"Authorization: Bearer {SECRET} x",
        f"authorization:{SECRET}",
        f"X-Api-Key: {SECRET}",
        f"Cookie: a={SECRET}; b={SECRET}",
        f'{{"password": "{SECRET} x", "a": 1}}',
        f"{{'client_secret':'{SECRET}'}}",
        f"deploy --token {SECRET} --now",
        f"deploy --token '{SECRET} x' --now",
        f"cd /srv; mysql -uroot -p{SECRET} shop",
        f"sshpass -p '{SECRET}' ssh host",
        f"curl -s -u 'me:{SECRET}' http://x",
        f"export TOKEN={SECRET}; run",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_hides_secrets_inside_one_argument(argument: str) -> None:
    for masked in (mask_text(argument), " ".join(mask_arguments(["sh", "-c", argument]))):
        assert SECRET not in masked
        assert MASK in masked


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11AAAAAAA0abcdefghijkl",
        "glpat-aaaaaaaaaaaaaaaaaaaa",
        "xoxb-123456789012-abcdefgh",
        "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaa",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "hvs.CAESIAAAAAAAAAAAAAAAAAAA",
        "npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_hides_what_looks_like_a_token_wherever_it_stands(token: str) -> None:
    assert mask_arguments(["run", token, f"https://{token}@host/x"]) == [
        "run",
        MASK,
        f"https://{MASK}@host/x",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "/usr/sbin/sshd -D",
        "nginx: worker process",
        "sshd: user [priv]",
        "python -m http.server --bind 0.0.0.0 8080",
        "app --password-file=/run/secrets/db --token-ttl=5m",
        "app --password --host db",
        "app --tokenizer=llama --secret-name web",
        "env PWD=/srv OLDPWD=/ app",
        "curl http://localhost:3000/@scope/pkg",
        "curl -u me http://x",
        "mysql -p shop",
        "mysql -P 3306",
        "postgres -p 5432",
        "ssh -p 22 me@host",
        "docker run -p 80:80 web",
        "podman pull docker://alpine:latest",
        "kafka http://a:9092,http://b:9092",
        "gpg-agent --keep-display --key-cache",
        "app --secret=/run/secrets/db",
        "app compass=north passenger=7",
    ],
)
def test_leaves_the_rest_alone(command: str) -> None:
    arguments = command.split()
    assert list(mask_arguments(arguments)) == arguments


def test_a_password_cut_off_in_the_middle_is_hidden_too() -> None:
    arguments = ["app", f"postgres://me:{SECRET}"]
    assert mask_arguments(arguments, cut=True) == ["app", f"postgres://me:{MASK}"]
    assert mask_arguments(["app", "http://host:80"], cut=True) == ["app", "http://host:80"]


def test_a_published_port_is_no_password() -> None:
    arguments = ["docker", "run", "-e", f"DB_PASSWORD={SECRET}", "-p", "80:80", "web"]
    assert mask_arguments(arguments)[3:] == [f"DB_PASSWORD={MASK}", "-p", "80:80", "web"]


def test_an_empty_value_stays_empty() -> None:
    assert mask_arguments(["app", "--password", "", "x"]) == ["app", "--password", "", "x"]


_PIECES = st.sampled_from(
    ["--password", "=", ":", " ", "token", "://", "@", "'", '"', "-p", "mysql", "curl", "-u",
     "Authorization", "Bearer", "***", "/", "&sig=", "key", "api", "\n", "ghp_", "a" * 12, "-", ";"]
)  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=12).map("".join))


@given(_TEXTS)
def test_masking_text_is_idempotent_and_bounded(text: str) -> None:
    masked = mask_text(text)
    assert mask_text(masked) == masked
    assert len(masked) <= 3 * len(text)


@given(st.lists(_TEXTS, max_size=8), st.booleans())
def test_masking_arguments_is_idempotent_and_bounded(arguments: list[str], cut: bool) -> None:
    masked = mask_arguments(arguments, cut=cut)
    assert mask_arguments(masked, cut=cut) == masked
    assert len(masked) == len(arguments)
    assert all(len(new) <= 3 * len(old) for new, old in zip(masked, arguments, strict=True))
