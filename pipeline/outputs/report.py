"""The heap-growth report: per series what grew, where it was allocated, and why that is on the heap."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from pipeline.notes import NOTE_KINDS
from pipeline.outputs import flamegraph, wording
from pipeline.outputs.document import document
from pipeline.outputs.elsewhere import elsewhere
from pipeline.outputs.units import readable, share
from pipeline.outputs.wording import Row
from pipeline.values import Result

SCRIPTS: Final = (*flamegraph.SCRIPTS, "report.js")

# What each class of growth means, in the order of the bar: from explained to unknown.
CLASSES: Final[Mapping[str, str]] = {
    "escape": "one escape the compiler reported at this line explains it",
    "ambiguous": "several escapes stand on this line and the samples cannot tell them apart; all are listed",
    "implicit": "the language always allocates here and the compiler reports nothing: channels, maps, strings, append",
    "caller": "the allocating package has no escape report; the nearest caller with one is shown",
    "unmatched": "the package has a report, but this line is not in it: another build, or generated code",
    "unreported": "no package on the stack has an escape report; build with -gcflags=-m=2 and ingest the output",
}


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the report shows, as the warehouse answers it.

    series    series_id, service, instance, build, first_at, last_at, profiles, first_bytes, last_bytes,
              growth_bytes, slope_bytes_per_s, r2
    growth    attribution.growth_by_site with `history` list<int64>, the site's live bytes per profile; a column
              `candidates` list<string> names what an ambiguous site could be
    coverage  attribution.coverage: series_id, attribution, growth_bytes, share
    modules   attribution.growth_by_module
    own       attribution.growth_by_own_code
    flow      escape.flow: escape_site_id, step, from, to, expression, operation, file, line
    tree      series_id and the columns of flame.tree or flame.diff
    refused   uri, reason
    notes     kind, count; severity, uri or example where known
    """

    series: Result
    growth: Result
    coverage: Result
    modules: Result
    own: Result
    flow: Result
    tree: Result
    refused: Result
    notes: Result


def page(
    data: ReportData, *, title: str = "Heap growth", made_at: datetime.datetime | None = None, site_limit: int = 25
) -> str:
    """The report as one HTML file.

    made_at     printed when given; without it the same data make the same bytes
    site_limit  rows per growth table; the rest is one row with its sum, so nothing goes missing
    """
    series = wording.rows_of(data.series)
    parts = [_page_header(title, series, made_at)]
    if not series:
        parts.append(
            '<p class="empty">No service has two heap profiles with a time, so there is no growth to tell.</p>'
        )
    if len(series) > 1:
        parts.append(_overview(series))
    parts += sections(data, site_limit=site_limit)
    parts.append(_inputs(wording.rows_of(data.refused), wording.rows_of(data.notes)))
    return document(title, "\n".join(["<main>", *parts, "</main>"]), scripts=SCRIPTS)


def sections(data: ReportData, *, site_limit: int = 25) -> list[str]:
    """The HTML of each series, for a page that has SCRIPTS."""
    growth = wording.rows_by(data.growth, "series_id")
    coverage = wording.rows_by(data.coverage, "series_id")
    modules, own = wording.rows_by(data.modules, "series_id"), wording.rows_by(data.own, "series_id")
    flow = wording.rows_by(data.flow, "escape_site_id")
    parts = []
    for number, one in enumerate(wording.rows_of(data.series), start=1):
        key = one.get("series_id")
        sites = sorted(growth.get(key, ()), key=lambda row: (-wording.number(row, "growth_bytes"), wording.place(row)))
        section = [
            f'<section class="series" id="series-{number}">',
            _series_header(one),
            _headline(one, sites),
            _coverage(coverage.get(key, ())),
            _growth_table(sites, flow, number=number, profiles=int(wording.number(one, "profiles")), limit=site_limit),
            _whose(modules.get(key, ()), own.get(key, ())),
            "<h3>Flame graph of growth</h3>",
            flamegraph.figure(
                wording.tree_of(data.tree, key),
                identifier=f"flame-{number}",
                label=f"Growth of {wording.series_name(one)}",
                unit="bytes",
            ),
            "</section>",
        ]
        parts.append("\n".join(section))
    return parts


# ---- parts of the page


def _page_header(title: str, series: Sequence[Row], made_at: datetime.datetime | None) -> str:
    profiles = int(sum(wording.number(row, "profiles") for row in series))
    facts = [f"{len(series):,} series", f"{profiles:,} heap profiles"]
    if made_at:
        facts.append(f"made {wording.moment(made_at)}")
    about = " · ".join(facts)
    return f'<header class="page"><h1>{escape(title)}</h1><p class="quiet">{about}</p></header>'


def _overview(series: Sequence[Row]) -> str:
    rows = [
        f'<tr><th scope="row"><a href="#series-{number}">{escape(wording.series_name(row))}</a></th>'
        f"<td>{wording.growth_cell(wording.number(row, 'growth_bytes'))}</td>"
        f"<td>{wording.slope(row)}</td><td>{wording.fit(row)}</td><td>{wording.number(row, 'profiles'):,.0f}</td></tr>"
        for number, row in enumerate(series, start=1)
    ]
    return _table(["series", "growth", "slope", "R²", "profiles"], rows, css="figures overview")


def _series_header(row: Row) -> str:
    first, last = wording.number(row, "first_bytes"), wording.number(row, "last_bytes")
    facts = {
        "live heap": f"{readable(first, unit='bytes')} → {readable(last, unit='bytes')}",
        "growth": wording.growth_cell(wording.number(row, "growth_bytes")),
        "slope": wording.slope(row),
        "R²": wording.fit(row),
        "profiles": f"{wording.number(row, 'profiles'):,.0f}",
        "span": wording.span(row),
    }
    items = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items())
    return f'<h2>{escape(wording.series_name(row))}</h2>\n<dl class="facts">{items}</dl>'


def _headline(series: Row, sites: Sequence[Row]) -> str:
    grown = wording.number(series, "growth_bytes")
    verb = "grew" if grown >= 0 else "shrank"
    said = f"{wording.between(series)} the live heap {verb} by <strong>{readable(abs(grown), unit='bytes')}</strong>."
    top = sites[0] if sites else {}
    if grown > 0 and wording.number(top, "growth_bytes") > 0:
        reason = wording.text(top, "reason")
        said += (
            f" <strong>{readable(wording.number(top, 'growth_bytes'), unit='bytes')}</strong> of it"
            f" ({share(wording.number(top, 'growth_share'))}{', ±' + wording.error(top) if wording.error(top) else ''})"
            f' was allocated at <span class="code">{escape(wording.place(top))}</span>'
            f"{': ' + escape(reason) if reason else ''}."
            f"{wording.habit(top, profiles=int(wording.number(series, 'profiles')))}"
        )
    return f'<p class="headline">{said}</p>'


def _coverage(rows: Iterable[Row]) -> str:
    by_class = {wording.text(row, "attribution"): row for row in rows}
    if not by_class:
        return ""
    ordered = [name for name in CLASSES if name in by_class] + sorted(set(by_class) - set(CLASSES))
    bars, lines = [], []
    for name in ordered:
        grown, part = wording.number(by_class[name], "growth_bytes"), wording.number(by_class[name], "share")
        css = name if name in CLASSES else "unreported"
        if part > 0:
            bars.append(f'<span class="class-{css}" style="flex-grow:{part:.6f}" title="{escape(name)}"></span>')
        lines.append(
            f'<tr><th scope="row"><span class="dot class-{css}"></span>{escape(name)}</th>'
            f'<td>{share(part)}</td><td>{wording.growth_cell(grown)}</td><td class="words">{escape(CLASSES.get(name, ""))}</td></tr>'
        )
    told = ", ".join(f"{name} {share(wording.number(by_class[name], 'share'))}" for name in ordered)
    return (
        "<h3>How much of it is explained</h3>\n"
        f'<div class="coverage" role="img" aria-label="Share of growth by class: {escape(told)}">{"".join(bars)}</div>\n'
        + _table(["class", "share", "growth", "what it means"], lines, css="figures classes", worded=("what it means",))
    )


def _growth_table(
    sites: Sequence[Row], flow: Mapping[object, Sequence[Row]], *, number: int, profiles: int, limit: int
) -> str:
    if not sites:
        return '<p class="empty">No allocation site gained or lost live bytes in this time.</p>'
    head = ["growth", "share", "±", "rose", "trend", "site", "why it is on the heap"]
    cells = "".join(f'<th scope="col" class="{_COLUMN_CSS[name]}">{name}</th>' for name in head)
    bodies = [
        _site(row, flow.get(row.get("escape_site_id"), ()), identifier=f"site-{number}-{place}", profiles=profiles)
        for place, row in enumerate(sites[:limit], start=1)
    ]
    if sites[limit:]:
        bodies.append(_remainder(sites[limit:]))
    return (
        '<div class="table-head"><h3>Growth by allocation site</h3>'
        '<div class="table-tools"><input type="search" class="filter" placeholder="Filter sites"'
        ' aria-label="Show only sites with this text"><button type="button" class="unfold">Open all</button></div></div>\n'
        f'<div class="wide"><table class="growth"><thead><tr>{cells}</tr></thead>{"".join(bodies)}</table></div>'
    )


_COLUMN_CSS: Final = {
    "growth": "number",
    "share": "number",
    "±": "number",
    "rose": "number spare",
    "trend": "spare",
    "site": "",
    "why it is on the heap": "",
}


def _site(row: Row, steps: Sequence[Row], *, identifier: str, profiles: int) -> str:
    """A body of two rows: what one sees at once, and what opens below it."""
    part = wording.number(row, "growth_share")
    kind = wording.text(row, "attribution")
    css = kind if kind in CLASSES else "unreported"
    place, function = wording.place(row), wording.text(row, "function")
    return (
        f'<tbody id="{identifier}"><tr>'
        f'<td class="number">{wording.growth_cell(wording.number(row, "growth_bytes"))}</td>'
        f'<td class="number share"><i style="width:{min(max(part, 0.0), 1.0) * 100:.1f}%"></i>{share(part)}</td>'
        f'<td class="number">{wording.error(row)}</td>'
        f'<td class="number spare">{wording.rose(row, profiles=profiles)}</td>'
        f'<td class="spare">{sparkline(wording.history(row))}</td>'
        f'<td class="site"><button type="button" class="link code" aria-expanded="true"'
        f' aria-controls="{identifier}-more" title="{escape(place)}">{escape(wording.short_path(place))}</button>'
        f'<div class="code quiet" title="{escape(function)}">{escape(wording.short_name(function))}</div></td>'
        f'<td class="why"><span class="chip" title="{escape(CLASSES.get(kind, ""))}">'
        f'<span class="dot class-{css}"></span>{escape(kind)}</span> {escape(wording.text(row, "reason"))}</td>'
        f'</tr><tr class="more" id="{identifier}-more"><td colspan="7">{_details(row, steps)}</td></tr></tbody>'
    )


def _details(row: Row, steps: Sequence[Row]) -> str:
    facts = {
        "place": f'<span class="code">{escape(wording.place(row))}</span>',
        "function": f'<span class="code">{escape(wording.text(row, "function"))}</span>',
        "expression": f'<span class="code">{escape(wording.text(row, "expression"))}</span>',
        "verdict": escape(wording.text(row, "escape_kind").replace("_", " ")),
        "live bytes": f"{readable(wording.number(row, 'first_bytes'), unit='bytes')} → "
        f"{readable(wording.number(row, 'last_bytes'), unit='bytes')}",
        "slope": f"{wording.slope(row)}, R² {wording.fit(row)}",
        "escape site": f'<span class="code">{row.get("escape_site_id", "")}</span>',
    }
    empty = ('<span class="code"></span>', "")
    items = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items() if text not in empty)
    return f'<dl class="facts">{items}</dl>{_flow(steps)}{_candidates(row)}'


def _flow(steps: Sequence[Row]) -> str:
    if not steps:
        return ""
    lines = [
        f'<li><span class="code">{escape(wording.text(step, "from"))} → {escape(wording.text(step, "to"))}</span>'
        f' <span class="operation">{escape(wording.text(step, "operation"))}</span>'
        f' <span class="code">{escape(wording.text(step, "expression"))}</span>'
        f' <span class="code quiet">{escape(wording.place(step))}</span></li>'
        for step in sorted(steps, key=lambda step: wording.number(step, "step"))
    ]
    return f'<p class="about">How the value gets to the heap, as the compiler tells it:</p><ol class="flow">{"".join(lines)}</ol>'


def _candidates(row: Row) -> str:
    held = row.get("candidates")
    names = [str(name) for name in held if name is not None] if isinstance(held, list) else []
    if not names:
        return ""
    lines = "".join(f'<li class="code">{escape(name)}</li>' for name in names)
    return f'<p class="about">What the compiler reports on this line; the samples could be any of them:</p><ul class="flow">{lines}</ul>'


def _remainder(sites: Sequence[Row]) -> str:
    grown = sum(wording.number(row, "growth_bytes") for row in sites)
    part = sum(wording.number(row, "growth_share") for row in sites)
    return (
        f'<tbody class="rest"><tr><td class="number">{wording.growth_cell(grown)}</td><td class="number">{share(part)}</td>'
        f'<td></td><td class="spare"></td><td class="spare"></td>'
        f'<td colspan="2" class="quiet">{len(sites):,} more sites together</td></tr></tbody>'
    )


def _whose(modules: Sequence[Row], own: Sequence[Row]) -> str:
    """Growth by module and by own line; nothing where all but a little was allocated by the program's own code."""
    if not elsewhere(modules):
        return ""
    by_module = [
        (" ".join(filter(None, (wording.text(row, "module"), wording.text(row, "version")))), row) for row in modules
    ]
    by_line = [(wording.place(row) if wording.text(row, "function") else "", row) for row in own]
    return (
        "<h3>Growth by module</h3>\n"
        + _ranking("module that allocated", [(name or "unknown", row) for name, row in by_module])
        + "\n<h3>Growth by the program’s own code</h3>\n"
        + '<p class="quiet">What other modules keep, counted for the nearest line of the program that called them.</p>\n'
        + _ranking("own code", [(name or "no code of the program’s own on the stack", row) for name, row in by_line])
    )


def _ranking(what: str, named: Sequence[tuple[str, Row]]) -> str:
    """The few that grew most, and the others as one row, so that nothing goes missing."""
    ordered = sorted(named, key=lambda one: (-wording.number(one[1], "growth_bytes"), one[0]))
    few, others = ordered[:_RANKED], ordered[_RANKED:]
    cells = [(name, wording.number(row, "growth_bytes"), wording.number(row, "growth_share")) for name, row in few]
    if others:
        grown, part = (sum(wording.number(row, name) for _, row in others) for name in ("growth_bytes", "growth_share"))
        cells.append((f"{len(others):,} more together", grown, part))
    lines = [
        f'<tr><th scope="row">{escape(name)}</th><td>{wording.growth_cell(grown)}</td><td>{share(part)}</td></tr>'
        for name, grown, part in cells
    ]
    return _table([what, "growth", "share"], lines, css="figures")


_RANKED: Final = 8


def _inputs(refused: Sequence[Row], notes: Sequence[Row]) -> str:
    parts = ['<section class="inputs"><h2>What was read</h2>']
    if refused:
        lines = [
            f'<tr><th scope="row">{escape(wording.text(row, "uri"))}</th><td class="words">{escape(wording.text(row, "reason"))}</td></tr>'
            for row in refused
        ]
        parts += ["<h3>Refused</h3>", _table(["input", "reason"], lines, css="figures", worded=("reason",))]
    else:
        parts.append('<p class="quiet">No input was refused.</p>')
    if notes:
        parts += ["<h3>Notes</h3>", _notes(notes)]
    return "\n".join([*parts, "</section>"])


def _notes(notes: Sequence[Row]) -> str:
    lines = []
    for row in notes:
        kind = wording.text(row, "kind")
        declared = NOTE_KINDS.get(kind)
        severity = wording.text(row, "severity") or (declared.severity if declared else "")
        where = wording.text(row, "uri") or wording.text(row, "example")
        lines.append(
            f'<tr><th scope="row">{escape(kind)}</th><td>{wording.number(row, "count"):,.0f}</td>'
            f'<td class="words severity-{escape(severity)}">{escape(severity)}</td>'
            f'<td class="words">{escape(declared.advice if declared else "")}'
            f'{f"""<div class="code quiet">{escape(where)}</div>""" if where else ""}</td></tr>'
        )
    return _table(
        ["kind", "count", "severity", "what it means"], lines, css="figures", worded=("severity", "what it means")
    )


def sparkline(values: Sequence[float]) -> str:
    """A series of live bytes as a small picture, from zero, with a dot at its end."""
    if len(values) < 2:
        return ""
    width, height, edge = 112.0, 24.0, 2.5
    highest = max(max(values), 1.0)
    points = [
        (
            edge + (width - 2 * edge) * place / (len(values) - 1),
            height - edge - (height - 2 * edge) * max(value, 0.0) / highest,
        )
        for place, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    told = f"live bytes from {readable(values[0], unit='bytes')} to {readable(values[-1], unit='bytes')}"
    return (
        f'<svg class="spark" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img"'
        f' aria-label="{told}"><title>{told}</title>'
        f'<polygon points="{edge},{height - edge} {line} {width - edge},{height - edge}"/>'
        f'<polyline points="{line}"/><circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2"/></svg>'
    )


def _table(head: Sequence[str], rows: Sequence[str], *, css: str, worded: Sequence[str] = ()) -> str:
    cells = "".join(f'<th scope="col"{_WORDS if name in worded else ""}>{name}</th>' for name in head)
    return f'<div class="wide" tabindex="0"><table class="{css}"><thead><tr>{cells}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


_WORDS: Final = ' class="words"'
