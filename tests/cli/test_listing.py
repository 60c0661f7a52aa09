"""heapscape list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import LAST, REPORT, heapscape

SOURCE = Path(__file__).resolve().parents[1] / "fixtures" / "programs" / "checkout"
PUT = r"store.*\.Put"


def test_each_line_has_its_bytes_and_the_compilers_verdict(demo: Path) -> None:
    seen = heapscape("list", PUT, f"-source_path={SOURCE}", "--db", demo)

    assert seen.code == 0
    (moved,) = [line for line in seen.out.splitlines() if " moved to heap: entry" in line]
    assert moved.startswith("  307.84MB   307.84MB     21:   entry := Entry{Key: key, Total: total} // site: cache  ")
    assert "│ inlining call to sync.(*Mutex).Lock" in seen.out
    assert "│ body does not escape" in seen.out


def test_numbers_are_those_of_the_plain_listing(demo: Path) -> None:
    ours = heapscape("list", r"^main|store", "-alloc_space", f"-source_path={SOURCE}", "--db", demo).out
    plain = heapscape(
        "pprof", "-list=^main|store", "-alloc_space", f"-source_path={SOURCE}", "--profile", "heap-12", "--db", demo
    ).out

    def figures(text: str) -> list[list[str]]:
        return [line[:28].split() for line in text.splitlines() if line[28:29] == ":" and line[22:28].strip().isdigit()]

    assert len(figures(plain)) > 30
    assert figures(ours) == figures(plain)


def test_files_are_asked_without_a_database() -> None:
    seen = heapscape("list", PUT, LAST, REPORT)

    assert seen.code == 0
    assert "307.84MB   307.84MB     21:  │ moved to heap: entry" in seen.out
    assert "could not find file example.com/checkout/store/cache.go on path " in seen.out
    assert "name the folder of the sources with -source_path" in seen.err


def test_why_is_said_when_asked(demo: Path) -> None:
    seen = heapscape("list", PUT, "--why", "--db", demo)

    assert "│ entry moved to heap: passed to append(s.items, &entry)" in seen.out


def test_without_a_report_it_is_said_how_to_make_one() -> None:
    seen = heapscape("list", PUT, LAST)

    assert seen.code == 0
    assert "│" not in seen.out
    assert "there is no escape report of checkout build 1.4.2, and so no verdict; make one with: go build" in seen.err


def test_a_table_for_machines_has_the_verdicts(demo: Path) -> None:
    rows = heapscape("list", PUT, f"-source_path={SOURCE}", "--db", demo, "--format", "json").json()

    (row,) = [one for one in rows if one["line"] == 21]
    assert (row["flat"], row["source"].strip()[:5]) == (row["cum"], "entry")
    assert [verdict["message"] for verdict in row["verdicts"]] == ["moved to heap: entry"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("zzz", "no matches found for regexp: zzz"), ("[", "missing closing ]")],
)
def test_what_finds_nothing_is_said(demo: Path, pattern: str, said: str) -> None:
    seen = heapscape("list", pattern, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err
