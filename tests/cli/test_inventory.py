"""heapscape profiles, series and sources: what there is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.seat import DEMO, DEMO_HEAPS, FIRST, LAST, heapscape, rows


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo's heaps, its report, a file that was refused, and one that came under two names."""
    folder = tmp_path_factory.mktemp("known")
    again = folder / "again.pb.gz"
    again.write_bytes(LAST.read_bytes())
    # What changed this very moment may change again, and is noted by the next ingest.
    os.utime(again, (1_700_000_000, 1_700_000_000))
    labels = ("--label", "service=checkout", "--label", "build=1.4.2", "--label", "instance=a")
    assert heapscape("ingest", DEMO_HEAPS, "--lake", folder / "lake").code == 0
    assert heapscape("ingest", again, *labels, "--lake", folder / "lake").code == 0
    # The note among them is refused.
    assert heapscape("ingest", DEMO, "--lake", folder / "lake").code == 1
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "k.duckdb").code == 0
    return folder / "k.duckdb"


def test_profiles_are_listed_newest_first_with_ids_that_sql_takes(known: Path) -> None:
    every = heapscape("profiles", "--db", known, "--format", "json").json()
    first = every[0]
    query = f"SELECT COUNT(*) AS n FROM sample WHERE profile_id = {first['profile_id']}"

    assert len(every) == 13
    assert [one["taken_at"] for one in every] == sorted((one["taken_at"] for one in every), reverse=True)
    assert (first["kind"], first["service"], first["sample_types"][-1]) == ("heap", "checkout", "inuse_space")
    assert heapscape("sql", query, "--db", known, "--format", "json").json() == [{"n": first["sample_count"]}]


def test_a_profile_has_all_names_it_came_under_and_is_found_by_each(known: Path) -> None:
    (found,) = heapscape("profiles", "--profile", "again.pb", "--db", known, "--format", "json").json()

    # In the order of their folders, wherever these are.
    assert sorted(Path(name).name for name in found["names"]) == ["again.pb.gz", "heap-12.pb.gz"]
    assert Path(found["uri"]).name == "heap-12.pb.gz"


def test_a_table_has_what_there_is_room_for_and_says_how_much_it_leaves_out(known: Path) -> None:
    seen = heapscape("profiles", "-n", "3", "--db", known)

    assert len(rows(seen)) == 3
    assert seen.out.split()[:3] == ["profile_id", "kind", "taken_at"]
    assert "10 more: --limit 13" in seen.err


def test_series_are_of_every_kind_and_grow_where_they_are_of_heaps(known: Path) -> None:
    (found,) = heapscape("series", "--db", known, "--format", "json").json()
    (grown,) = heapscape("sql", "FROM heap.series", "--db", known, "--format", "json").json()

    same = ("series_id", "profiles", "first_at", "last_at", "growth_bytes", "first_profile_id", "last_profile_id")
    assert {name: found[name] for name in same} == {name: grown[name] for name in same}


def test_sources_say_what_was_refused_and_why(known: Path) -> None:
    refused = heapscape("sources", "--status", "refused", "--db", known, "--format", "json").json()
    every = heapscape("sources", "--db", known, "--format", "json").json()

    assert [Path(one["uri"]).name for one in refused] == ["notes.txt"]
    assert "not a format heapscape knows" in refused[0]["reason"]
    assert {one["format"] for one in every} == {
        None,
        "pprof",
        "escape",
        *({"binary"} & {one["format"] for one in every}),
    }


def test_files_are_listed_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("profiles", FIRST, LAST, "--format", "json")

    assert [Path(one["uri"]).name for one in seen.json()] == ["heap-12.pb.gz", "heap-00.pb.gz"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["profiles", "--kind", "cpu"], "--kind cpu: none of 13 profiles has this kind; there is heap"),
        (["profiles", "--profile", "nope"], "none of 13 profiles has this id, or this in its uri"),
        (["profiles", "--last", "1h"], "was taken then or later; there is from"),
        (["series", "--service", "pay"], "--service pay: none of 1 series has this service; there is checkout"),
        (["sources", "--build", "9"], "--build 9: none of"),
    ],
)
def test_what_fits_nothing_says_what_there_is(known: Path, arguments: list[str], said: str) -> None:
    seen = heapscape(*arguments, "--db", known)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_files_are_asked_in_sql_with_the_views_that_the_query_names(tmp_path: Path) -> None:
    query = "SELECT profiles, growth_bytes FROM heap.series"

    (row,) = heapscape("sql", query, FIRST, LAST, "--format", "json").json()
    (views,) = heapscape(
        "sql", "SELECT COUNT(*) > 50 AS all FROM duckdb_views() WHERE NOT internal", LAST, "--format", "json"
    ).json()

    assert row["profiles"] == 2
    assert row["growth_bytes"] > 300_000_000
    assert views == {"all": True}
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_asked_is_said_before_a_file_is_read() -> None:
    seen = heapscape("sql", "DROP TABLE source", "not/there.pb.gz")

    assert seen.code == 3
    assert "DROP: heapscape sql only reads" in seen.err


def test_an_error_in_a_query_says_where(demo: Path) -> None:
    seen = heapscape("sql", "SELECT kind,\n  nothing\nFROM profile", "--db", demo)

    assert "LINE 2:   nothing\n          ^^^^^^^" in seen.err
