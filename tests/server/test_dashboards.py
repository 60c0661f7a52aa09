"""Dashboards: what every panel asks is asked here, of DuckDB and of the calls that Grafana makes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline import flow
from pipeline.resources import dashboards
from pipeline.warehouse.connect import open_readonly
from tests.builders.profile import profile
from tests.cli.seat import EVERY_KIND, FILES, TRACES, heapscape
from tests.conftest import Once
from tests.server.conftest import served
from tests.warehouse.builder import LIMITS

FOUND = {path.stem: json.loads(path.read_text()) for path in dashboards()}
SQL = [name for name in FOUND if name.endswith("-duckdb")]
PYROSCOPE = [name for name in FOUND if name.endswith("-pyroscope")]
# What the panels can show: numbers and text, no HUGEINT, no lists.
PLAIN = {"BIGINT", "INTEGER", "DOUBLE", "VARCHAR", "BOOLEAN", "TIMESTAMP"}
START = 1_767_225_600_000
HEAP = ("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes")


def queries(name: str) -> dict[str, str]:
    """The SQL of every panel and variable, by its title."""
    board = FOUND[name]
    asked = {one["title"]: target["rawSql"] for one in board["panels"] for target in one["targets"]}
    return asked | {one["name"]: one["query"] for one in board["templating"]["list"] if one["type"] == "query"}


def filled(query: str, services: str) -> str:
    """What the plugin makes of its macro and of the variable; one of many values is a list in quotes."""
    within = r"\1 >= '2000-01-01T00:00:00Z' AND \1 <= '2100-01-01T00:00:00Z'"
    return re.sub(r"\$__timeFilter\(([^)]*)\)", within, query).replace("$service", services)


@pytest.fixture(scope="module")
def everything(once: Once) -> Path:
    """A database with profiles, traces and logs of many a service."""

    def make(folder: Path) -> None:
        given = (*(FILES / name for name in ("checkout", "collector", "memory", "leaks")), EVERY_KIND, TRACES)
        heapscape("ingest", *given, "--lake", folder / "lake", "--label", "memory_limit=1GiB")
        assert heapscape("load", "--lake", folder / "lake", "--db", folder / "all.duckdb").code == 0

    return once("dashboards", make) / "all.duckdb"


def test_there_is_one_of_each_for_either_source() -> None:
    subjects = {"growth", "gc", "scheduling"}

    assert set(FOUND) == {f"{subject}-{source}" for subject in subjects for source in ("duckdb", "pyroscope")}


@pytest.mark.parametrize("name", FOUND)
def test_each_is_whole_and_names_its_source_once(name: str) -> None:
    board = FOUND[name]
    kinds = {target["datasource"]["type"] for one in board["panels"] for target in (*one["targets"], one)}

    assert board["uid"] == f"heapscape-{name}"
    assert kinds == {board["templating"]["list"][0]["query"]}
    assert len({one["id"] for one in board["panels"]}) == len(board["panels"])
    assert all(one["description"] for one in board["panels"])
    places = sorted(cell for one in board["panels"] for cell in cells(one["gridPos"]))
    assert len(places) == len(set(places))
    assert all(x < 24 for x, _ in places)


def cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(place["x"], place["x"] + place["w"]):
        yield from ((x, y) for y in range(place["y"], place["y"] + place["h"]))


@pytest.mark.parametrize("name", SQL)
def test_every_query_finds_rows_that_its_panel_can_show(name: str, everything: Path) -> None:
    with open_readonly(str(everything)) as connection:
        services = connection.execute("SELECT DISTINCT coalesce(service, '') FROM profile").fetchall()
        quoted = ",".join(f"'{service}'" for (service,) in services)
        for title, query in queries(name).items():
            rows = connection.sql(filled(query, quoted))
            kinds = {str(kind) for kind in rows.types}
            assert kinds <= PLAIN, f"{title}: {kinds}"
            assert rows.fetchall(), title


@pytest.mark.parametrize("name", SQL)
def test_every_query_runs_where_its_service_is_not_there(name: str, demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        for title, query in queries(name).items():
            for service in ("'checkout'", "'it''s none'"):
                assert connection.sql(filled(query, service)).fetchall() is not None, title


@pytest.mark.parametrize("name", SQL)
def test_panels_have_the_columns_that_their_kind_wants(name: str, demo: Path) -> None:
    wanted = {"flamegraph": {"level", "value", "self", "label"}, "timeseries": {"time", "series"}, "table": set[str]()}
    with open_readonly(str(demo)) as connection:
        for panel in FOUND[name]["panels"]:
            columns = connection.sql(filled(panel["targets"][0]["rawSql"], "'checkout'")).columns
            assert wanted[panel["type"]] <= set(columns), panel["title"]


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with two of every kind of profile that a panel asks for."""
    folder = tmp_path_factory.mktemp("dashboards")
    contention = ("contentions/count", "delay/nanoseconds")
    for minute in (0, 1):
        at: dict[str, Any] = {"time_ns": (START + minute * 60_000) * 1_000_000}
        value = 10 + minute
        made = {
            "heap": profile(f"f {value} {value} {value} {value}", types=HEAP, period_type="space/bytes", **at),
            "cpu": profile(
                f"f {value} {value}", types=("samples/count", "cpu/nanoseconds"), period_type="cpu/nanoseconds", **at
            ),
            "goroutine": profile(f"f {value}", types=("goroutine/count",), period_type="goroutine/count", **at),
            "block": profile(f"f {value} {value}", types=contention, period_type="contentions/count", **at),
            "mutex": profile(
                f"sync.(*Mutex).Unlock {value} {value}", types=contention, period_type="contentions/count", **at
            ),
        }
        for kind, content in made.items():
            (folder / f"{kind}-{minute}.pb").write_bytes(content)
    trace = TRACES / "plain.trace"
    flow.ingest([str(folder), str(trace)], str(folder / "lake"), labels={"service": "shop"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "g.duckdb"))
    with served(folder / "g.duckdb") as asking:
        yield asking


def ask(client: httpx.Client, call: str, **body: object) -> Any:
    answer = client.post(f"/querier.v1.QuerierService/{call}", json={"start": 1000, "end": 1 << 42, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("name", PYROSCOPE)
def test_every_selector_finds_something_on_the_server(name: str, grafana: httpx.Client) -> None:
    types = {one["ID"] for one in ask(grafana, "ProfileTypes")["profileTypes"]}

    for panel in FOUND[name]["panels"]:
        for target in panel["targets"]:
            kind, selector = target["profileTypeId"], target["labelSelector"].replace("$service", "shop")
            asked = {"profile_typeID": kind, "labelSelector": selector}
            assert kind in types, panel["title"]
            if target["queryType"] == "profile":
                graph = ask(grafana, "SelectMergeStacktraces", **asked)["flamegraph"]
                assert int(graph["total"]) > 0, panel["title"]
            else:
                found = ask(grafana, "SelectSeries", **asked, step=60.0, groupBy=target["groupBy"], start=START - 10**9)
                assert found["series"][0]["points"], panel["title"]


@pytest.mark.parametrize("name", PYROSCOPE)
def test_every_variable_offers_the_services(name: str, grafana: httpx.Client) -> None:
    (query,) = [one["query"] for one in FOUND[name]["templating"]["list"] if one["type"] == "query"]

    # How Grafana asks for the values of a variable: the type where Prometheus has the name of a metric.
    found = ask(grafana, "LabelValues", name=query["labelName"], matchers=[query["profileTypeId"] + "{}"])

    assert found == {"names": ["shop"]}


def test_the_server_gives_them_out_and_says_what_they_are(client: httpx.Client) -> None:
    page = client.get("/dashboards")

    links = re.findall(r'href="(/dashboards/[^"]+)"', page.text)
    assert len(links) == 6
    for link in links:
        answer = client.get(link)
        assert answer.json() == FOUND[Path(link).stem]
        assert "attachment" in answer.headers["content-disposition"]
    assert 'href="/dashboards"' in client.get("/views").text
    assert client.get("/dashboards/none.json").status_code == 404
