"""Moments and durations as options and arguments of commands.

Moments are read by `model.when`, durations as rule files have them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click


class Moment(click.ParamType[float]):
    """Seconds since the epoch, from a moment as people write it."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        from sysmon_tui.model.when import WhenError, parse

        try:
            return parse(str(value), time.time())
        except WhenError as error:
            self.fail(str(error), param, ctx)


class Duration(click.ParamType[float]):
    """Seconds, from what a person would write in a rule file."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        from sysmon_tui.alerts.figures import DURATION_FORM, duration

        seconds = duration(str(value))
        if seconds is None:
            self.fail(f"{str(value)!r} is no duration. {DURATION_FORM}", param, ctx)
        return seconds


def moment_option(*names: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that takes a moment, as seconds since the epoch."""
    return click.option(*names, type=Moment(), metavar="TIME", help=text)
