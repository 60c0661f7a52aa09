"""heapscape check, on the demo and on real files of other kinds."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.seat import DEMO_HEAPS, FILES, LAST, REPORT, heapscape

LEAKS = FILES / "leaks" / "service=leaks" / "build=go1.27-trim"
MEMORY = FILES / "memory" / "service=memory" / "build=go1.22-trim"


@pytest.mark.parametrize(
    ("threshold", "code", "verdict"),
    [
        # The demo grew by 361.8 MiB, and sampling leaves 331.6 to 391.9.
        ("300MiB", 4, "breach"),
        ("340MiB", 0, "uncertain"),
        ("380MiB", 0, "ok"),
        ("360%", 4, "breach"),
        ("390%", 0, "uncertain"),
        ("410%", 0, "ok"),
    ],
)
def test_only_what_is_beyond_with_the_whole_of_its_interval_fails(
    demo: Path, threshold: str, code: int, verdict: str
) -> None:
    seen = heapscape("check", "--db", demo, "--max-growth", threshold)

    assert seen.code == code
    row = seen.out.splitlines()[1]
    assert row.startswith(f"{verdict} ")
    assert f"--max-growth {threshold}" in row
    assert "checkout · a · build 1.4.2" in row


def test_a_breach_says_which_sites_to_look_at(demo: Path) -> None:
    lines = heapscape("check", "--db", demo, "--max-growth", "1MiB", "--max-slope", "1MiB/h").out.splitlines()

    assert [line.split()[0] for line in lines[1:3]] == ["breach", "breach"]
    assert "a day" in lines[2]
    assert lines[4] == "checkout · a · build 1.4.2: look at"
    assert "store/cache.go:21  entry moved to heap: passed to append(s.items, &entry)" in lines[5]
    assert len(lines[5:]) == 5


def test_without_thresholds_the_defaults_are_checked_and_said(demo: Path) -> None:
    seen = heapscape("check", "--db", demo)

    assert seen.code == 4
    assert "no threshold is given; checked: --max-growth 50MiB, --max-slope 10MiB/h, --min-headroom 2h" in seen.err
    assert "--max-pause 10ms: not checked: it takes a log with GODEBUG=gctrace=1" in seen.err
    assert seen.err.endswith("2 breaches, 0 uncertain, 0 ok\n")


def test_files_are_checked_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("check", DEMO_HEAPS, REPORT, "--max-site-growth", "250MiB")

    assert seen.code == 4
    assert [line.split()[0] for line in seen.out.splitlines()[1:3]] == ["breach", "ok"]
    assert "store/cache.go:21" in seen.out.splitlines()[1]
    assert list(tmp_path.iterdir()) == []


def test_a_series_of_one_profile_does_not_pass_unsaid() -> None:
    seen = heapscape("check", LAST, MEMORY / "memstats.jsonl", "--max-pause", "1h", "--max-growth", "1MiB")

    assert seen.code == 2
    assert "--max-growth 1MiB: there is nothing to measure; it takes two heap profiles of a series" in seen.err


def test_goroutines_that_became_more_are_told_with_their_place() -> None:
    found = json.loads(heapscape("check", LEAKS, "--max-goroutines", "+10", "--format", "json").out)

    assert found["verdict"] == "breach"
    assert {row["value"] for row in found["checks"]} == {18.0}
    assert {row["function"] for row in found["checks"]} == {"example.com/leaks/wait.abandoned"}
    assert {row["source"] for row in found["checks"]} >= {"dump", "text", "protobuf"}


def test_pauses_fail_and_a_limit_of_memory_is_kept() -> None:
    assert heapscape("ingest", MEMORY, "--label", "memory_limit=512MiB", "--lake", "lake").code in (0, 1)
    assert heapscape("load", "--lake", "lake", "--db", "own.duckdb").code == 0

    kept = heapscape("check", "--db", "own.duckdb", "--min-headroom", "64MiB", "--max-pause-p99", "1s")
    # Of two moments nobody knows how certain the slope is.
    unsure = heapscape("check", "--db", "own.duckdb", "--min-headroom", "2h")
    failed = heapscape("check", "--db", "own.duckdb", "--min-headroom", "1GiB", "--max-pause", "10ms")

    assert (kept.code, unsure.code, failed.code) == (0, 0, 4)
    assert unsure.out.splitlines()[1].startswith("uncertain  time until the limit")
    assert "breach   memory left" in failed.out
    assert "breach   longest GC pause" in failed.out


def test_new_escapes_are_weighed_by_what_they_hold() -> None:
    heaps = FILES / "checkout"
    builds = ("--new-escapes", "go1.24-trim", "go1.27-trim", "--format", "json")

    found = heapscape("check", heaps, *builds, "--min-bytes", "2MiB").json()["checks"]

    assert [row["verdict"] for row in found].count("breach") == 2
    assert min(row["value"] for row in found if row["verdict"] == "breach") > 2 << 20
    assert max(row["value"] for row in found if row["verdict"] == "ok") <= 2 << 20
    assert [row["value"] for row in found if row["verdict"] == "uncertain"].count(None) > 0
    assert found[0]["file"].endswith("handler.go")


def test_a_series_can_be_chosen_and_one_that_is_not_there_is_said(demo: Path) -> None:
    seen = heapscape("check", "--db", demo, "--max-growth", "1MiB", "--series", "99")

    assert seen.code == 2
    assert "--series 99: none of 1 measure" in seen.err


def test_refused_inputs_end_with_1_unless_something_is_beyond() -> None:
    Path("broken.pb.gz").write_bytes(LAST.read_bytes()[:500])

    assert heapscape("check", DEMO_HEAPS, "broken.pb.gz", "--max-growth", "1GiB").code == 1
    assert heapscape("check", DEMO_HEAPS, "broken.pb.gz", "--max-growth", "1MiB").code == 4


def test_files_of_sarif_are_named_as_they_are_in_the_checkout(demo: Path) -> None:
    Path("repo/store").mkdir(parents=True)
    Path("repo/store/cache.go").touch()

    seen = heapscape("check", "--db", demo, "--max-growth", "1MiB", "--format", "sarif", "--source-dir", "repo", "-o", "x.sarif")  # fmt: skip

    assert seen.code == 4
    assert seen.out == "x.sarif\n"
    (result,) = json.loads(Path("x.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "store/cache.go", "uriBaseId": "SRCROOT"}, "region": {"startLine": 21}}
    # What is not there keeps its name.
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "example.com/checkout/api/handler.go"}  # fmt: skip


def test_junit_has_a_case_for_each_check_and_a_failure_for_each_breach(demo: Path) -> None:
    seen = heapscape("check", "--db", demo, "--format", "junit")

    (suite,) = ElementTree.fromstring(seen.answer)
    assert suite.attrib == {"name": "heapscape check", "errors": "0", "tests": "5", "skipped": "3", "failures": "2"}
    assert [[child.tag for child in case] for case in suite] == [["failure"]] * 2 + [["skipped"]] * 3
