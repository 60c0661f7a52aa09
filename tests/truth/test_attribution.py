"""Attribution against what the fixture programs know of themselves.

Each program in tests/fixtures/programs counts the objects it keeps at every site; truth.json says what grew
by how many bytes, and which record of the compiler's report explains it. At a sampling rate of 1 the figures
must agree to the byte, in every spelling of the report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits

FILES = Path(__file__).parents[1] / "fixtures" / "files"
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
TRUTHS = sorted(FILES.glob("*/service=*/build=*/rate=*/truth.json"))
BUILDS = sorted({truth.parents[1] for truth in TRUTHS})
SPELLINGS = ("m", "m2", "json")
CASES = [(truth, spelling) for spelling in SPELLINGS for truth in TRUTHS]

TEXTS = """
SELECT MAP(list(escape_site_id), list(expression)) AS text_of
FROM (SELECT DISTINCT escape_site_id, expression FROM escape.site WHERE is_on_heap)
"""
SITES = """
SELECT series_id, function, file, line, inner_function, inner_file, inner_line, attribution, expression, reason,
  caller_function, caller_line,
  first_bytes, last_bytes, growth_bytes, relative_error,
  list_transform(candidates, lambda one: texts.text_of[one]) AS candidates
FROM attribution.growth_by_site
CROSS JOIN ({texts}) AS texts
SEMI JOIN ({series}) USING (series_id)
"""
SERIES = """
SELECT series_id, growth_bytes, first_at FROM heap.series
WHERE service = '{service}' AND build = '{build}' AND labels['rate'] = '{rate}'
"""
COVERAGE = """
SELECT series_id, SUM(growth_bytes)::BIGINT AS growth_bytes
FROM attribution.coverage
SEMI JOIN ({series}) USING (series_id)
GROUP BY series_id
"""
# Several sites of one line differ in nothing but the address of their leaf.
ADDRESSES = """
WITH growth AS (
  SELECT
    series.series_id,
    sample.stack_id,
    SUM(CASE WHEN profile_id = series.last_profile_id THEN sample.value ELSE -sample.value END)::BIGINT AS growth_bytes
  FROM heap.series AS series
  JOIN main.sample_value AS sample ON sample.profile_id IN (series.first_profile_id, series.last_profile_id)
  WHERE sample.sample_type = 'inuse_space'
  GROUP BY series.series_id, sample.stack_id
)
SELECT
  sites.series_id, location.address, sites.attribution, sites.expression, sites.reason, sites.relative_error,
  coalesce(growth.growth_bytes, 0) AS growth_bytes,
  list_transform(sites.candidates, lambda one: texts.text_of[one]) AS candidates
FROM attribution._allocation AS allocations
JOIN attribution.growth_by_site AS sites USING (series_id, site_index)
JOIN stack USING (stack_id)
JOIN location ON location.location_id = stack.location_ids[1]
LEFT JOIN growth USING (series_id, stack_id)
CROSS JOIN ({texts}) AS texts
SEMI JOIN ({series}) AS chosen USING (series_id)
"""


def _labels(truth: Path) -> dict[str, str]:
    return dict(part.split("=", 1) for part in truth.parts if "=" in part)


def _name(case: tuple[Path, str]) -> str:
    truth, spelling = case
    return "-".join([*_labels(truth).values(), spelling])


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The profiles of every program and build in one database, with their reports in one spelling."""

    @cache
    def database(spelling: str) -> Path:
        folder = tmp_path_factory.mktemp(f"truth-{spelling}")
        inputs = [truth.parent for truth in TRUTHS] + [build / f"report={spelling}" for build in BUILDS]
        flow.ingest([str(path) for path in inputs], str(folder / "lake"), labels={}, limits=LIMITS)
        flow.load(str(folder / "lake"), str(folder / "truth.duckdb"))
        return folder / "truth.duckdb"

    return database


# One worker makes each database, and each case is asked once, whatever it is held against.
@pytest.fixture(
    scope="module",
    params=[pytest.param(case, id=_name(case), marks=pytest.mark.xdist_group(f"truth-{case[1]}")) for case in CASES],
)
def case(request: pytest.FixtureRequest, databases: Callable[[str], Path]) -> dict[str, Any]:
    path, spelling = request.param
    truth = json.loads(path.read_text())
    if spelling == "json":
        truth["sites"] = {name: site | site.get("json", {}) for name, site in truth["sites"].items()}
    series = SERIES.format(**_labels(path))
    with flow.open_warehouse(str(databases(spelling))) as connection:

        def rows(query: str) -> list[dict[str, Any]]:
            return connection.sql(query).to_arrow_table().to_pylist()

        return {
            "truth": truth,
            "rows": rows(SITES.format(series=series, texts=TEXTS)),
            "series": rows(f"{series} ORDER BY first_at"),
            "leaves": rows(ADDRESSES.format(series=series, texts=TEXTS)),
            "coverage": rows(COVERAGE.format(series=series)),
        }


def _is_at(row: Mapping[str, Any], location: list[Mapping[str, Any]]) -> bool:
    inner, outer = location[0], location[-1]
    if (row["function"], row["line"]) != (outer["function"], outer["line"]) or not row["file"].endswith(outer["file"]):
        return False
    if len(location) == 1:
        return row["inner_function"] is None
    return (row["inner_function"], row["inner_line"]) == (inner["function"], inner["line"])


def _calls_from(row: Mapping[str, Any], location: list[Mapping[str, Any]]) -> bool:
    return (row["caller_function"], row["caller_line"]) == (location[-1]["function"], location[-1]["line"])


def _rows_of(case: Mapping[str, Any], name: str, series: int) -> list[dict[str, Any]]:
    site, series_id = case["truth"]["sites"][name], case["series"][series]["series_id"]
    if "calls" in site:
        addresses = {int(address, 16) for address in site["calls"]}
        return [row for row in case["leaves"] if row["series_id"] == series_id and row["address"] in addresses]
    # Allocated in a package without a report: the program knows the line that it calls from.
    matches = _calls_from if site["class"] == "caller" else _is_at
    return [
        row
        for row in case["rows"]
        if row["series_id"] == series_id and any(matches(row, location) for location in site["locations"])
    ]


def _shares_location(sites: Mapping[str, Any], name: str) -> bool:
    """Whether another site of the program allocates at the same lines, so that only their sum can be checked."""
    if "calls" in sites[name]:
        return False
    mine = sites[name]["locations"]
    return any(other != name and location in site["locations"] for other, site in sites.items() for location in mine)


def test_there_are_cases_of_every_spelling_and_of_trimmed_and_plain_builds() -> None:
    names = [_name(case) for case in CASES]

    assert {name.rpartition("-")[2] for name in names} == {"m", "m2", "json"}
    assert any("-trim-" in name for name in names)
    assert any("-trim-" not in name for name in names)


def test_every_site_grew_by_what_the_program_counted(case: dict[str, Any]) -> None:
    sites = case["truth"]["sites"]
    # The stated error is a 95 % interval: one site in twenty may lie outside, and none far.
    widths = 1.0 if case["truth"]["rate"] == 1 else 2.0
    wrong = {}
    for index, series in enumerate(case["truth"]["series"]):
        for name, grown in series["growth"].items():
            if _shares_location(sites, name) or not sites[name]["locations"]:
                continue
            rows = _rows_of(case, name, index)
            found = sum(row["growth_bytes"] for row in rows)
            error = widths * sum((row["relative_error"] or 0) * abs(row["growth_bytes"]) for row in rows)
            if grown.get("at_least"):
                fits = found >= grown["bytes"] - error
            else:
                fits = abs(found - grown["bytes"]) <= error
            if not fits:
                wrong[name] = (found, grown, error)

    assert wrong == {}


def test_every_site_has_the_class_and_the_record_that_explain_it(case: dict[str, Any]) -> None:
    wrong = {}
    for name, site in case["truth"]["sites"].items():
        messages = site["message"] if isinstance(site["message"], list) else [site["message"]]
        accepted = {site["class"], *site.get("accept", ())}
        for index in range(len(case["series"])):
            for row in _rows_of(case, name, index):
                if row["attribution"] not in accepted:
                    wrong[name] = (row["attribution"], accepted, row["reason"])
                elif (
                    row["attribution"] == "escape"
                    and site["message"]
                    and not any(row["expression"] in m for m in messages)
                ):
                    wrong[name] = (row["expression"], messages)
                elif (
                    row["attribution"] == "ambiguous"
                    and site["message"]
                    and not _shares_location(case["truth"]["sites"], name)
                    and not any(one in m for one in row["candidates"] for m in messages)
                ):
                    wrong[name] = (row["candidates"], messages)

    assert wrong == {}


def test_the_classes_add_up_to_the_growth_of_the_total(case: dict[str, Any]) -> None:
    growth = {row["series_id"]: row["growth_bytes"] for row in case["series"]}
    totals = [
        series["total_bytes"][series["profiles"][-1]] - series["total_bytes"][series["profiles"][0]]
        for series in case["truth"]["series"]
    ]

    assert {row["series_id"]: row["growth_bytes"] for row in case["coverage"]} == growth
    assert [row["growth_bytes"] for row in case["series"]] == totals
