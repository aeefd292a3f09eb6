from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sysmon_tui.alerts.rules import PACK, Rules, load_rules
from sysmon_tui.model.alert import Severity
from sysmon_tui.model.errors import SettingsError
from sysmon_tui.model.metric import labels
from sysmon_tui.model.rule import Bound, Level, Op, Rule
from sysmon_tui.model.text import clean

WHERE = "/etc/settings.toml"


def load(text: str) -> Rules:
    return load_rules(tomllib.loads(text).get("rules", ()), WHERE)


def named(loaded: Rules, name: str) -> Rule:
    return next(rule for rule in loaded.rules if rule.name == name)


def problem(text: str) -> SettingsError:
    """The one thing wrong with one rule; the pack is still whole."""
    loaded = load(text)
    assert [rule.name for rule in loaded.rules] == [rule.name for rule in load("").rules]
    assert len(loaded.problems) == 1
    assert loaded.problems[0].remedy
    return loaded.problems[0]


def test_every_field() -> None:
    loaded = load(
        """
        [[rules]]
        name = "Full"
        metric = "a_used"
        match = { b = "2", a = "1" }
        except = { fstype = ["tmpfs", "nfs"], device = "loop0" }
        of = "a_size"
        total = "30m"
        and = [{ metric = "ro", below = 1 }]
        info = { at_least = 0.5 }
        warning = { at_least = "85%", clear = "75%", for = "15m" }
        keep_firing_for = "1h30m"
        latch = true
        summary = "{label:mountpoint} {value}"
        runbook = "look\\u001b"
        resource = "io"
        unit = "bytes"
        [rules.critical]
        at_least = 0.95
        and = [{ metric = "free", at_most = "5GiB", clear = "6GiB" }]
        """
    )
    assert loaded.problems == ()
    readable = Bound("ro", Op.LT, 1.0, 1.0)
    assert named(loaded, "Full") == Rule(
        name="Full",
        metric="a_used",
        match=labels(a="1", b="2"),
        excluded=(("fstype", frozenset({"tmpfs", "nfs"})), ("device", frozenset({"loop0"}))),
        of="a_size",
        op=Op.GE,
        levels=(
            Level(Severity.INFO, 0.5, 0.5, 0.0, (readable,)),
            Level(Severity.WARNING, 0.85, 0.75, 900.0, (readable,)),
            Level(
                Severity.CRITICAL,
                0.95,
                0.95,
                0.0,
                (readable, Bound("free", Op.LE, 5 * 2.0**30, 6 * 2.0**30)),
            ),
        ),
        measure="total",
        over=1800.0,
        keep_firing=5400.0,
        latch=True,
        summary="{label:mountpoint} {value}",
        runbook="look␛",
        resource="io",
        unit="bytes",
    )


def test_the_least_there_is_to_say() -> None:
    rule = named(load('[[rules]]\nname="A"\nmetric="m"\nwarning={below=3}'), "A")
    assert rule == Rule(name="A", metric="m", op=Op.LT, levels=(Level(Severity.WARNING, 3.0, 3.0),))


def test_a_rule_of_the_same_name_replaces_the_packs_in_its_place() -> None:
    loaded = load('[[rules]]\nname="CpuBusy"\nmetric="m"\nwarning={above=3}')
    assert loaded.problems == ()
    assert [rule.name for rule in loaded.rules] == [rule.name for rule in load("").rules]
    assert named(loaded, "CpuBusy").metric == "m"
    assert named(loaded, "CpuBusy").measure == ""


def test_a_rule_is_switched_off_by_its_name() -> None:
    loaded = load('[[rules]]\nname="CpuSteal"\nenabled=false')
    assert loaded.problems == ()
    assert {rule.name for rule in load("").rules} - {rule.name for rule in loaded.rules} == {
        "CpuSteal"
    }


def test_an_own_rule_may_be_switched_off() -> None:
    loaded = load('[[rules]]\nname="Mine"\nmetric="m"\nenabled=false\nwarning={above=1}')
    assert loaded.problems == ()
    assert "Mine" not in [rule.name for rule in loaded.rules]


def test_one_bad_rule_stops_no_other() -> None:
    loaded = load(
        """
        [[rules]]
        name = "Bad"
        [[rules]]
        name = "CpuBusy"
        metric = "m"
        [[rules]]
        name = "Good"
        metric = "m"
        warning = { above = 1 }
        """
    )
    assert [error.field for error in loaded.problems] == ['rule "Bad"', 'rule "CpuBusy"']
    assert named(loaded, "Good")
    assert named(loaded, "CpuBusy").metric == "sysmon_cpu_ratio"


HEAD = '[[rules]]\nname="A"\nmetric="m"\n'


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (HEAD, "", ("no level", "warning = {")),
        (HEAD + "warning={}", "warning", ("no threshold", "above, at_least, below, at_most")),
        (HEAD + "warning={above=1, below=2}", "warning", ("above and below", "exactly one")),
        (HEAD + "warning={above=true}", "warning.above", ("got `bool`", '"85%"')),
        (HEAD + 'warning={above="5 apples"}', "warning.above", ("5 apples", "GiB")),
        (HEAD + "warning={above=nan}", "warning.above", ("nan",)),
        (HEAD + "warning={above=1, clear=[]}", "warning.clear", ("got `array`", '"85%"')),
        (HEAD + "warning={above=1, clear=2}", "warning.clear", ("wrong side", "at most 1")),
        (HEAD + "warning={below=2, clear=1}", "warning.clear", ("wrong side", "at least 2")),
        (HEAD + "warning={above=1, hold='1m'}", "warning", ("hold", "for, and, unless")),
        (HEAD + "warning={above=1, for='soon'}", "warning.for", ("soon", '"1h30m"')),
        (HEAD + "warning={above=1, for=60}", "warning.for", ("got `int`", '"1h30m"')),
        (HEAD + "warning={above=2}\ncritical={above=1}", "critical", ("1 is reached before",)),
        (HEAD + "info={below=1}\nwarning={below=2}", "warning", ("2 is reached before",)),
        (HEAD + "warning={above=2}\ncritical={below=1}", "critical", ("another way",)),
        (HEAD + "warning={above=2}\ncritical={at_least=3}", "critical", ("another way",)),
        (HEAD + "warning={above=2}\nlimit=3", "", ("limit", "keep_firing_for")),
        (
            HEAD + "warning={above=2}\nkeep_firing_for='x'",
            "keep_firing_for",
            ('"x" is no duration',),
        ),
        (HEAD + "warning={above=2}\naverage='x'", "average", ('"x" is no duration',)),
        (HEAD + "warning={above=2}\naverage='0s'", "average", ("shorter than a second",)),
        (
            HEAD + "warning={above=2}\naverage='1m'\ntotal='1m'",
            "total",
            ("beside average", "one of them"),
        ),
        (HEAD + "warning={above=2}\nunit='parsec'", "unit", ("parsec", "ratio, bytes")),
        (HEAD + "warning={above=2}\nresource='gpu'", "resource", ("gpu", "cpu, memory, io")),
        (HEAD + "warning={above=2}\nsummary='{mount}'", "summary", ("{mount}", "{label:NAME}")),
        (HEAD + "warning={above=2}\nof='a b'", "of", ('"a b" is no metric name',)),
        (HEAD + "warning={above=2}\nmatch={a=1}", "match[...]", ("Expected `str`",)),
        (
            HEAD + "warning={above=2}\nand=[{metric='n', above=1, clear=2}]",
            "and[0].clear",
            ("wrong side",),
        ),
        (
            HEAD + "warning={above=2, and=[{metric='n'}]}",
            "warning.and[0]",
            ("no threshold",),
        ),
        (
            HEAD + "warning={above=2, and=[{metric='n', above=1, x=1}]}",
            "warning.and[0]",
            ("unknown field `x`", "clear, metric, rule"),
        ),
        (
            HEAD + "warning={above=2}\nand=[{metric='', above=1}]",
            "and[0].metric",
            ("is missing",),
        ),
        ("[[rules]]\nname='A'\nwarning={above=2}", "metric", ("is missing", "sysmon_")),
        ("[[rules]]\nname='A'\nmetric='7'\nwarning={above=2}", "metric", ('"7"',)),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(
    text: str, field: str, words: tuple[str, ...]
) -> None:
    error = problem(text)
    assert error.where == WHERE
    assert error.field == ('rule "A"' + (f": {field}" if field else ""))
    assert all(word in str(error) for word in words), str(error)


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("[[rules]]\nmetric='m'", "rule number 1", ("missing required field `name`",)),
        ("[[rules]]\nname=3", "rule number 1: name", ("got `int`",)),
        ("[[rules]]\nname=''", "rule number 1: name", ("no name",)),
        ("[[rules]]\nname='a\\u0007b'", 'rule "a\\u0007b": name', ("no name",)),
        ('[[rules]]\nname="a\\u0007b"', 'rule "a␇b": name', ("no name",)),
        ("[[rules]]\nname='Cpubusy'\nenabled=false", 'rule "Cpubusy": enabled', ("CpuBusy",)),
        ("[[rules]]\nname='qqqq'\nenabled=false", 'rule "qqqq": enabled', ("Zombies",)),
    ],
)
def test_a_bad_name(text: str, field: str, words: tuple[str, ...]) -> None:
    error = problem(text)
    assert error.field == field
    assert all(word in str(error) for word in words), str(error)


def test_a_name_taken_twice_keeps_the_first() -> None:
    loaded = load(
        '[[rules]]\nname="A"\nmetric="m"\nwarning={above=1}\n'
        '[[rules]]\nname="A"\nmetric="n"\nwarning={above=1}'
    )
    assert named(loaded, "A").metric == "m"
    assert "taken by a rule above" in str(loaded.problems[0])


def test_two_levels_may_share_a_threshold() -> None:
    loaded = load(HEAD + "warning={above=2, for='1m'}\ncritical={above=2, for='1h'}")
    assert loaded.problems == ()


def test_the_pack_is_parsed_once_and_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    loads = tomllib.loads

    def count(text: str) -> dict[str, Any]:
        parsed.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", count)
    load_rules((), WHERE)
    # Parsing TOML is what a start pays for: 20 kB take 4 ms.
    assert parsed == [len(PACK.read_text("utf-8"))]
    assert parsed[0] <= 24_000


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["name", "metric", "match", "unless", "and", "warning", "critical", "average", "summary", "of"]
)
LEVELS = st.dictionaries(st.sampled_from(["above", "below", "clear", "for", "and"]), JUNK)


@settings(max_examples=50, deadline=None)  # each reads the pack anew
@given(st.lists(st.dictionaries(FIELDS | st.text(max_size=5), JUNK | LEVELS), max_size=3))
def test_no_table_stops_the_pack(tables: list[dict[str, Any]]) -> None:
    loaded = load_rules(tables, WHERE)
    assert len(loaded.rules) + len(loaded.problems) >= len(load_rules((), WHERE).rules)
    assert all(str(error) == clean(str(error)) for error in loaded.problems)


class TestNames:
    """Names in a rule that name nothing; the rule stays in force without them."""

    TEXT = (
        '[[rules]]\nname = "A"\nmetric = "m"\nwarning = { above = 1 }\n'
        'inhibits = ["Zombie", "CpuBusy"]\nnotify = ["opps"]\n'
    )

    def strangers(self, text: str, receivers: tuple[str, ...] | None) -> list[str]:
        tables = tomllib.loads(text)["rules"]
        loaded = load_rules(tables, WHERE, text, receivers=receivers)
        assert named(loaded, "A")
        return [str(problem) for problem in loaded.problems]

    def test_each_has_its_line_and_what_may_be_meant(self) -> None:
        assert self.strangers(self.TEXT, ("ops", "dba")) == [
            f'{WHERE}:5: rule "A": inhibits: there is no rule Zombie. Did you mean Zombies?',
            f'{WHERE}:6: rule "A": notify: there is no receiver opps. Did you mean ops?',
        ]

    def test_without_receivers_there_is_nobody_to_notify(self) -> None:
        assert self.strangers(self.TEXT, ())[1].endswith("no receiver opps. There is none at all")
        assert len(self.strangers(self.TEXT, None)) == 1

    def test_rules_that_a_condition_asks_for(self) -> None:
        text = (
            '[[rules]]\nname = "A"\nmetric = "m"\nwarning = { above = 1 }\n'
            'and = [{ rule = "CpuBusy" }]\nunless = [{ rule = "Backupp" }, { rule = "B" }]\n'
            '[[rules]]\nname = "B"\nmetric = "m"\nwarning = { above = 1 }\n'
        )
        (said,) = self.strangers(text, None)
        assert said.startswith(f'{WHERE}:1: rule "A": there is no rule Backupp. There is CpuBusy,')


def test_and_and_unless_of_rules_and_metrics() -> None:
    rule = named(
        load(
            """
            [[rules]]
            name = "A"
            metric = "m"
            and = [{ rule = "CpuBusy" }]
            unless = [{ rule = "Zombies" }, { metric = "n", above = 5, clear = 4 }]
            warning = { above = 1, unless = [{ metric = "k", at_most = 2 }] }
            """
        ),
        "A",
    )
    assert rule.levels[0].bounds == (
        Bound("rule:CpuBusy", Op.GE, 1.0, 1.0),
        Bound("rule:Zombies", Op.LT, 1.0, 1.0),
        # It may begin while n is at 4 or less, and goes on while n is at 5 or less.
        Bound("n", Op.LE, 4.0, 5.0),
        Bound("k", Op.GT, 2.0, 2.0),
    )


@pytest.mark.parametrize(
    ("text", "measure", "over"),
    [
        ("rate = '1m'\nwarning={above=1}", "rate", 60.0),
        ("absent = true\nwarning={above='5m'}", "absent", 0.0),
        ("ratio = '10m'\nof='n'\nfloor=100\nwarning={above='2%'}", "ratio", 600.0),
        ("forecast = '1h'\ntoward='100%'\nwarning={below='8h'}", "forecast", 3600.0),
    ],
)
def test_kinds_of_conditions(text: str, measure: str, over: float) -> None:
    loaded = load(HEAD + text)
    assert loaded.problems == ()
    assert (named(loaded, "A").measure, named(loaded, "A").over) == (measure, over)


def test_an_expression_with_levels_and_one_that_filters() -> None:
    text = '[[rules]]\nname="A"\nexpr=" sum(m) "\nwarning={above=3}\nlabels={team="x"}'
    rule = named(load(text), "A")
    assert (rule.expr, rule.metric, rule.filtering) == ("sum(m)", "", False)
    assert rule.labels == labels(team="x")
    rule = named(load('[[rules]]\nname="A"\nexpr="m > 3"\nseverity="critical"\nfor="5m"'), "A")
    assert rule.filtering
    assert (rule.levels[0].severity, rule.levels[0].hold) == (Severity.CRITICAL, 300.0)
    assert rule.grace == 0.0


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (HEAD + "rate='1m'\nmax='1m'\nwarning={above=1}", "max", ("stands beside", "one of them")),
        (HEAD + "rate='x'\nwarning={above=1}", "rate", ('"x" is no duration',)),
        (HEAD + "rate=60\nwarning={above=1}", "rate", ("is no duration", '"1h30m"')),
        (HEAD + "absent='1h'\nwarning={above=1}", "absent", ("no duration", "absent = true")),
        (HEAD + "ratio='1h'\nwarning={above=1}", "of", ("is missing", "counter")),
        (HEAD + "forecast='1h'\nwarning={above=1}", "forecast", ("below or at_most",)),
        (HEAD + "floor='x'\nwarning={above=1}", "floor", ("x is no figure",)),
        (HEAD + "floor=true\nwarning={above=1}", "floor", ("got `bool`",)),
        (HEAD + "expr='n'\nwarning={above=1}", "metric", ("beside expr",)),
        ("[[rules]]\nname='A'\nexpr='n'\nexcept={a='b'}\nwarning={above=1}", "except", ("beside",)),
        ("[[rules]]\nname='A'\nexpr='n'\nrate='1m'\nwarning={above=1}", "rate", ("beside expr",)),
        ("[[rules]]\nname='A'\nexpr='n['\nwarning={above=1}", "expr", ("expected",)),
        ("[[rules]]\nname='A'\nexpr='n > 1'", "severity", ("is missing", "or give it levels")),
        ("[[rules]]\nname='A'\nexpr='n > 1'\nseverity='bad'", "severity", ('"bad"', "critical")),
        (HEAD + "severity='warning'\nwarning={above=1}", "severity", ("beside levels",)),
        (HEAD + "for='1m'\nwarning={above=1}", "for", ("beside levels",)),
        (HEAD + "and=[{rule='B', above=1}]\nwarning={above=1}", "and[0].above", ("beside rule",)),
        (HEAD + "unless=[{metric='n'}]\nwarning={above=1}", "unless[0]", ("no threshold",)),
    ],
)
def test_what_is_wrong_with_a_condition(text: str, field: str, words: tuple[str, ...]) -> None:
    error = problem(text)
    assert error.field == f'rule "A": {field}'
    assert all(word in str(error) for word in words), str(error)
