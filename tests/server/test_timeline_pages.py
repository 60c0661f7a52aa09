"""The timeline's page, tiles, windows and moments, against the tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.warehouse.timeline import PIXELS
from tests.outputs.test_timeline import unpacked
from tests.server.conftest import served
from tests.server.test_pages import text

TIMES = ("running_ns", "runnable_ns", "syscall_ns", "waiting_ns")


@pytest.fixture(scope="module")
def traced(traces: Path) -> Iterator[httpx.Client]:
    with served(traces) as asking:
        yield asking


def told(page: httpx.Response) -> dict[str, Any]:
    (found,) = re.findall(r'id="timeline-data">(.*?)</script>', page.text)
    return json.loads(found)


def window(client: httpx.Client, **asked: object) -> Any:
    return client.get("/timeline/window.json", params={"trace": 1, **asked}).json()


def test_all_of_a_trace_is_what_the_view_of_goroutines_says(traced: httpx.Client) -> None:
    rows = traced.get("/data/sched.goroutine.json?trace_id=1&order=goroutine").json()

    found = window(traced, order="number")

    assert [one["lane"] for one in found["lanes"]] == [
        f"{row['goroutine']} {row['function'] or ''}".strip() for row in rows
    ]
    assert [[one[name] for name in TIMES] for one in found["lanes"]] == [[row[name] for name in TIMES] for row in rows]
    procs = traced.get("/data/sched.proc.json?trace_id=1&order=proc").json()
    assert [(one["executing_ns"], one["idle_ns"]) for one in found["procs"]] == [
        (row["executing_ns"], row["idle_ns"]) for row in procs
    ]


def test_two_windows_beside_each_other_make_one(traced: httpx.Client) -> None:
    first, second, both = (
        window(traced, **{"from": since, "to": until})["lanes"]
        for since, until in ((1, 7_654_321), (7_654_321, 20_000_000), (1, 20_000_000))
    )

    assert [[one[name] + other[name] for name in TIMES] for one, other in zip(first, second, strict=True)] == [
        [one[name] for name in TIMES] for one in both
    ]


def test_a_tile_has_shares_of_what_the_window_has(traced: httpx.Client) -> None:
    level, index = 14, 1
    tile = unpacked(traced.get("/timeline/tile", params={"trace": 1, "level": level, "index": index}).content)
    pixel = 77
    begin = (index * PIXELS + pixel) << level
    own = window(traced, **{"from": begin, "to": begin + (1 << level)})["lanes"]

    shares = tile["lanes"].reshape(len(own), PIXELS, 4)[:, pixel]

    assert shares.any()
    for share, times in zip(shares, own, strict=True):
        assert share.tolist() == pytest.approx([255 * times[name] / (1 << level) for name in TIMES], abs=1)


def test_the_page_has_the_table_of_the_window_that_its_address_names(traced: httpx.Client) -> None:
    page = traced.get("/timeline?trace=1&from=1000000&to=9000000")

    assert (told(page)["since"], told(page)["until"]) == (1_000_000, 9_000_000)
    (busiest, *_) = window(traced, **{"from": 1_000_000, "to": 9_000_000})["lanes"]
    row = re.findall(r"<tr>.*?</tr>", page.text[page.text.index('scope="col">lane') :], re.DOTALL)[0]
    assert busiest["lane"] in text(row)
    assert told(page)["lanes"][0] == busiest["lane"]


@pytest.mark.parametrize("order", ["busy", "long", "number", "here"])
def test_lanes_come_in_the_order_that_is_asked_for(traced: httpx.Client, order: str) -> None:
    since, until = 12_000_000, 14_000_000
    page = told(traced.get("/timeline", params={"trace": 1, "order": order, "from": since, "to": until}))
    rows = {row["goroutine"]: row for row in traced.get("/data/sched.goroutine.json?trace_id=1").json()}
    here = window(traced, order="number", **{"from": since, "to": until})["lanes"]
    by_lane = {int(one["lane"].split()[0]): one for one in here}
    weights = {
        "busy": lambda one: (-(rows[one]["total_ns"] - rows[one]["waiting_ns"]), one),
        "long": lambda one: (-rows[one]["total_ns"], one),
        "number": lambda one: one,
        "here": lambda one: (-sum(by_lane[one][name] for name in TIMES[:3]), one),
    }

    assert page["ids"] == sorted(rows, key=weights[order])
    # Tiles are of the same lanes in the same order, wherever they are.
    tile = unpacked(traced.get(f"/timeline/tile?{page['address']}&level=15&index=0").content)
    ran = tile["lanes"].reshape(-1, PIXELS, 4)[:, 12_500_000 >> 15, 0]
    one = window(traced, order="number", **{"from": (12_500_000 >> 15) << 15, "to": (12_500_000 >> 15) + 1 << 15})
    running = {int(lane["lane"].split()[0]) for lane in one["lanes"] if lane["running_ns"]}
    assert {page["ids"][place] for place in ran.nonzero()[0]} == running
    assert running


def test_goroutines_of_one_function_are_a_choice_and_functions_are_lanes(traced: httpx.Client) -> None:
    shippers = told(traced.get("/timeline?trace=1&function=main.shipper"))
    groups = traced.get("/data/sched.goroutine_group.json?trace_id=1").json()

    assert shippers["lanes"] == [f"{one} main.shipper" for one in shippers["ids"]]
    assert len(shippers["lanes"]) == next(row["goroutines"] for row in groups if row["function"] == "main.shipper")
    functions = {one["lane"]: one for one in window(traced, show="functions")["lanes"]}
    for row in groups:
        own = functions[row["function"] or "(unknown)"]
        assert [own[name] for name in TIMES] == [row[name] for name in TIMES]


def test_a_trace_is_called_as_its_process_is(traced: httpx.Client) -> None:
    assert "tracer · build go1.27-trim · allocations.trace" in text(traced.get("/timeline").text)


def test_lanes_beyond_a_page_are_on_the_next(traced: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.server.timeline_pages._LANES", 10)
    first, second, beyond = (told(traced.get(f"/timeline?trace=1&page={page}")) for page in (0, 1, 99))

    assert len(first["ids"]) == 10
    assert not set(first["ids"]) & set(second["ids"])
    assert beyond["ids"] == []
    assert "11 to 20" in traced.get("/timeline?trace=1").text


def test_a_moment_tells_what_a_goroutine_did_and_who_woke_it(traced: httpx.Client) -> None:
    start = traced.get("/data/trace.json?trace_id=1").json()[0]["start_ns"]
    rows = traced.get("/data/goroutine_transition.json?trace_id=1&order=time_ns").json()
    woken = next(
        row
        for row in rows
        if row["from_state"] == "waiting" and row["by_goroutine"] and row["by_stack_id"] and row["from_stack_id"]
    )
    moment = woken["time_ns"] - woken["duration_ns"] // 2 - start

    (found,) = traced.get(
        "/timeline/stay.json", params={"trace": 1, "goroutine": woken["goroutine"], "time": moment}
    ).json()

    assert (found["state"], found["reason"]) == ("waiting", woken["from_reason"])
    assert (found["end_ns"], found["end_ns"] - found["start_ns"]) == (woken["time_ns"] - start, woken["duration_ns"])
    assert found["ended_by"] == woken["by_goroutine"]
    for name, stack in (("stack", woken["from_stack_id"]), ("ended_by_stack", woken["by_stack_id"])):
        frames = traced.get(f"/data/stack.frames.json?stack_id={stack}&order=position").json()
        assert [frame["function"] for frame in found[name]] == [frame["function"] for frame in frames]


def test_a_moment_of_a_proc_tells_of_the_goroutine_that_ran(traced: httpx.Client) -> None:
    start = traced.get("/data/trace.json?trace_id=1").json()[0]["start_ns"]
    rows = traced.get("/data/goroutine_transition.json?trace_id=1&from_state=running&order=time_ns").json()
    for row in [one for one in rows if one["duration_ns"]][::17]:
        moment = row["time_ns"] - row["duration_ns"] - start

        (found,) = traced.get("/timeline/stay.json", params={"trace": 1, "proc": row["proc"], "time": moment}).json()

        assert (found["goroutine"], found["state"], found["proc"]) == (row["goroutine"], "running", row["proc"])
        assert found["end_ns"] == row["time_ns"] - start
        assert traced.get("/timeline/stay.json", params={"trace": 1, "proc": 99, "time": moment}).json() == []


def test_every_moment_of_every_goroutine_is_told_as_the_tables_have_it(traced: httpx.Client) -> None:
    moment = 11_111_111
    lanes = window(traced, order="number", **{"from": moment, "to": moment + 1})["lanes"]
    for lane in lanes:
        states = [name.removesuffix("_ns") for name in TIMES if lane[name]]

        found = traced.get(
            "/timeline/stay.json", params={"trace": 1, "goroutine": lane["lane"].split()[0], "time": moment}
        ).json()

        assert [one["state"] for one in found] == states
        assert all(one["start_ns"] <= moment < one["end_ns"] for one in found)


def test_a_flame_graph_of_a_goroutine_has_its_time(traced: httpx.Client) -> None:
    rows = traced.get("/data/goroutine_transition.json?trace_id=1&from_state=waiting").json()
    one = max(rows, key=lambda row: row["duration_ns"] or 0)["goroutine"]
    page = traced.get(f"/timeline/flame?trace=1&goroutine={one}")

    assert f"Stacks of goroutine {one}" in text(page.text)
    assert 'class="flame"' in page.text
    assert "was not syscall from beginning to end" in text(
        traced.get("/timeline/flame?trace=1&goroutine=999999&state=syscall").text
    )


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/timeline?trace=77", "trace=77: there is no such trace"),
        ("/timeline/tile?trace=77&level=9&index=0", "trace=77: there is no such trace"),
        ("/timeline/window.json?trace=%27", "there is no such trace"),
        ("/timeline?show=all", "show=all: expected goroutines, functions"),
        ("/timeline?order=x", "order=x: expected busy"),
        ("/timeline?function=main.nobody", "no goroutine of the trace was started with it"),
        ("/timeline?from=-1", "from=-1: not a number from 0 to"),
        ("/timeline?to=99999999999999999999", "not a number from 0 to"),
        ("/timeline?page=%C2%B2", "not a number"),
        ("/timeline/tile?level=2&index=0", "level=2: not a number from 3 to 44"),
        ("/timeline/tile?level=44&index=1", "index=1: not a number from 0 to 0"),
        ("/timeline/tile?level=20&index=0&order=here&ranked=x-y", "from=x: not a number"),
        ("/timeline/stay.json?goroutine=x&time=0", "goroutine=x: not a number"),
        ("/timeline/flame?state=asleep", "state=asleep: expected running"),
    ],
)
def test_what_cannot_be_shown_is_said(traced: httpx.Client, address: str, said: str) -> None:
    refused = traced.get(address)

    assert refused.status_code == 400
    assert said in refused.text


def test_where_there_is_no_trace_that_is_said(client: httpx.Client) -> None:
    assert "There is no execution trace here" in text(client.get("/timeline").text)
    assert client.get("/timeline/tile?level=9&index=0").status_code == 400


def test_a_window_is_as_much_of_what_is_asked_for_as_lies_in_the_trace(traced: httpx.Client) -> None:
    every = window(traced)
    longest = every["to"]

    assert window(traced, **{"from": 500, "to": 400}) == every
    assert window(traced, **{"from": longest + 5, "to": longest + 9}) == every
    assert window(traced, **{"from": 1000, "to": 10 * longest}) == window(traced, **{"from": 1000, "to": longest})


def test_names_that_would_be_markup_are_text(traced: httpx.Client) -> None:
    refused = traced.get("/timeline?function=<script>alert(1)</script>", headers={"accept": "text/html"})

    assert "<script>alert" not in refused.text
    assert "<script>alert(1)" in unescape(refused.text)
