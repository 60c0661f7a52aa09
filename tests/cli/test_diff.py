"""heapscape diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import DEMO_HEAPS, FIRST, LAST, heapscape
from tests.cli.test_top import figures
from tests.outputs.unpacking import payload_of

PUT = "example.com/checkout/store.(*Store).Put"


def test_without_arguments_it_is_the_series_that_grew_most(demo: Path) -> None:
    whole = heapscape("diff", "--db", demo)
    named = heapscape("diff", "--base", "heap-00", "--profile", "heap-12", "--db", demo)

    assert whole.code == 0
    assert whole.out == named.out
    assert PUT in whole.out


def test_two_files_are_answered_without_a_database(demo: Path) -> None:
    seen = heapscape("diff", FIRST, LAST)

    assert seen.out == heapscape("diff", "--base", "heap-00", "--profile", "heap-12", "--db", demo).out


def test_figures_are_after_minus_before(demo: Path) -> None:
    exactly = ("-unit=B", "-nodefraction=0", "--db", demo)
    before, after = (figures(heapscape("top", *exactly, "--profile", name)) for name in ("heap-00", "heap-12"))

    rows = heapscape("diff", "--db", demo, "--format", "json").json()

    expected = {
        name: (after.get(name, (0, 0))[0] - before.get(name, (0, 0))[0], after.get(name, (0, 0))[1] - before.get(name, (0, 0))[1])
        for name in before | after
    }  # fmt: skip
    assert {row["function"]: (row["flat"], row["cum"]) for row in rows} == {
        name: figure for name, figure in expected.items() if figure != (0, 0)
    }
    assert any(row["flat"] < 0 for row in rows)


def test_json_has_the_numbers_of_the_text(demo: Path) -> None:
    text = figures(heapscape("diff", "--db", demo, "-unit=B"))
    rows = {
        row["function"]: (row["flat"], row["cum"]) for row in heapscape("diff", "--db", demo, "--format", "json").json()
    }

    assert text
    assert text == {name: rows[name] for name in text}


def test_a_profile_against_itself_is_nothing() -> None:
    assert heapscape("diff", FIRST, FIRST, "--format", "json").json() == []


def test_html_is_a_page_without_references_to_elsewhere(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("diff", "--db", demo, "--html", "diff.html")

    page = (tmp_path / "diff.html").read_text()
    assert (seen.code, seen.out) == (0, "diff.html\n")
    assert PUT in payload_of(page).labels()
    assert "://" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "heap-00"], "give both --base and --profile, or neither"),
        (
            ["--base", "heap-77", "--profile", "heap-12"],
            "--base heap-77: none of 13 profiles has this id, or this in its uri; there are heap-07.pb.gz, ",
        ),
        (
            ["--service", "nobody"],
            "--service nobody: none of 1 series of heap profiles has this service; there is checkout",
        ),
        (["-sample_index=cpu"], "sample_index 'cpu': the profile has alloc_objects"),
        (["--html", "no/folder/x.html"], "no/folder/x.html: cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(demo: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("diff", *arguments, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


@pytest.mark.parametrize("inputs", [[FIRST], [FIRST, LAST, DEMO_HEAPS / "heap-06.pb.gz"]])
def test_one_or_three_files_are_2(inputs: list[Path]) -> None:
    seen = heapscape("diff", *inputs)

    assert seen.code == 2
    assert "give the profile before and the profile after" in seen.err


def test_traces_have_no_first_and_last(traces: Path) -> None:
    seen = heapscape("diff", "--kind", "trace", "--db", traces)

    assert (seen.code, seen.out) == (2, "")
    assert "only heap profiles have a first and a last; name two of kind trace with --base and --profile" in seen.err


def test_two_traces_differ_by_how_long_their_goroutines_waited_to_run(traces: Path) -> None:
    seen = heapscape(
        "diff", "--kind", "trace", "-sample_index=sched_delay", "--base", "build=go1.22-trim/plain.trace",
        "--profile", "build=go1.27-trim/plain.trace", "--format", "json", "--nodecount", "0", "--db", traces,
    )  # fmt: skip

    (delays,) = heapscape(
        "sql",
        """
        SELECT SUM(CASE WHEN contains(uri, 'go1.27') THEN value ELSE -value END)::BIGINT AS grown
        FROM main.sample_value AS sample JOIN source ON source_id = profile_id JOIN stack USING (stack_id)
        WHERE sample_type = 'sched_delay' AND contains(uri, '/plain.trace') AND len(location_ids) > 0
        """,
        "--format", "json", "--db", traces,
    ).json()  # fmt: skip
    assert seen.code == 0
    assert sum(row["flat"] for row in seen.json()) == delays["grown"] != 0


def test_inputs_are_told_apart_by_all_of_their_names(tmp_path: Path) -> None:
    names = ["78", "heap", "heap-0", "a/h", "h"]
    for name, content in zip(names, (LAST, FIRST, LAST, FIRST, LAST), strict=True):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content.read_bytes())
    expected = heapscape("diff", FIRST, LAST).out

    for before, after in (("heap", "78"), ("heap", "heap-0"), ("a/h", "h"), ("a", "h"), ("a/*", "./h")):
        assert heapscape("diff", before, after).out == expected


def test_a_file_against_its_copy_differs_in_nothing(tmp_path: Path) -> None:
    Path("copy").write_bytes(LAST.read_bytes())

    assert "accounting for 0," in heapscape("diff", LAST, "copy").out


def test_an_input_without_a_profile_is_named(tmp_path: Path) -> None:
    Path("note.txt").write_text("note")

    seen = heapscape("diff", LAST, "note.txt")

    assert (seen.code, seen.out) == (2, "")
    assert "heapscape: note.txt: no profile could be read from it; give the profile before and" in seen.err


def test_an_input_of_several_moments_has_them_added_up_only_when_asked(tmp_path: Path) -> None:
    seen = heapscape("diff", FIRST, DEMO_HEAPS)

    assert seen.code == 2
    assert f"{DEMO_HEAPS}: fits 13 heap profiles, each of another moment" in seen.err
    assert heapscape("diff", FIRST, DEMO_HEAPS, "--merge").code == 0
