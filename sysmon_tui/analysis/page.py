"""A report as one file of HTML: no scripts, nothing loaded, charts as inline SVG.

It prints well and follows the reader's choice of light or dark. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from math import isfinite

from sysmon_tui.analysis.document import Section, named
from sysmon_tui.analysis.report import Line

WIDE, HIGH = 220, 36
POINTS = 220

_STYLE = """
:root{--ink:#1d2430;--dim:#5d6878;--line:#dde2ea;--paper:#fff;--fill:#2f6fde;--head:#f5f7fa}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9f1;--dim:#96a2b4;--line:#2b3442;
--paper:#12171f;--fill:#6aa3ff;--head:#1a212c}}
@media print{:root{--ink:#000;--dim:#444;--line:#bbb;--paper:#fff;--fill:#245;--head:#eee}
section{break-inside:avoid}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.5rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2.2rem 0 .3rem}
p{color:var(--dim);margin:.2rem 0 .6rem;font-size:.9rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th{background:var(--head);color:var(--dim);font-weight:600;font-size:.82rem}
.word{text-align:left;white-space:normal;overflow-wrap:anywhere}
svg{display:block;width:220px;height:36px}
path.course{fill:none;stroke:var(--fill);stroke-width:1.4;vector-effect:non-scaling-stroke}
path.area{fill:var(--fill);opacity:.16}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(host: str, headline: str, sections: Iterable[Section]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{escape(host)}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(host)}</h1><p>{escape(headline)}</p>"
    for section in sections:
        yield from _section(section)
    yield "</body></html>"


def _section(section: Section) -> Iterator[str]:
    header = (*section.header, "course") if section.courses else section.header
    yield f"<section><h2>{escape(section.title)}</h2>"
    if section.note:
        yield f"<p>{escape(section.note)}</p>"
    word = [' class="word"' * (number < section.texts) for number in range(len(header))]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(cell)}</th>'
        for kind, cell in zip(word, header, strict=True)
    )
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>'
    for number, row in enumerate(section.rows):
        cells = "".join(
            f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(word, row, strict=False)
        )
        chart = f"<td>{_chart(section.courses[number])}</td>" if section.courses else ""
        yield f"<tr>{cells}{chart}</tr>"
    yield "</tbody></table></div></section>"


def _chart(line: Line) -> str:
    """From zero to the greatest mean; a share from nothing to all."""
    values = _columns(line.course)
    known = [value for value in values if isfinite(value)]
    top = max([*known, 1.0 if line.subject.unit == "ratio" else 0.0]) or 1.0
    runs = list(_runs(values, top))
    title = escape(named(line))
    course = " ".join("M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in runs)
    area = " ".join(
        f"M{run[0][0]:.1f},{HIGH} L"
        + " L".join(f"{x:.1f},{y:.1f}" for x, y in run)
        + f" L{run[-1][0]:.1f},{HIGH} Z"
        for run in runs
    )
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" role="img">'
        f"<title>{title}</title>"
        f'<path class="area" d="{area}"/><path class="course" d="{course}"/></svg>'
    )


def _columns(course: Sequence[float]) -> list[float]:
    """The greatest of each column's share, so that no peak vanishes."""
    count = min(POINTS, len(course))
    columns = []
    for number in range(count):
        share = course[number * len(course) // count : (number + 1) * len(course) // count]
        known = [value for value in share if isfinite(value)]
        columns.append(max(known) if known else float("nan"))
    return columns


def _runs(values: Sequence[float], top: float) -> Iterator[list[tuple[float, float]]]:
    """Points between two gaps."""
    run: list[tuple[float, float]] = []
    for number, value in enumerate(values):
        if isfinite(value):
            x = WIDE * (number + 0.5) / len(values)
            run.append((x, HIGH - 1.0 - (HIGH - 2.0) * max(0.0, value) / top))
        elif run:
            yield run
            run = []
    if run:
        yield run
