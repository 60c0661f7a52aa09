from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof.source import Line, Routine, reader, routines
from pipeline.source_code import NoSource
from tests.outputs.pprof.seen import prepared, profile, written

SAMPLES = ("put@store.go:12 main@main.go:3 1024", "put@store.go:14 main@main.go:3 2048")
MISSING = "could not find file store.go on path "


def read(path: str) -> Sequence[str]:
    if path != "store.go":
        raise NoSource(f"no {path}")
    return [f"line {number}" for number in range(1, 15)]


def test_a_function_is_listed_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "store.go").write_text("".join(f"\tline {number}\n" for number in range(1, 30)))

    text = written(profile(*SAMPLES), "list", pattern="^put", source_path=str(tmp_path))

    assert text.splitlines()[:8] == [
        "Total: 3kB",
        "ROUTINE ======================== put in store.go",
        "       3kB        3kB (flat, cum)   100% of Total",
        "         .          .      7:\tline 7",
        "         .          .      8:\tline 8",
        "         .          .      9:\tline 9",
        "         .          .     10:\tline 10",
        "         .          .     11:\tline 11",
    ]
    assert text.splitlines()[8] == "       1kB        1kB     12:\tline 12"
    assert text.splitlines()[-1] == "         .          .     19:\tline 19"


def test_source_that_is_not_at_hand_is_said_in_pprofs_words(tmp_path: Path) -> None:
    text = written(profile(*SAMPLES), "list", pattern="put", source_path=str(tmp_path))

    assert text.endswith(f"of Total\n Error: {MISSING}{tmp_path}\n")


def test_a_function_without_a_file_has_no_source() -> None:
    assert written(profile("put 1"), "list", pattern="put") == "Total: 1B\nNo source information for put\n"


def test_a_pattern_that_finds_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no matches found for regexp: zzz"):
        written(profile("put 1"), "list", pattern="zzz")


def test_lines_that_the_source_is_too_short_for_are_told_apart() -> None:
    report = prepared(profile("put@store.go:13 8", "put@store.go:20 4"), report="list", pattern="put")

    (routine,) = routines(report, read=read)

    assert (routine.lines[-1].number, routine.beyond) == (14, (Line(20, 4, 4, None),))
    assert (routine.span, routine.flat, routine.cum) == ((8, 25), 12, 12)


def test_without_source_the_lines_with_samples_stay() -> None:
    report = prepared(profile("put@other.go:13 8"), report="list", pattern="put")

    assert routines(report, read=read) == [
        Routine("put", "other.go", 8, 8, (8, 18), (Line(13, 8, 8, None),), (), "no other.go")
    ]


def test_a_function_of_two_files_has_a_part_in_each() -> None:
    report = prepared(profile("put@b.go:3 8", "put@a.go:4 1"), report="list", pattern="put")

    assert [(one.file, one.flat) for one in routines(report, read=read)] == [("a.go", 1), ("b.go", 8)]


def test_a_source_path_is_a_list_and_stands_for_the_folder_one_is_in(tmp_path: Path) -> None:
    report = prepared(profile("put 1"), report="list", source_path=f"/a:{tmp_path}", trim_path="/x:/y")

    assert reader(report).places.folders == ("/a", str(tmp_path))
    assert reader(report).places.prefixes == ("/x", "/y")
    assert reader(prepared(profile("put 1"), report="list")).places.folders == (str(Path.cwd()),)


def test_what_a_terminal_obeys_is_spelled_out(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_bytes(b"\tx \x1b[2J \xff\n")

    text = written(profile("put@a.go:1 1"), "list", pattern="put", source_path=str(tmp_path))

    assert text.endswith("1:\tx \\x1b[2J \\xff\n")
