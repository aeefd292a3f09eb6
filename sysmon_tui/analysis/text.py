"""A report for a terminal and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

from sysmon_tui.analysis.document import Section, aligned
from sysmon_tui.analysis.spark import spark

WIDE = 32
COLUMNS = 78
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def terminal(host: str, headline: str, sections: Iterable[Section]) -> Iterator[str]:
    yield f"{host}: {headline}"
    for section in sections:
        yield ""
        yield section.title.upper()
        header = section.header
        rows = list(section.rows)
        if section.courses:
            header = (*header, "course")
            rows = [
                (*row, spark(line.course, WIDE))
                for row, line in zip(rows, section.courses, strict=True)
            ]
        yield from aligned([header, *rows], section.texts)
        if section.note:
            yield from wrap(section.note, COLUMNS)
    yield ""


def markdown(host: str, headline: str, sections: Iterable[Section]) -> Iterator[str]:
    yield f"# {escaped(host)}"
    yield ""
    yield escaped(headline)
    for section in sections:
        yield from ("", f"## {section.title}", "")
        yield f"| {' | '.join(section.header)} |"
        yield f"|{'---|' * section.texts}{'---:|' * (len(section.header) - section.texts)}"
        for row in section.rows:
            yield f"| {' | '.join(map(escaped, row))} |"
        if section.note:
            yield from ("", section.note)
    yield ""


def escaped(text: str) -> str:
    r"""Text from outside that is to be no markup: every mark that could begin one, escaped."""
    return _MARKUP.sub(r"\\\1", text)
