"""The page with a flame graph."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pipeline import flow
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
        ("/flame?service=nobody", "has no heap profile"),
        ("/flame?service=shop&build=v9", "not a build of the service, which has v0, v1"),
        ("/flame?service=shop&against=v9", "against=v9: not a build"),
    ],
)
def test_what_there_is_not_is_told(fleet: Path, path: str, said: str) -> None:
    with served(fleet) as asking:
        answer = asking.get(path)

    assert (answer.status_code, said in answer.text) == (400, True)


def test_a_profile_against_another_is_a_comparison(client: httpx.Client) -> None:
    (series,) = client.get("/data/heap.series.json?order=-growth_bytes&limit=1").json()
    ends = {"profile": series["last_profile_id"], "base": series["first_profile_id"], "series": series["series_id"]}

    page = client.get("/flame", params=ends)

    assert f'<option value="{ends["base"]}" selected>' in page.text
