"""heapscape run."""

from __future__ import annotations

from pathlib import Path

from tests.cli.seat import DEMO, DEMO_HEAPS, FIRST, LAST, REPORT, TRACES, heapscape


def test_the_first_command_of_a_newcomer_gives_the_answer(tmp_path: Path, demo: Path) -> None:
    seen = heapscape("run", DEMO, "--report", "growth.html")

    assert seen.code == 1
    assert seen.out == heapscape("growth", "--db", demo).out
    assert seen.err.startswith("16 inputs: 1 binary, 1 escape report (87 sites), 13 heap profiles · 1 refused")
    assert "notes.txt: not a format heapscape knows" in seen.err
    assert "next: heapscape flame --growth" in seen.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["growth.html", "heapscape-lake", "heapscape.duckdb"]


def test_what_to_type_next_is_about_the_same_database_and_lake(tmp_path: Path) -> None:
    heapscape("run", FIRST, LAST, "--lake", "my lake", "--db", "my.duckdb")

    seen = heapscape("run", FIRST, "--label", "service=pay", "--lake", "my lake", "--db", "my.duckdb")

    assert "heapscape lake relabel INPUT... --label KEY=VALUE --lake 'my lake'\n" in seen.err
    assert "next: heapscape flame --growth --db my.duckdb · heapscape report --db my.duckdb" in seen.err


def test_a_second_run_adds_nothing_and_says_the_same(tmp_path: Path) -> None:
    first = heapscape("run", DEMO)
    lake = sorted(tmp_path.rglob("*.parquet"))

    second = heapscape("run", DEMO)

    assert second.code == 1
    assert second.out == first.out
    assert second.err.startswith("16 inputs: nothing new · 15 already there · 1 refused")
    assert sorted(tmp_path.rglob("*.parquet")) == lake


def test_labels_name_the_series(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for path in (*DEMO_HEAPS.glob("heap-*"), REPORT):
        (tmp_path / "plain" / path.name).write_bytes(path.read_bytes())

    seen = heapscape("run", "plain", "--label", "service=shop", "--label", "build=7", "--label", "zone=eu")
    labels = heapscape("sql", "SELECT DISTINCT service, instance, build, labels FROM profile", "--format", "json")

    assert seen.out.startswith("shop · build 7 · live heap")
    assert labels.json() == [
        {"service": "shop", "instance": None, "build": "7", "labels": {"build": "7", "service": "shop", "zone": "eu"}}
    ]


def test_several_processes_give_the_same_answer_which_as_json_is_that_of_growth(demo: Path) -> None:
    seen = heapscape("run", DEMO, "--jobs", "2", "--format", "json")

    assert seen.json() == heapscape("growth", "--db", demo, "--format", "json").json()


def test_an_unwritable_report_is_2_but_the_data_is_in() -> None:
    seen = heapscape("run", DEMO, "--report", "no/folder/x.html")

    assert seen.code == 2
    assert "no/folder/x.html: cannot be written" in seen.err
    assert heapscape("sql", "SELECT COUNT(*) AS n FROM profile", "--format", "json").json() == [{"n": 13}]


def test_an_empty_folder_is_2_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    seen = heapscape("run", "empty")

    assert seen.code == 2
    assert "empty: no files there" in seen.err
    assert not (tmp_path / "heapscape.duckdb").exists()


def test_what_to_ask_next_is_what_went_in_can_answer(tmp_path: Path) -> None:
    of_a_trace = heapscape("run", TRACES / "plain.trace", "--lake", "a", "--db", "a.duckdb").err
    again = heapscape("run", TRACES / "plain.trace", "--lake", "a", "--db", "a.duckdb").err
    of_both = heapscape("run", TRACES / "plain.trace", FIRST, "--lake", "b", "--db", "b.duckdb").err
    of_nothing = heapscape("run", DEMO / "notes.txt", "--lake", "c", "--db", "c.duckdb").err

    assert ("next: heapscape flame" in of_a_trace, "next: heapscape goroutines" in of_a_trace) == (False, True)
    assert again.partition("next: ")[2] == of_a_trace.partition("next: ")[2]
    assert ("next: heapscape flame" in of_both, "next: heapscape goroutines" in of_both) == (True, True)
    assert "next:" not in of_nothing
