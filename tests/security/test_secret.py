"""A secret shows itself nowhere."""

from __future__ import annotations

import copy
import io
import json
import pickle
import traceback

import msgspec
import pytest
from rich.console import Console
from rich.pretty import Pretty
from rich.traceback import Traceback

from sysmon_tui.security.secret import Secret

CANARY = "canary-8d1f"


def test_it_is_masked_wherever_it_is_printed() -> None:
    secret = Secret(CANARY)
    texts = (
        repr(secret),
        str(secret),
        f"{secret:>40}",
        repr([{"a": secret}]),
    )
    assert not any(CANARY in text for text in texts)
    assert secret.reveal() == CANARY


def test_it_is_neither_copied_nor_serialized() -> None:
    secret = Secret(CANARY)
    for attempt in (
        lambda: json.dumps(secret),
        lambda: msgspec.json.encode(secret),
        lambda: pickle.dumps(secret),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy(secret),
        lambda: hash(secret),
        lambda: vars(secret),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_rich_does_not_show_it_in_locals_or_pretty() -> None:
    console = Console(file=io.StringIO(), width=200)

    def fail(secret: Secret[str]) -> None:
        raise ValueError("broken")

    try:
        fail(Secret(CANARY))
    except ValueError as error:
        console.print(Traceback.from_exception(type(error), error, None, show_locals=True))
        console.print(Traceback(show_locals=True))
        console.print("".join(traceback.format_exception(error)))
    console.print(Pretty({"a": Secret(CANARY)}))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "<secret>" in shown
    assert CANARY not in shown.replace("Secret(CANARY)", "")


def test_equal_are_those_that_hold_the_same() -> None:
    assert Secret("é") == Secret("é")
    assert Secret("a") != Secret("b")
    assert Secret(b"a") == Secret(b"a")
    assert Secret("a") != "a"
