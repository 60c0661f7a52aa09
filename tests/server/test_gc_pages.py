"""The page on the collector and on memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from pipeline.outputs.units import readable
from tests.server.conftest import served
from tests.server.test_pages import text


@pytest.fixture(scope="module")
def told(every_kind: Path) -> Iterator[httpx.Client]:
    with served(every_kind) as asking:
        yield asking


def _charts(page: str) -> dict[str, dict[str, object]]:
    found = re.findall(r'<script type="application/json" id="(\w+)-data">(.*?)</script>', page)
    return {name: json.loads(unescape(figure)) for name, figure in found}


def _key(row: dict[str, object]) -> str:
    return ":".join("" if row[name] is None else str(row[name]) for name in ("source", "source_id", "process"))


def test_it_says_what_the_commands_say_of_every_process(told: httpx.Client) -> None:
    every = re.findall(r'<option value="(\w+:\d+:[^"]*)"', told.get("/gc").text.split('name="memory"')[0])
    cycles = {_key(row): row["cycles"] for row in told.get("/data/gc.summary.json").json()}

    assert set(every) == set(cycles)
    for process in every:
        assert f"{cycles[process]:,} GC cycle" in text(told.get("/gc", params={"process": process}).text)


def test_charts_have_the_rows_of_the_views(told: httpx.Client) -> None:
    row = told.get("/data/gc.summary.json?source=gctrace").json()[0]
    chosen = {name: row[name] for name in ("source", "source_id", "process")}

    drawn = _charts(told.get("/gc", params={"process": _key(row)}).text)

    cycles = told.get("/data/gc.trigger.json", params={**chosen, "order": "cycle"}).json()
    pauses = told.get("/data/gc.pause.json", params={**chosen, "order": "pause_index"}).json()
    assert drawn["heap"]["series"] == [
        ["heap at the start", [cycle["heap_bytes"] for cycle in cycles]],
        ["goal", [cycle["goal_bytes"] for cycle in cycles]],
    ]
    assert drawn["pauses"]["series"] == [["pause", [pause["pause_ns"] for pause in pauses]]]


def test_the_moments_of_all_files_of_a_process_are_drawn(told: httpx.Client) -> None:
    rows = told.get("/data/mem.summary.json").json()

    assert {(row["files"], row["moments"]) for row in rows} == {(2, 2)}
    for row in rows:
        chart = _charts(told.get("/gc", params={"memory": _key(row)}).text)["memory"]
        assert {len(values) for _, values in chart["series"]} == {row["moments"]}


def test_size_classes_are_those_of_the_view_and_the_darkest_cell_has_most(told: httpx.Client) -> None:
    drawn = 0
    for row in told.get("/data/mem.summary.json").json():
        cells = told.get("/data/alloc.span_heatmap.json", params={"source_id": row["source_id"]}).json()
        page = told.get("/gc", params={"memory": _key(row)}).text
        shown = re.findall(r'<td title="([^"]*)"><i style="opacity:([0-9.]+)">', page)
        positions, classes = ({cell[name] for cell in cells} for name in ("position", "size_class"))

        assert len(shown) == len(positions) * len(classes)
        if cells:
            drawn += 1
            most = max(cell["span_bytes"] for cell in cells)
            assert {float(share) for _, share in shown} >= {1.0}
            assert next(share for said, share in shown if said == readable(float(most), unit="bytes")) == "1.00"
    assert drawn > 0


def test_the_pacer_has_a_chart(told: httpx.Client) -> None:
    row = told.get("/data/gc.summary.json?source=gctrace").json()[0]

    drawn = _charts(told.get("/gc", params={"process": _key(row)}).text)["pacer"]

    chosen = {name: row[name] for name in ("source_id", "process")}
    paced = told.get("/data/gc.pacer.json", params={**chosen, "order": "cycle_index"}).json()
    assert dict(drawn["series"])["goal"] == [cycle["goal_bytes"] for cycle in paced]


def test_of_many_processes_some_are_listed_and_a_service_leaves_its_own(
    told: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = told.get("/data/gc.summary.json").json()
    monkeypatch.setattr("pipeline.server.gc_pages._LISTED", 0)

    # Addresses that no test before has asked for.
    page = told.get("/gc", params={"new": 1}).text
    last = told.get("/gc", params={"process": _key(every[-1]), "new": 1}).text

    assert "more. Choose a service" in text(page)
    assert f'<option value="{_key(every[-1])}" selected>' in last
    for service in {row["service"] for row in every if row["service"]}:
        own = told.get("/gc", params={"service": service, "new": 1})
        assert own.status_code == 200


def test_a_process_that_is_not_there_is_said(told: httpx.Client) -> None:
    refused = told.get("/gc", params={"process": "gctrace:9999:0"}, headers={"accept": "text/html"})

    assert refused.status_code == 400
    assert "process=gctrace:9999:0: not among the" in text(refused.text)
