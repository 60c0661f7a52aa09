"""What is said of a choice that fits nothing, several, or is the command's own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.cli.choices import named, nothing_fits, parts_of
from pipeline.errors import UsageError
from tests.builders.profile import profile
from tests.cli.seat import DEMO_HEAPS, EVERY_KIND, FIRST, LAST, heapscape

FOLDER = str(DEMO_HEAPS)


def one(profile_id: int, uri: str, kind: str = "heap") -> dict[str, object]:
    return {"profile_id": profile_id, "uri": uri, "kind": kind, "profile_hash": f"{profile_id:016x}"}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all kinds of profiles of two builds."""
    folder = tmp_path_factory.mktemp("builds")
    older = EVERY_KIND.with_name("build=go1.24-trim")
    heapscape("ingest", EVERY_KIND, older, FIRST, LAST, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "b.duckdb").code == 0
    return folder / "b.duckdb"


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of two series."""
    folder = tmp_path_factory.mktemp("several")
    heapscape("ingest", FIRST, LAST, "--lake", folder / "lake")
    other = folder / "service=other"
    other.mkdir()
    for number in (1, 2):
        content = profile(f"main.f@main.go:1 {number}000", time_ns=number * 10**18)
        (other / f"{number}.pb").write_bytes(content)
    heapscape("ingest", other, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "s.duckdb").code == 0
    return folder / "s.duckdb"


@pytest.mark.parametrize("command", [["top"], ["peek", "main"], ["flame", "--format", "json"]])
def test_a_part_of_a_name_that_fits_several_snapshots_is_an_error_that_lists_them(
    demo: Path, command: list[str]
) -> None:
    seen = heapscape(*command, "--profile", "heap-1", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "--profile heap-1: fits 3 heap profiles, each of another moment: " in seen.err
    assert all(f" heap-{number}.pb.gz" in seen.err for number in (10, 11, 12))
    assert f"in {FOLDER}. Name one, by its id or by more of its uri, or have them added up with --merge" in seen.err


def test_base_and_profile_are_held_to_the_same(demo: Path) -> None:
    seen = heapscape("diff", "--base", "1.4", "--profile", "heap-12", "--db", demo)

    assert seen.code == 2
    assert "--base 1.4: fits 13 heap profiles, each of another moment: " in seen.err
    assert "and 8 more in " in seen.err


def test_merge_adds_them_up_and_says_so(demo: Path) -> None:
    names = [word for number in (10, 11, 12) for word in ("--profile", f"heap-{number}")]

    merged = heapscape("top", "--profile", "heap-1", "--merge", "--db", demo)
    each = heapscape("top", *names, "--db", demo)

    said = f"added up: 3 heap profiles, heap-10.pb.gz, heap-11.pb.gz, heap-12.pb.gz in {FOLDER}; that counts again what several of them hold, and is no state the program was in\n"
    assert merged.code == 0
    assert merged.out == each.out
    assert merged.err == each.err == said


def test_merge_without_names_adds_up_all_that_fit(demo: Path) -> None:
    assert "added up: 13 heap profiles, " in heapscape("top", "--merge", "--db", demo).err


def test_files_added_up_are_said_to_be(demo: Path) -> None:
    assert "added up: 2 heap profiles, heap-00.pb.gz, heap-12.pb.gz in " in heapscape("top", FIRST, LAST).err
    assert heapscape("top", LAST).err == ""


def test_a_whole_name_is_of_no_other_that_it_is_a_part_of() -> None:
    found = [one(1, "/a/heap-1.pb.gz"), one(2, "/a/heap-10.pb.gz"), one(3, "/a/heap-1.pb.gz.old")]

    assert [
        row["profile_id"] for row in named(found, ["heap-1.pb.gz"], option="--profile", merge=False, missing=UsageError)
    ] == [1]
    assert [
        row["profile_id"] for row in named(found[:2], ["heap-1"], option="--profile", merge=False, missing=UsageError)
    ] == [1]
    assert [row["profile_id"] for row in named(found, ["3"], option="--profile", merge=False, missing=UsageError)] == [
        3
    ]


def test_profiles_of_spans_of_time_add_up_unasked() -> None:
    found = [one(1, "/a/cpu-1.pb.gz", "cpu"), one(2, "/a/cpu-2.pb.gz", "cpu"), one(3, "/a/cpu-3", "heap")]

    assert len(named(found[:2], ["cpu"], option="--profile", merge=False, missing=UsageError)) == 2
    with pytest.raises(UsageError, match="fits 3 cpu, heap profiles"):
        named(found, ["cpu"], option="--profile", merge=False, missing=UsageError)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["top", "--service", "checkuot"], "--service checkuot: none of 37 profiles has this service; there are checkout, everykind\n"),
        (["top", "--build", "go1.2"], "--build go1.2: none of 37 profiles has this build; there are go1.27-trim, go1.24-trim, 1.4.2\n"),
        (
            ["top", "--service", "checkout", "--build", "go1.27-trim"],
            "--build go1.27-trim: none of 2 profiles with --service checkout has this build; there is 1.4.2\n",
        ),
        (["peek", "main", "--kind", "cpi"], "--kind cpi: none of 37 profiles has this kind; there are cpu, "),
        (["top", "--instance", "b"], "--instance b: none of 37 profiles has this instance; there is a\n"),
        (["top", "--service", "everykind", "--instance", "b"], "--instance b: none of 35 profiles with --service everykind has a label instance; give them one with: heapscape lake relabel INPUT... --label instance=b\n"),
        (["top", "--series", "999"], "--series 999: none of 37 profiles has this series; there are "),
        (["top", "--profile", "heap-13", "--service", "checkout"], f"--profile heap-13: none of 2 profiles has this id, or this in its uri; there are heap-12.pb.gz, heap-00.pb.gz in {FOLDER}\n"),
        (["diff", "--base", "heap-77", "--profile", "heap-12"], "--base heap-77: none of 37 profiles has this id, or this in its uri; there are everykind/service=everykind/build=go1."),
        (["goroutines", "--trace", "nope"], "--trace nope: none of 2 traces has this id, or this in its uri; there are "),
        (["goroutines", "--build", "go1.9"], " traces and series of goroutines has this build; there are go1.27-trim, go1.24-trim\n"),
        (["gc", "--service", "nobody"], "--service nobody: none of 2 processes with GC cycles has this service; there is everykind\n"),
        (["memory", "--build", "1"], " processes with MemStats or metrics has this build; there are "),
        (["flame", "--growth", "--service", "nobody"], "--service nobody: none of 7 series of heap profiles has this service; there are "),
    ],
)  # fmt: skip
def test_a_choice_that_fits_nothing_says_which_part_and_what_there_is(
    builds: Path, arguments: list[str], said: str
) -> None:
    seen = heapscape(*arguments, "--db", builds)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


@pytest.mark.parametrize("arguments", [["growth"], ["report"]])
def test_growth_of_a_build_that_is_not_there_says_which_there_are(builds: Path, arguments: list[str]) -> None:
    seen = heapscape(*arguments, "--build", "go1.2", "--db", builds)

    assert "--build go1.2: none of 7 series of heap profiles has this build; there are " in seen.err


def test_growth_of_a_series_of_one_profile_says_that_it_has_one() -> None:
    seen = heapscape("growth", FIRST)

    assert "no series that fits has two heap profiles, so there is no growth to tell: series 1 has one; " in seen.err


def test_an_empty_table_has_none_to_choose_from() -> None:
    table = pa.table({"service": pa.array([], pa.string())})

    said = nothing_fits(table, parts_of(service="a"), noun="process", plural="processes")

    assert said == "there are no processes; put some in with: heapscape run INPUT..."


@pytest.mark.parametrize("arguments", [["diff"], ["flame", "--growth"]])
def test_the_series_and_the_profiles_that_were_chosen_are_said(demo: Path, several: Path, arguments: list[str]) -> None:
    alone = heapscape(*arguments, "--db", demo)
    of_many = heapscape(*arguments, "--db", several)

    assert alone.err == f"series 1 (checkout · a · build 1.4.2): {FIRST.name} → {LAST.name} in {FIRST.parent}\n"
    assert (
        f"(checkout · a · build 1.4.2): {FIRST.name} → {LAST.name} in {FIRST.parent}, the one of 2 that grew most; "
        "choose with --series, " in of_many.err
    )
