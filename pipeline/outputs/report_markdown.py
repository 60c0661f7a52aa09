"""The report for a ticket or a comment: what grew, where, why, and where to look further.

What files say stands in code spans, in which it is neither markup nor a mention of somebody.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from pipeline.outputs import gc_text, memory_text, report, wording
from pipeline.outputs.units import share, signed
from pipeline.outputs.wording import Row
from pipeline.text import printable

SITES: Final = 5
# Series that are told; the others are named.
_SERIES: Final = 3
# Nobody reads a longer name in a comment.
_LONGEST: Final = 160
# What Markdown, HTML or a table takes for its own even inside a code span, or beside a backslash there.
_NOT_IN_BACKTICKS: Final = re.compile(r"[`|\\]|^\s|\s$|^$")


def page(data: report.ReportData, *, site_limit: int = SITES, server: str = "", is_kept: bool = True) -> str:
    """The report as Markdown, as GitHub and GitLab read it.

    site_limit  rows of each table; the others are one row with their sum
    server      where `heapscape serve` shows the same; links lead there
    is_kept     there is a database that can be asked more, by the numbers of its series
    """
    sections = report.sections(data, site_limit=site_limit)
    parts = [_series(one, _further(one.series, server=server, is_kept=is_kept)) for one in sections[:_SERIES]] or [
        f"{report.NOTHING}\n"
    ]
    if sections[_SERIES:]:
        others = ", ".join(code(wording.series_name(one.series)) for one in sections[_SERIES:])
        parts.append(f"And {len(sections) - _SERIES:,} series that grew less: {others}\n")
    refused, notes = wording.rows_of(data.refused), wording.rows_of(data.notes)
    if processes := _processes(data):
        parts.append("\n".join(["#### GC and memory", "", *processes, ""]))
    if refused:
        named = ", ".join(code(wording.text(row, "uri")) for row in refused[:site_limit])
        parts.append(f"{len(refused):,} refused: {named}{', …' if refused[site_limit:] else ''}\n")
    lost = [row for row in notes if wording.text(row, "severity") not in ("", "info")]
    if lost:
        counts = ", ".join(f"{wording.number(row, 'count'):,.0f} {code(wording.text(row, 'kind'))}" for row in lost)
        parts.append(f"Lost while reading: {counts}\n")
    return "\n".join(parts)


def code(text: str) -> str:
    """Text that others wrote as a code span, in one line, wherever it stands."""
    shown = printable(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    if not _NOT_IN_BACKTICKS.search(shown):
        return f"`{shown}`"
    # In an element of HTML, every character that could mean something as its number.
    numbered = re.sub(r"[^\w ]|_", lambda found: f"&#{ord(found[0])};", shown)
    return f"<code>{numbered}</code>" if shown else ""


def _series(one: report.Section, further: str) -> str:
    series = one.series
    lines = [f"### Heap growth of {code(wording.series_name(series))}", "", _verdict(one), ""]
    if one.sites:
        lines += ["| growth | share | ± | site | why it is on the heap |", "| ---: | ---: | ---: | --- | --- |"]
        lines += [_site(row) for row in one.sites]
        if one.rest:
            grown, part = signed(one.rest["growth_bytes"], unit="bytes"), share(one.rest["growth_share"])  # type: ignore[arg-type]
            lines.append(f"| {grown} | {part} | | {_more(one.rest)} together | |")
        lines.append("")
    if explained := [row for row in one.coverage if wording.number(row, "share")]:
        told = " · ".join(f"{row['name']} {share(wording.number(row, 'share'))}" for row in explained)
        lines += [f"Explained: {told} of growth.", ""]
    return "\n".join([*lines, *([further, ""] if further else [])])


def _verdict(one: report.Section) -> str:
    marks = {"size": "**{}**", "": "{}"}
    return "".join(marks[as_].format(text) if as_ in marks else code(text) for text, as_ in one.verdict)


def _site(row: Row) -> str:
    cells = (
        signed(wording.number(row, "growth_bytes"), unit="bytes"),
        share(wording.number(row, "growth_share")) if wording.is_known(row, "growth_share") else "",
        wording.error(row),
        code(wording.short_path(wording.place(row))),
        _why(row),
    )
    return f"| {' | '.join(cells)} |"


def _more(rest: Row) -> str:
    return f"{rest['sites']:,} more site{'' if rest['sites'] == 1 else 's'}"


def _why(row: Row) -> str:
    """The reason, behind what it is one of where that is not simply an escape."""
    kind, reason = wording.text(row, "attribution"), code(wording.text(row, "reason"))
    if kind == "escape":
        return reason
    named = kind if kind in report.CLASSES else code(kind)
    return f"{named}: {reason}" if reason else named


def _further(series: Row, *, server: str, is_kept: bool) -> str:
    number = series.get("series_id")
    if server:
        address = quote(server.rstrip("/"), safe=":/?#[]@!$&*+,;=%~")
        return (
            f"[What grew, and why]({address}/growth?series={number}) · "
            f"[flame graph of the last profile]({address}/flame?series={number})"
        )
    if not is_kept:
        return ""
    return (
        f"More: `heapscape growth --series {number}`, `heapscape flame --growth --series {number}`, `heapscape report`"
    )


def _processes(data: report.ReportData) -> list[str]:
    rows = [wording.rows_of(told)[0] for told, *_ in data.collectors]
    said = [f"- {code(gc_text.headline(row))}: {gc_text.verdict(row)}" for row in rows]
    rows = [wording.rows_of(told)[0] for told, _ in data.memories]
    return said + [f"- {code(memory_text.headline(row))}; {memory_text.left(row)}" for row in rows]
