"""heapscape pprof."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from tests.builders.profile import profile
from tests.cli.seat import FIRST, LAST, TRACES, heapscape


def test_files_are_asked_without_a_database() -> None:
    seen = heapscape("pprof", "-top", "-nodecount=1", LAST)

    assert seen.code == 0
    assert seen.out.splitlines()[-1].endswith("example.com/checkout/store.(*Store).Put")
    assert "Showing top 1 nodes out of" in seen.out


@pytest.mark.parametrize("report", ["top", "tree", "traces", "raw"])
def test_the_database_answers_as_the_file_does(demo: Path, report: str) -> None:
    of_file = heapscape("pprof", f"-{report}", LAST)

    assert heapscape("pprof", f"-{report}", "--profile", "heap-12", "--db", demo).out == of_file.out
    assert of_file.code == 0


def test_the_newest_heap_profile_is_taken_unless_told(demo: Path) -> None:
    seen = heapscape("pprof", "-top", "--db", demo)

    assert "heap-12.pb.gz, the newest of 13 profiles" in seen.err
    assert seen.out == heapscape("pprof", "-top", LAST).out


def test_a_base_is_a_file_or_a_profile_of_the_database(demo: Path) -> None:
    of_files = heapscape("pprof", "-top", f"-diff_base={FIRST}", LAST)
    of_database = heapscape("pprof", "-top", "-diff_base=heap-00", "--profile", "heap-12", "--db", demo)

    assert of_files.out == of_database.out
    assert of_files.out != heapscape("pprof", "-top", f"-base={FIRST}", LAST).out


def test_files_are_added_up_in_the_order_they_are_named(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(profile(f"{name} 1", time_ns=0, binary=""))

    seen = heapscape("pprof", "-traces", tmp_path / "b", tmp_path / "a")

    assert [line.split()[-1] for line in seen.out.splitlines() if line.startswith("        1B")] == ["b", "a"]


def test_text_profiles_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "heap.txt").write_bytes(
        b"heap profile: 1: 64 [2: 128] @ heap/1048576\n1: 64 [2: 128] @ 0x2 0x3\n"
        b"#\t0x1\tmain.f+0x1\t/main.go:2\n#\t0x2\tmain.main+0x1\t/main.go:3\n\n1: 8 [1: 8] @ 0x9\n"
    )

    seen = heapscape("pprof", "-traces", "-lines", "-sample_index=1", tmp_path / "heap.txt")

    assert seen.code == 0
    assert [line.split()[-2:] for line in seen.out.splitlines() if "main." in line] == [
        ["main.f", "/main.go:2"],
        ["main.main", "/main.go:3"],
    ]


def test_a_report_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "out.pb.gz"

    seen = heapscape("pprof", "-proto", "-focus=Put", "-output", target, LAST)

    assert (seen.out, seen.err) == ("", f"Generating report in {target}\n")
    assert gzip.decompress(target.read_bytes())
    assert heapscape("pprof", "-raw", target).out == heapscape("pprof", "-raw", "-focus=Put", LAST).out
    assert heapscape("pprof", "-proto", "-focus=Put", LAST).answer == target.read_bytes()


def test_what_matched_nothing_is_said() -> None:
    seen = heapscape("pprof", "-top", "-focus=nowhere", "-tagshow=nothing", LAST)

    assert seen.code == 0
    assert seen.err == "Focus expression matched no samples\nTagShow expression matched no samples\n"


def test_an_executable_before_profiles_is_no_profile() -> None:
    seen = heapscape("pprof", "-top", sys.executable, LAST)

    assert (seen.code, seen.out) == (0, heapscape("pprof", "-top", LAST).out)
    assert f"{sys.executable}: an executable, which is left out: names are those that the profiles have" in seen.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([LAST], "no report is named, and pprof's interactive shell is left out; give one of -top"),
        (["-top", "-tree", LAST], "must set at most one output format; there are -top, -tree"),
        (["-top", "-cum", "-flat", LAST], "conflicting options set: [flat cum]"),
        (["-top", "-lines", "-files", LAST], "conflicting options set: [files lines]"),
        (["-top", "-base=x", "-diff_base=y", LAST], "-base and -diff_base flags cannot both be specified"),
        (["-top", "-normalize", LAST], "must have base profile to normalize by"),
        (["-top", "-focus=[", LAST], "parsing focus regexp: error parsing regexp: missing closing ]: `[`"),
        (["-peek=nowhere", LAST], "no matches found for regexp: nowhere"),
        (
            ["-disasm=main", LAST],
            "No such option '-disasm': for what it does in go tool pprof there is go tool pprof itself.",
        ),
        (
            ["-top", "-symbolize=none", LAST],
            "No such option '-symbolize': for what it does in go tool pprof there is heapscape run with",
        ),
        (["-top", "-sample_index=cpu", LAST], 'sample_index "cpu" must be one of: [alloc_objects'),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: list[str], said: str) -> None:
    seen = heapscape("pprof", *arguments)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_what_is_no_profile_is_refused() -> None:
    seen = heapscape("pprof", "-top", next(TRACES.glob("*.trace*")))

    assert seen.code == 3
    assert "gotrace, where legacy or otlp or pprof was expected" in seen.err


def test_help_says_what_is_left_out() -> None:
    seen = " ".join(heapscape("pprof", "--help").out.split())

    assert "Two of pprof's things are left out: -disasm, and the interactive shell." in seen
