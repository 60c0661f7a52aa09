"""The addresses that Profiles Drilldown asks by GET."""

from __future__ import annotations

import httpx
import pytest

from tests.server.pyroscope.conftest import START

INUSE = "memory:inuse_space:bytes:space:bytes"
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
END = START + 120_000


def test_a_flame_graph_comes_with_its_figures_over_time(client: httpx.Client) -> None:
    asked = {"query": CPU + '{service_name="shop"}', "from": START, "until": END, "format": "json", "max-nodes": 100}
    told = client.get("/pyroscope/render", params=asked).json()

    assert told["version"] == 1
    assert told["flamebearer"] == {
        "names": ["total", "main.main", "main.f", "main.g"],
        "levels": [[0, 90, 0, 0], [0, 90, 0, 1], [0, 30, 30, 2, 0, 60, 60, 3]],
        "numTicks": 90,
        "maxSelf": 60,
    }
    assert told["timeline"] == {
        "startTime": START // 1000,
        "samples": [30, 0, 0, 0, 30, 0, 0, 0, 30],
        "durationDelta": 15,
        "watermarks": None,
    }
    assert (told["groups"], told["heatmap"]) == (None, None)


def test_figures_are_grouped_by_a_label(client: httpx.Client) -> None:
    asked = {"query": INUSE + "{}", "from": START, "until": END, "groupBy": "instance", "aggregation": "avg"}
    told = client.get("/pyroscope/render", params=asked).json()

    assert list(told["groups"]) == ["a"]
    assert told["groups"]["a"]["samples"] == told["timeline"]["samples"] == [150, 0, 0, 0, 300, 0, 0, 0, 450]


def test_a_long_range_has_as_many_points_as_a_screen_shows(client: httpx.Client) -> None:
    asked = {"query": INUSE + "{}", "from": START - 10**9, "until": END + 700_000}
    timeline = client.get("/pyroscope/render", params=asked).json()["timeline"]

    assert (timeline["durationDelta"], len(timeline["samples"])) == (668, 1499)
    assert max(timeline["samples"]) == 450


def test_where_nothing_is_there_is_a_graph_of_nothing(client: httpx.Client) -> None:
    told = client.get("/pyroscope/render", params={"query": INUSE + "{}", "from": 5_000, "until": 20_000}).json()

    assert told["flamebearer"]["levels"] == [[0, 0, 0, 0]]
    assert set(told["timeline"]["samples"]) == {0}


def test_two_ranges_are_laid_over_each_other(client: httpx.Client) -> None:
    asked = {
        "leftQuery": INUSE + "{}",
        "leftFrom": START,
        "leftUntil": START,
        "rightQuery": INUSE + "{}",
        "rightFrom": START,
        "rightUntil": END,
        "maxNodes": 50,
    }
    told = client.get("/pyroscope/render-diff", params=asked).json()

    assert (told["leftTicks"], told["rightTicks"], told["metadata"]["format"]) == (150, 450, "double")
    assert told["flamebearer"]["levels"][2][:7] == [0, 100, 100, 0, 400, 400, 2]


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("render", {"query": INUSE + "{}", "from": END, "until": START}, 400),
        ("render", {"query": INUSE + "{}", "from": "x", "until": START}, 400),
        ("render", {"query": "{}", "from": START, "until": END}, 400),
        ("render", {"query": INUSE + "{}", "from": START, "until": END, "max-nodes": "-1"}, 400),
        ("render", {"query": INUSE + "{}", "from": START, "until": END, "format": "dot"}, 501),
        ("render", {}, 400),
        ("render-diff", {"leftQuery": INUSE, "rightQuery": CPU}, 400),
    ],
)
def test_what_cannot_be_answered_is_an_error_with_code_and_sentence(
    client: httpx.Client, path: str, asked: dict[str, str], status: int
) -> None:
    answer = client.get(f"/pyroscope/{path}", params=asked)

    assert (answer.status_code, set(answer.json())) == (status, {"code", "message"})
