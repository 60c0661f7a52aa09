"""The calls that Grafana makes, asked of a server over a small lake, as protobuf and as JSON."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import httpx
import pytest

from pipeline.generated import querier_pb2 as pb
from tests.server.pyroscope.conftest import START

INUSE = "memory:inuse_space:bytes:space:bytes"
ALLOCATED = "memory:alloc_space:bytes:space:bytes"
CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"


def ask(client: httpx.Client, call: str, **body: object) -> Any:
    answer = client.post(f"/querier.v1.QuerierService/{call}", json=body)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def select(kind: str, begin: int = 0, end: int = 2, selector: str = "{}") -> dict[str, object]:
    return {
        "profile_typeID": kind,
        "labelSelector": selector,
        "start": START + begin * 60_000,
        "end": str(START + end * 60_000),
    }


@pytest.mark.parametrize("within", [{}, {"start": 1000, "end": 4000}, {"start": START, "end": START}])
def test_profile_types_are_told_whatever_range_is_asked_for_live_heap_first(
    client: httpx.Client, within: dict[str, int]
) -> None:
    found = [one["ID"] for one in ask(client, "ProfileTypes", **within)["profileTypes"]]

    assert found[0] == INUSE
    assert {ALLOCATED, CPU} <= set(found)
    assert len(found) == 6


def test_labels_are_those_of_the_file_and_a_type_may_stand_where_the_name_of_a_metric_does(
    client: httpx.Client,
) -> None:
    assert {"instance", "service_name", "__profile_type__"} <= set(ask(client, "LabelNames")["names"])
    assert ask(client, "LabelValues", name="service_name", matchers=[CPU + "{}"]) == {"names": ["shop"]}
    assert ask(client, "LabelValues", name="instance", matchers=['{service_name!~"sho"}']) == {"names": ["a"]}
    assert ask(client, "LabelValues", name="instance", matchers=['{service_name=~"sho"}']) == {}
    series = ask(client, "Series", labelNames=["service_name", "__profile_type__"])["labelsSet"]
    assert len(series) == 6


@pytest.mark.parametrize(("kind", "values"), [(INUSE, [150, 300, 450]), (ALLOCATED, [1150, 1150]), (CPU, [30, 30, 30])])
def test_a_point_has_what_came_up_to_it_and_allocations_are_differences(
    client: httpx.Client, kind: str, values: list[int]
) -> None:
    (series,) = ask(client, "SelectSeries", **select(kind), step=60, groupBy=["service_name", "none"])["series"]

    assert series["labels"] == [{"name": "service_name", "value": "shop"}]
    assert [point["value"] for point in series["points"]] == values
    assert int(series["points"][-1]["timestamp"]) == START + 120_000


@pytest.mark.parametrize(("kind", "total"), [(INUSE, 450), (ALLOCATED, 2300), (CPU, 90)])
def test_a_range_has_the_last_of_a_state_and_the_sum_of_everything_else(
    client: httpx.Client, kind: str, total: int
) -> None:
    assert ask(client, "SelectMergeStacktraces", **select(kind))["flamegraph"]["total"] == str(total)


def test_bars_begin_behind_those_before_them_and_small_ones_are_merged(client: httpx.Client) -> None:
    message = pb.SelectMergeStacktracesRequest(
        profile_typeID=INUSE, label_selector="{}", start=START, end=START + 120_000, max_nodes=2
    )
    answer = client.post(
        "/querier.v1.QuerierService/SelectMergeStacktraces",
        content=gzip.compress(message.SerializeToString()),
        headers={"content-type": "application/proto", "content-encoding": "gzip"},
    )

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/proto")
    graph = pb.SelectMergeStacktracesResponse.FromString(answer.content).flamegraph
    assert list(graph.names) == ["total", "main.main", "app/store.(*Cache).Put", "other"]
    assert [list(level.values) for level in graph.levels] == [
        [0, 450, 0, 0],
        [0, 450, 0, 1],
        [0, 400, 400, 2, 0, 50, 50, 3],
    ]


def test_the_same_is_given_as_a_tree_and_as_a_profile(client: httpx.Client) -> None:
    tree = ask(client, "SelectMergeStacktraces", **select(INUSE), maxNodes=1, format="PROFILE_FORMAT_TREE")["tree"]
    found = ask(client, "SelectMergeStacktraces", **select(INUSE), format=4)["pprof"]["profile"]

    assert base64.b64decode(tree) == b"\0\0\1\x09main.main\0\1\x05other\xc2\3\0"
    assert found == ask(client, "SelectMergeProfile", **select(INUSE))
    assert sum(int(sample["value"][0]) for sample in found["sample"]) == 450


def test_where_nothing_is_there_is_one_empty_bar(client: httpx.Client) -> None:
    empty = {"names": ["total"], "levels": [{"values": ["0", "0", "0", "0"]}]}

    assert ask(client, "SelectMergeStacktraces", **select(INUSE, -5, -4)) == {"flamegraph": empty}
    assert ask(client, "SelectMergeSpanProfile", **select(CPU), spanSelector=["00000000000000ab"]) == {
        "flamegraph": empty
    }


def test_two_ranges_are_laid_over_each_other(client: httpx.Client) -> None:
    graph = ask(client, "Diff", left=select(INUSE, 0, 0), right=select(INUSE))["flamegraph"]

    assert (graph["leftTicks"], graph["rightTicks"]) == ("150", "450")
    assert graph["levels"][2]["values"][:7] == ["0", "100", "100", "0", "400", "400", "2"]


@pytest.mark.parametrize(
    ("call", "body", "code"),
    [
        ("SelectMergeStacktraces", select("memory:nothing"), "invalid_argument"),
        ("SelectMergeStacktraces", select(INUSE, selector='{a=~"("}'), "invalid_argument"),
        ("SelectMergeStacktraces", select(INUSE, 2, 1), "invalid_argument"),
        ("SelectMergeStacktraces", {**select(INUSE), "maxNodes": -1}, "invalid_argument"),
        ("SelectMergeStacktraces", {**select(INUSE), "format": "PROFILE_FORMAT_DOT"}, "unimplemented"),
        ("SelectMergeStacktraces", {**select(INUSE), "async": {}}, "unimplemented"),
        ("SelectMergeProfile", select("memory:nothing"), "invalid_argument"),
        ("SelectMergeProfile", {**select(INUSE), "maxNodes": -1}, "invalid_argument"),
        ("SelectSeries", select(INUSE), "invalid_argument"),
        ("LabelValues", {}, "invalid_argument"),
        ("SelectHeatmap", {}, "unimplemented"),
    ],
)
def test_what_cannot_be_answered_is_an_error_with_code_and_sentence(
    client: httpx.Client, call: str, body: dict[str, object], code: str
) -> None:
    answer = ask(client, call, **body)

    assert (answer["code"], bool(answer["message"])) == (code, True)


def test_wrong_methods_types_and_bytes_are_refused(client: httpx.Client) -> None:
    url = "/querier.v1.QuerierService/ProfileTypes"

    assert client.get(url).status_code == 405
    assert client.post(url, content="x", headers={"content-type": "text/plain"}).headers["accept-post"]
    for body in (b"\xff", b"\x0a\xff"):
        refused = client.post(url, content=body, headers={"content-type": "application/proto"})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")


def test_profiles_drilldown_learns_that_there_is_data(client: httpx.Client) -> None:
    assert ask(client, "GetProfileStats") == {
        "dataIngested": True,
        "oldestProfileTime": str(START),
        "newestProfileTime": str(START + 120_000),
    }
    assert client.post("/settings.v1.SettingsService/Get", json={}).json() == {}
