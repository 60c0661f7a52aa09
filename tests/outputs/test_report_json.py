"""The report for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.outputs import report_json
from tests.outputs.builder import result
from tests.outputs.report_data import ReportData, report_data, without_rows

MIB = 2**20


def told(data: ReportData | None = None, **more: int) -> Any:
    return json.loads(report_json.page(data or report_data(), **more))


def test_it_is_the_object_that_the_documentation_tells(golden: Callable[[str, str], None]) -> None:
    data = report_data()
    short = replace(data, series=data.series.first(1), own=data.own.first(2))

    golden("report.json", report_json.page(short, site_limit=1))


def test_every_site_is_there_unless_a_number_is_given() -> None:
    checkout, ledger = told()["series"]

    assert [site["growth_bytes"] for site in checkout["sites"]] == [75 * MIB, 20 * MIB, 5 * MIB]
    assert (len(ledger["sites"]), checkout["left_out_sites"]) == (1, 0)
    assert told(site_limit=1)["series"][0]["left_out_sites"] == 2


def test_steps_stand_in_order_with_the_site_they_explain() -> None:
    first, second, _ = told()["series"][0]["sites"]

    assert [(step["from"], step["to"]) for step in first["flow"]] == [("&entry", "e"), ("e", "{heap}")]
    assert second["flow"] == []


def test_what_is_no_number_is_null_and_times_are_iso_in_utc() -> None:
    ledger = told()["series"][1]

    assert (ledger["r2"], ledger["slope_bytes_per_s"]) == (None, None)
    assert ledger["first_at"] == "2026-11-22T23:00:00Z"


def test_a_process_is_told_as_its_view_tells_it_without_the_number_of_its_source() -> None:
    one = result("garbage collection", {"source": ["gctrace"], "source_id": [7], "cycles": [3]})

    found = told(replace(report_data(), collectors=[(one, one, one)]))

    assert found["collectors"] == [{"source": "gctrace", "cycles": 3}]


def test_without_anything_every_key_is_still_there() -> None:
    found = told(without_rows(report_data()))

    assert found == {
        "report": "heap growth",
        "version": 1,
        "series": [],
        "collectors": [],
        "memories": [],
        "refused": [],
        "notes": [],
    }
