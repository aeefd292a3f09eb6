from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_tui.model.metric import labels
from sysmon_tui.model.summary import UNITS, render, unknown_fields
from sysmon_tui.model.text import clean


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("ratio", 0.931, "93%"),
        ("bytes", 5 * 2.0**30, "5.0G"),
        ("bytes_per_second", 2.0**20, "1.0M/s"),
        ("seconds", 0.12, "120ms"),
        ("duration", 184.0, "3m 4s"),
        ("celsius", 81.4, "81°C"),
        ("count", 1234.0, "1234"),
        ("count", 2.25, "2.25"),
        ("count", 12.6, "13"),
        ("count", 123_456.0, "123k"),
        ("count", float("inf"), "—"),
        ("per_second", 512.0, "512/s"),
        ("parsecs", 3.0, "3"),
    ],
)
def test_values_in_their_unit(unit: str, value: float, text: str) -> None:
    assert render("{value}", unit, "R", (), value, value) == text


def test_fields() -> None:
    var = labels(mountpoint="/var", value="v")
    template = "{rule}: {label:mountpoint} {value}, worst {worst}{label:nope} {label:value}"
    assert render(template, "ratio", "Full", var, 0.9, 0.95) == "Full: /var 90%, worst 95% v"


def test_without_a_template_the_rule_speaks_for_itself() -> None:
    assert render("", "ratio", "Full", (), 0.9, 0.9) == "Full"


@pytest.mark.parametrize(
    "label", ["{value}", "{0.__class__}", "{", "}}", "{label:mountpoint}", "%s", "\\1", "\\g<0>"]
)
def test_what_is_filled_in_is_never_looked_at_again(label: str) -> None:
    text = render("<{label:m}>{value}", "ratio", "R", labels(m=label), 0.5, 0.5)
    assert text == f"<{label}>50%"


@pytest.mark.parametrize("template", ["{", "}", "{}", "{value", "{{value}}", "{value!r}", "{x.y}"])
def test_odd_templates_are_text(template: str) -> None:
    assert render(template, "ratio", "R", (), 0.5, 0.5) == template.replace("{value}", "50%")


@given(st.text(), st.text(), st.floats(), st.sampled_from(sorted(UNITS)))
def test_any_template_label_and_value_gives_clean_text(
    template: str, label: str, value: float, unit: str
) -> None:
    text = render(template + "{label:a}{value}{worst}", unit, "R", labels(a=label), value, value)
    assert text == clean(text)


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("{value} {worst} {rule} {label:a_1}", ()),
        ("{mountpoint} {value} {label:}", ("{mountpoint}", "{label:}")),
        ("{} {label: a} {Value}", ("{}", "{label: a}", "{Value}")),
        ("{ no field", ()),
    ],
)
def test_unknown_fields(template: str, unknown: tuple[str, ...]) -> None:
    assert unknown_fields(template) == unknown
