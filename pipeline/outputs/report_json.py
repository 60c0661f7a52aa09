"""The report for programs: one JSON object whose keys stay; docs/how-to/share.md says what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.outputs import report, wording
from pipeline.outputs.tabular import Json, objects
from pipeline.values import Result

# Counted up when a key goes or means something else; new ones may come at any time.
VERSION: Final = 1

_SERIES: Final = (
    "series_id", "service", "instance", "build", "kind", "first_at", "last_at", "profiles", "first_bytes", "last_bytes",
    "growth_bytes", "slope_bytes_per_s", "r2",
)  # fmt: skip
_SITE: Final = (
    "function", "package", "file", "line", "first_bytes", "last_bytes", "growth_bytes", "growth_share", "relative_error",
    "slope_bytes_per_s", "r2", "rising_share", "history", "attribution", "escape_kind", "expression", "reason",
    "candidates",
)  # fmt: skip
_STEP: Final = ("from", "to", "operation", "expression", "file", "line")
_CLASS: Final = ("attribution", "growth_bytes", "share")
_MODULE: Final = ("module", "version", "is_own", "growth_bytes", "growth_share")
_OWN: Final = ("function", "file", "line", "growth_bytes", "growth_share")

_Row = dict[str, Json]
_Groups = Mapping[object, list[_Row]]


def page(data: report.ReportData, *, site_limit: int | None = None) -> str:
    """The report as JSON.

    site_limit  sites of each series; None for all that grew or shrank
    """
    tables = {name: _by(objects(getattr(data, name)), "series_id") for name in ("growth", "coverage", "modules", "own")}
    flow = _by(objects(data.flow), "escape_site_id")
    sections = report.sections(data)
    told: _Row = {
        "report": "heap growth",
        "version": VERSION,
        "series": [
            _series(row, section, {name: of.get(row["series_id"], []) for name, of in tables.items()}, flow, site_limit)
            for row, section in zip(objects(data.series), sections, strict=True)
        ],
        "collectors": [_first(one) for one, _, _ in data.collectors],
        "memories": [_first(one) for one, _ in data.memories],
        "refused": [_only(row, ("uri", "reason")) for row in objects(data.refused)],
        "notes": [_only(row, ("kind", "severity", "count", "uri", "example")) for row in objects(data.notes)],
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _series(
    row: _Row, section: report.Section, own: Mapping[str, list[_Row]], flow: _Groups, site_limit: int | None
) -> Json:
    sites = sorted(own["growth"], key=lambda site: (-wording.number(site, "growth_bytes"), wording.place(site)))
    return {
        **_only(row, _SERIES),
        "name": wording.series_name(row),
        "verdict": "".join(text for text, _ in section.verdict),
        "sites": [_site(site, flow.get(site.get("escape_site_id"), [])) for site in sites[:site_limit]],
        "left_out_sites": 0 if site_limit is None else len(sites[site_limit:]),
        "explained": [_only(one, _CLASS) for one in own["coverage"]],
        "modules": [_only(one, _MODULE) for one in own["modules"]],
        "own_code": [_only(one, _OWN) for one in own["own"]],
    }


def _site(site: _Row, steps: Sequence[_Row]) -> Json:
    ordered = sorted(steps, key=lambda step: wording.number(step, "step"))
    return {**_only(site, _SITE), "flow": [_only(step, _STEP) for step in ordered]}


def _by(rows: Sequence[_Row], name: str) -> _Groups:
    grouped: dict[object, list[_Row]] = {}
    for row in rows:
        grouped.setdefault(row[name], []).append(row)
    return grouped


def _only(row: _Row, names: Sequence[str]) -> _Row:
    return {name: row.get(name) for name in names}


def _first(told: Result) -> Json:
    """What a view says of a process; the number of its source is the database's own affair."""
    return {name: value for name, value in objects(told)[0].items() if name != "source_id"}
