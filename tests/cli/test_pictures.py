"""Every picture: drawn of real data, and a sentence about what is missing where there is none."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipeline.cli.pictures import PLOTS, Asked
from pipeline.errors import UsageError
from pipeline.flow import open_warehouse
from pipeline.outputs.chart import Chart
from pipeline.values import Result
from pipeline.warehouse.questions import Selection
from tests.cli.seat import FILES, heapscape

# Of Go 1.22, whose dumps have a place that was passed through between them.
LEAKS = sorted((FILES / "leaks" / "service=leaks" / "build=go1.22-trim").glob("*.debug2.txt"))
# The database that has what a picture is of, and what it says of its data.
OF = {
    "heap": ("demo", {"live heap", "store/cache.go:21", "api/handler.go:68 append", "400.0 MiB", "UTC"}),
    "sites": ("demo", {"store/cache.go:21", "285.8 MiB", "−18.4 MiB"}),
    "own": ("demo", {"store/cache.go:21", "export/queue.go:17"}),
    "modules": ("demo", {"example.com/checkout", "example.com/intern v1.3.0"}),
    "explained": ("demo", {"escape", "337.7 MiB"}),
    "growth": ("demo", {"main.work", "vanished"}),
    "flame": ("demo", {"root", "main.work", "inuse_space 452.3 MiB"}),
    "escapes": ("demo", {"example.com/checkout/store", "MiB gained"}),
    "gc-heap": ("every_kind", {"heap at the start", "goal"}),
    "gc-pacer": ("every_kind", {"goal", "heap as marking ended", "found reachable"}),
    "gc-pauses": ("every_kind", {"pause", "Pauses, one after the other"}),
    "memory": ("every_kind", {"objects", "metadata", "What memory is used for"}),
    "size-classes": ("demo", {"1,152 B", "large"}),
    "size-heat": ("every_kind", {"1.0 KiB", "2.4 MiB", "Bytes in spans by size class"}),
    "timeline": ("traces", {"proc 0", "running", "1 main.main", "GC marking", "20.00 ms"}),
    "goroutines": ("every_kind", {"goroutines"}),
    "answer": ("demo", {"inuse_bytes", "21:15:00"}),
}
QUERY = {"answer": ["--query", "SELECT taken_at, inuse_bytes FROM heap.profiles"]}


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_tells_what_the_database_holds(request: pytest.FixtureRequest, name: str) -> None:
    database, wanted = OF[name]

    seen = heapscape("plot", name, "--db", request.getfixturevalue(database), "-o", "-", *QUERY.get(name, ()))

    assert seen.code == 0, seen.err
    texts = {(one.text or "").replace("\u00a0", " ") for one in ElementTree.fromstring(seen.answer).iter()}
    assert {one for one in wanted if not any(one in text for text in texts)} == set()


@pytest.mark.parametrize("name", PLOTS)
def test_without_data_a_picture_is_a_sentence_that_says_what_is_missing(bare: Path, name: str) -> None:
    seen = heapscape("plot", name, "--db", bare, "-o", "x.svg", *QUERY.get(name, ()))

    assert seen.code == 2, seen.out
    assert any(word in seen.err for word in ("no ", "nothing")), seen.err
    assert not Path("x.svg").exists()


def test_a_selection_of_nobody_is_told_as_such(demo: Path) -> None:
    for name, plan in PLOTS.items():
        if name != "answer":
            with open_warehouse(str(demo)) as connection, pytest.raises(UsageError):
                plan.draw(connection, Asked(Selection(service="nobody")))


def test_a_series_can_be_chosen_and_the_one_that_grew_most_is_drawn_without(demo: Path) -> None:
    with open_warehouse(str(demo)) as connection:
        (series,) = connection.execute("SELECT series_id FROM heap.series WHERE profiles > 1").fetchall()
        chosen = PLOTS["heap"].draw(connection, Asked(Selection(series=str(series[0]))))
        first = PLOTS["heap"].draw(connection, Asked(Selection()))

    assert chosen == first
    assert chosen.subtitle.replace("\u00a0", " ").startswith(
        "checkout · a · build 1.4.2 · +361.8 MiB, +378.5 MiB/min · 2026"
    )


def test_places_where_no_goroutine_was_at_either_end_are_no_bars() -> None:
    seen = heapscape("plot", "goroutines", *LEAKS, "-o", "-")

    assert seen.code == 0, seen.err
    texts = [one.text for one in ElementTree.fromstring(seen.answer).iter() if one.text]
    assert "wait/wait.go:20 (chan send)" in texts
    assert texts.count("wait/wait.go:40 (select)") == 1
    assert "0" not in texts


def test_escapes_are_weighted_as_asked(demo: Path) -> None:
    with open_warehouse(str(demo)) as connection:
        roots = {}
        for weight in ("growth", "live", "alloc"):
            drawn = PLOTS["escapes"].draw(connection, Asked(Selection(), weight=weight)).drawn
            assert isinstance(drawn, Result)
            roots[weight] = drawn.table["value"][0].as_py()

    assert 0 < roots["growth"] < roots["live"] < roots["alloc"]


def test_bars_of_growth_add_up_to_what_the_view_says(demo: Path) -> None:
    with open_warehouse(str(demo)) as connection:
        drawn: Chart = PLOTS["sites"].draw(connection, Asked(Selection())).drawn  # type: ignore[assignment]
        (grown,) = connection.execute("SELECT SUM(growth_bytes)::BIGINT FROM attribution.growth_by_site").fetchall()

    ((_, values),) = drawn["series"]
    assert sum(value or 0 for value in values) == grown[0]
    assert list(values) == sorted(values, key=lambda value: -(value or 0))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which nothing but a refused file was ever offered."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "notes.txt").write_text("Seen on Thursday")
    assert heapscape("ingest", folder / "notes.txt", "--lake", folder / "lake").code == 3
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "bare.duckdb").code == 0
    return folder / "bare.duckdb"
