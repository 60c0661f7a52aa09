"""The page with a flame graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline import flow
from tests.builders.profile import profile
from tests.outputs.unpacking import payload_of
from tests.server.conftest import served
from tests.server.test_pages import text
from tests.warehouse.builder import LIMITS, heap


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve instances, of two builds in turn; each has two profiles."""
    folder = tmp_path_factory.mktemp("fleet")
    for number in range(12):
        home = folder / "service=shop" / f"instance={number}" / f"build=v{number % 2}"
        home.mkdir(parents=True)
        for minute in range(2):
            (home / f"{minute}.pb").write_bytes(heap(minute, grow=1000 * (1 + number) + minute))
    flow.ingest([str(folder)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "f.duckdb"))
    return folder / "f.duckdb"


def test_all_instances_of_a_service_are_one_graph(fleet: Path) -> None:
    with served(fleet) as asking:
        every = asking.get("/flame?service=shop")
        one = asking.get("/flame?service=shop&build=v1")
        both = asking.get("/flame?service=shop&build=v1&against=v0")

    assert "newest heap profile of 12 instances" in text(every.text)
    assert "newest heap profile of 6 instances" in text(one.text)
    assert 'data-label="shop · build v1 · 6 instances"' in both.text
    assert len({every.text, one.text, both.text}) == 3


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/flame?service=nobody", "has no profile"),
        ("/flame?service=shop&kind=cpu", "kind=cpu: not a kind of profile of the service, which has heap"),
        ("/flame?service=shop&build=v9", "not a build of the service, which has v0, v1"),
        ("/flame?service=shop&against=v9", "against=v9: not a build"),
    ],
)
def test_what_there_is_not_is_told(fleet: Path, path: str, said: str) -> None:
    with served(fleet) as asking:
        answer = asking.get(path)

    assert (answer.status_code, said in answer.text) == (400, True)


def test_one_instance_is_held_against_another(fleet: Path) -> None:
    with served(fleet) as asking:
        page = asking.get("/flame?service=shop&instance=10&against_instance=3")

    # The last of each has 11,001 and 4,001 bytes in the cache, and 50 elsewhere.
    assert root(page) == (4051, 11051)
    assert 'data-label="shop · instance 10"' in page.text


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Two instances, each with four heap profiles and three CPU profiles of a second; profiles are numbered in this order."""
    folder = tmp_path_factory.mktemp("spans")
    for number, instance in enumerate("ab"):
        home = folder / "service=shop" / f"instance={instance}"
        home.mkdir(parents=True)
        for minute in range(4):
            (home / f"heap{minute}.pb").write_bytes(heap(minute, grow=100 * (minute + 1) + number))
            cpu = profile(
                f"main.work main.main 1 {10**minute + number}",
                types=("samples/count", "cpu/nanoseconds"),
                period_type="cpu/nanoseconds",
                duration_ns=1_000_000_000,
                time_ns=1_767_225_600_000_000_000 + minute * 60_000_000_000,
            )
            (home / f"cpu{minute}.pb").write_bytes(cpu)
    flow.ingest([str(folder)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "s.duckdb"))
    with served(folder / "s.duckdb") as asking:
        yield asking


def root(page: httpx.Response) -> tuple[int, int]:
    """What all of it weighs before and after; 0 before where nothing is held against it."""
    columns = payload_of(page.text).columns
    return (columns["value"][0], columns["valueRight"][0]) if "valueRight" in columns else (0, columns["value"][0])


def asked(client: httpx.Client, kind: str, sample_type: str, **ends: int | str) -> httpx.Response:
    """The flame graph of instance a, from and to the profiles that are named by their place."""
    query = f"SELECT profile_id, series_id FROM profile WHERE kind = '{kind}' ORDER BY instance, time_ns"
    rows = client.get("/query.json", params={"q": query}).json()
    named = {name: rows[place]["profile_id"] for name, place in ends.items() if isinstance(place, int)}
    other = {"base_series": rows[4]["series_id"]} if ends.get("other") else {}
    return client.get("/flame", params={"series": rows[0]["series_id"], "type": sample_type, **named, **other})


def test_of_values_of_a_moment_the_last_of_a_span_counts(spans: httpx.Client) -> None:
    page = asked(spans, "heap", "inuse_space", **{"from": 2}, profile=3, base_from=0, base=1)

    assert root(page) == (250, 450)
    assert "Drawn: the last of 2 profiles, for its values are of a moment." in text(page.text)


def test_of_what_has_grown_since_the_start_a_span_has_its_last_less_its_first(spans: httpx.Client) -> None:
    page = asked(spans, "heap", "alloc_space", **{"from": 1}, profile=3, base_from=0, base=1)
    alone = asked(spans, "heap", "alloc_space", **{"from": 1}, profile=3)

    # 1,100 bytes more each minute.
    assert (root(page), root(alone)) == ((1100, 2200), (0, 2200))
    assert "less the first, for its values have grown since the process began" in text(page.text)


def test_what_was_measured_in_a_span_is_added_up(spans: httpx.Client) -> None:
    page = asked(spans, "cpu", "cpu", **{"from": 1}, profile=3, base=0)

    assert root(page) == (1, 1110)
    assert "Drawn: the sum of 3 profiles, which cover 3.00 s." in text(page.text)


def test_a_span_is_the_same_from_either_end(spans: httpx.Client) -> None:
    forth, back = (asked(spans, "cpu", "cpu", **{"from": first}, profile=last) for first, last in ((0, 2), (2, 0)))

    assert root(forth) == root(back) == (0, 111)


def test_a_service_has_a_graph_of_every_kind_of_profile_that_it_has(spans: httpx.Client) -> None:
    heaps, every, one = (
        spans.get(f"/flame?service=shop{more}")
        for more in ("", "&kind=cpu", "&kind=cpu&instance=a&against_instance=b&type=samples")
    )

    # The newest of each instance; live bytes without a kind.
    assert (root(heaps), root(every), root(one)) == ((0, 450 + 451), (0, 1000 + 1001), (1, 1))
    assert "newest cpu profile of 2 instances" in text(every.text)
    assert '<option value="cpu" selected>cpu</option>' in every.text
    assert '<option value="samples">samples</option>' in every.text


def test_a_series_is_held_against_another_of_its_kind(spans: httpx.Client) -> None:
    page = asked(spans, "heap", "inuse_space", profile=0, base=4, other="yes")
    newest = asked(spans, "heap", "inuse_space", profile=0, other="yes")

    assert (root(page), root(newest)) == ((151, 150), (451, 150))
    options = page.text.partition('name="base_series"')[2].partition("</select>")[0]
    assert options.count("<option") == 2
    assert "shop · b · heap" in options


def test_a_sample_type_that_only_one_side_has_is_told(spans: httpx.Client) -> None:
    query = "SELECT series_id, kind FROM profile GROUP BY ALL ORDER BY kind, series_id"
    cpu, *_, heap_ = spans.get("/query.json", params={"q": query}).json()
    page = spans.get("/flame", params={"series": cpu["series_id"], "base_series": heap_["series_id"]})

    assert (page.status_code, "count nothing that all of them do" in page.text) == (
        400,
        True,
    )


def test_a_profile_against_another_is_a_comparison(client: httpx.Client) -> None:
    (series,) = client.get("/data/heap.series.json?order=-growth_bytes&limit=1").json()
    ends = {"profile": series["last_profile_id"], "base": series["first_profile_id"], "series": series["series_id"]}

    page = client.get("/flame", params=ends)

    assert f'<option value="{ends["base"]}" selected>' in page.text
