"""What reports say of a profile before their rows; google/pprof, report.ProfileLabels and report.reportLabels."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from pipeline.outputs import units
from pipeline.outputs.pprof.graph import Trimmed
from pipeline.outputs.pprof.nodes import base_name
from pipeline.outputs.pprof.report import Report
from pipeline.text import printable

_SHORTENED = 80


def of_profile(report: Report, *, unit: str) -> Iterator[str]:
    """File, type, time and duration; report.ProfileLabels."""
    header, mappings = report.profile.header, report.profile.mappings
    if mappings and mappings[0].file:
        yield f"File: {base_name(mappings[0].file)}"
    if mappings and mappings[0].build_id:
        yield f"Build ID: {mappings[0].build_id}"
    yield from (comment for comment in header.comments if not comment.startswith("#"))
    if report.sample_type:
        yield f"Type: {report.sample_type}"
    if header.doc_url:
        yield f"Doc: {header.doc_url}"
    if header.time_ns:
        moment = datetime.datetime.fromtimestamp(header.time_ns // 10**9, report.timezone)
        yield f"Time: {moment:%Y-%m-%d %H:%M:%S %Z}"
    if header.duration_ns:
        total, name = units.scale(report.total, unit=report.unit, to="nanoseconds")
        busy = f"({units.percentage(int(total), header.duration_ns)})" if name == "ns" and total else ""
        duration = units.label(header.duration_ns, unit="nanoseconds")
        yield f"Duration: {duration}, Total samples = {report.written(report.total, unit)} {busy}"


def of_graph(report: Report, trimmed: Trimmed, *, unit: str, is_full: bool = False) -> Iterator[str]:
    """The same, the filters, and how much of the graph is shown; report.reportLabels.

    is_full  as pictures have it: dropped edges too, and where to read about such pictures
    """
    if is_full or not report.settings.compact_labels:
        yield from of_profile(report, unit=unit)
    if report.filters:
        yield "Active filters:"
        yield from (f"   {_shortened(text)}" for text in report.filters)
    shown = sum(trimmed.graph.flat_value(node) for node in trimmed.order)
    share = units.percentage(shown, report.total).strip()
    yield f"Showing nodes accounting for {report.written(shown, unit)}, {share} of {report.written(report.total, unit)} total"
    if report.total:
        yield from _dropped(report, trimmed, unit=unit, is_full=is_full)
    if is_full:
        yield "\nSee https://git.io/JfYMW for how to read the graph"


def _dropped(report: Report, trimmed: Trimmed, *, unit: str, is_full: bool) -> Iterator[str]:
    """report.genLabel. The cutoffs shown are of the report's total, those applied of the sum of flat values."""
    settings = report.settings
    of_kinds = [(trimmed.dropped_nodes, "node", "cum", settings.nodefraction)]
    if is_full:
        of_kinds.append((trimmed.dropped_edges, "edge", "freq", settings.edgefraction))
    for count, noun, figure, share in of_kinds:
        if count:
            cutoff = report.written(abs(int(float(report.total) * share)), unit)
            yield f"Dropped {count} {noun}{'s' if count > 1 else ''} ({figure} <= {cutoff})"
    if 0 < len(trimmed.order) < trimmed.considered:
        yield f"Showing top {len(trimmed.order)} nodes out of {trimmed.considered}"


def joined(lines: Iterable[str]) -> str:
    """Lines as text, one line each whatever the names in them hold."""
    return "".join([f"{printable(line)}\n" for line in lines])


def _shortened(text: str) -> str:
    """report.legendActiveFilters, which counts bytes."""
    encoded = text.encode()
    return text if len(encoded) <= _SHORTENED else encoded[:_SHORTENED].decode(errors="replace") + "…"
