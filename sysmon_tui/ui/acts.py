"""What people type about alerts, turned into what is asked of the source.

The application opens a line for it (`screens.ask`); here is what that line may say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sysmon_tui.alerts.figures import DURATION_FORM, duration
from sysmon_tui.alerts.mute import LONGEST
from sysmon_tui.model import units
from sysmon_tui.model.alert import Alert
from sysmon_tui.model.silence import Matcher, MatchOp, Silence, parse_matchers
from sysmon_tui.model.text import SafeText, clean

AN_HOUR = "1h"


def named(alerts: Sequence[Alert]) -> str:
    """What a question about these alerts calls them."""
    return alerts[0].rule if len(alerts) == 1 else f"{len(alerts)} alerts"


def like(alerts: Sequence[Alert]) -> str:
    """The line that silences alerts like these for an hour: a duration, then matchers.

    Of several, what they have in common: their rules, and the labels that agree.
    """
    rules = sorted({alert.rule for alert in alerts})
    if len(rules) == 1:
        named = Matcher("alertname", MatchOp.EQUAL, rules[0])
    else:
        named = Matcher("alertname", MatchOp.LIKE, "|".join(map(re.escape, rules)))
    common = set(alerts[0].labels).intersection(*(alert.labels for alert in alerts))
    shared = [Matcher(name, MatchOp.EQUAL, value) for name, value in sorted(common)]
    return f"{AN_HOUR} {', '.join(map(str, (named, *shared)))}"


def wrong_time(line: str) -> str:
    """What speaks against the line as the time of a shelf; empty where nothing does."""
    seconds = duration(line)
    if not seconds:
        return DURATION_FORM
    return "A week is the longest: what is longer belongs into the rules" * (seconds > LONGEST)


def wrong_silence(line: str) -> str:
    time, _, matchers = line.strip().partition(" ")
    if problem := wrong_time(time):
        return f"First for how long. {problem}"
    try:
        parse_matchers(matchers)
    except ValueError as error:
        return str(error)
    return ""


def silence(line: str, by: SafeText, now: float) -> Silence:
    """Of a line that `wrong_silence` has nothing against."""
    from uuid import uuid4  # only where somebody silences

    time, _, matchers = line.strip().partition(" ")
    return Silence(
        id=uuid4().hex,
        matchers=tuple(Matcher(m.name, m.op, clean(m.value)) for m in parse_matchers(matchers)),
        by=by,
        at=now,
        until=now + (duration(time) or 0.0),
    )


def covered(alerts: Sequence[Alert], by: SafeText, now: float) -> Callable[[str], str]:
    """What a silence would do now, as it is typed."""

    def remark(line: str) -> str:
        made = silence(line, by, now)
        number = sum(made.covers(alert, now) for alert in alerts if alert.active)
        return f"{number} of the alerts that hold now, until {units.clock(made.until)}"

    return remark
