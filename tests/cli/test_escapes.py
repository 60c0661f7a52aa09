"""heapscape escapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import REPORT, heapscape


def test_without_arguments_it_is_all_that_goes_on_the_heap(demo: Path) -> None:
    verdicts = heapscape("escapes", "--db", demo, "--format", "json").json()

    text = REPORT.read_text()
    assert len(verdicts) == sum(text.count(words) for words in ("moved to heap: ", " escapes to heap\n"))
    assert {verdict["kind"] for verdict in verdicts} == {"moved_to_heap", "escapes"}


def test_all_has_what_stays_on_the_stack_too(demo: Path) -> None:
    kinds = {verdict["kind"] for verdict in heapscape("escapes", "--all", "--db", demo, "--format", "json").json()}

    assert kinds >= {"moved_to_heap", "escapes", "does_not_escape", "leaking_param"}


@pytest.mark.parametrize(
    "place", ["store/cache.go:21", "cache.go:21", "example.com/checkout/store/cache.go:21", "cache.go:21:2"]
)
def test_a_place_is_the_end_of_file_line_and_column(demo: Path, place: str) -> None:
    (verdict,) = heapscape("escapes", place, "--db", demo, "--format", "json").json()

    assert (verdict["line"], verdict["kind"], verdict["expression"]) == (21, "moved_to_heap", "entry")


def test_verdicts_are_lines_as_the_compiler_prints_them(demo: Path) -> None:
    where = ("--package", "example.com/checkout/store", "--db", demo)

    lines = heapscape("escapes", *where).out.splitlines()
    verdicts = heapscape("escapes", *where, "--format", "json").json()

    assert lines == [f"{one['file']}:{one['line']}:{one['column']}: {one['reason']}" for one in verdicts]
    assert len(lines) == 2


def test_flow_shows_the_steps_of_the_compiler(demo: Path) -> None:
    seen = heapscape("escapes", "store/cache.go:21", "--flow", "--db", demo)
    steps = heapscape("escapes", "store/cache.go:21", "--flow", "--db", demo, "--format", "json").json()

    lines = seen.out.splitlines()
    assert lines[0].startswith("example.com/checkout/store/cache.go:21:2: entry moved to heap")
    assert len(lines) == 1 + len(steps)
    assert "(address-of) at example.com/checkout/store/cache.go:26" in lines[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["che.go"], "che.go: no verdict fits; there are verdicts of example.com/checkout/"),
        (["21"], "21: no verdict fits; there are verdicts of example.com/checkout/"),
        (["nothing.go"], "nothing.go: no verdict fits; there are verdicts of example.com/checkout/"),
        (["--service", "nobody"], "--service nobody: none of 45 verdicts has this service; there is checkout; --all has others too"),
        (["--build", "0"], "--build 0: none of 45 verdicts has this build; there is 1.4.2"),
        (["--build", "1.4.2", "--package", "x"], "--package x: none of 45 verdicts with --build 1.4.2 has this package; there are checkout, "),
    ],
)  # fmt: skip
def test_no_verdict_says_which_part_fits_none(demo: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("escapes", *arguments, "--db", demo, "--format", "json")

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_a_line_without_a_verdict_in_a_file_that_has_some_is_no_error(demo: Path) -> None:
    seen = heapscape("escapes", "store/cache.go:1", "--db", demo, "--format", "json")

    assert (seen.code, seen.json()) == (0, [])
    assert seen.err == "store/cache.go:1: no verdict is of this line; --all has others too\n"


@pytest.mark.parametrize("arguments", [["nope.go:5"], ["nope.go:5", "--flow"]])
def test_a_place_without_verdicts_is_told_in_words_and_not_as_an_empty_table(demo: Path, arguments: list[str]) -> None:
    seen = heapscape("escapes", *arguments, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert seen.err.startswith("heapscape: nope.go:5: no verdict fits; there are verdicts of ")


pytestmark = pytest.mark.xdist_group("escapes")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a build, and the next, in which one escape went, one came and one moved."""
    folder = tmp_path_factory.mktemp("two")
    before = "# app/store\nstore/a.go:1:2: moved to heap: went\nstore/a.go:3:2: &T{} escapes to heap\nstore/a.go:9:2: moved to heap: same\n"
    after = "# app/store\nstore/a.go:4:2: &T{} escapes to heap\nstore/a.go:7:2: moved to heap: came\nstore/a.go:9:2: moved to heap: same\n"
    for build, text in (("1", before), ("2", after)):
        (folder / f"{build}.txt").write_text(text)
        lake = ("--lake", folder / "lake")
        assert heapscape("ingest", folder / f"{build}.txt", "--label", f"build={build}", *lake).code == 0
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "two.duckdb").code == 0
    return folder / "two.duckdb"


def test_flow_over_two_builds_says_which_is_which(two: Path) -> None:
    both = heapscape("escapes", "a.go:9", "--flow", "--db", two)
    alone = heapscape("escapes", "a.go:9", "--flow", "--build", "2", "--db", two)

    verdict = "store/a.go:9:2: same moved to heap"
    assert both.out == f"build 1:\n{verdict}\nbuild 2:\n{verdict}\n"
    assert alone.out == f"{verdict}\n"


def test_flow_of_two_services_explains_each_once(tmp_path: Path) -> None:
    flow = "store/a.go:9:2: x escapes to heap in main.f:\nstore/a.go:9:2:   flow: y ← &x:\nstore/a.go:9:2:     from &x (address-of) at store/a.go:10:3\nstore/a.go:9:2: moved to heap: x\n"
    for service in ("a", "b"):
        (tmp_path / f"{service}.txt").write_text(f"# app/store\n{flow}")
        heapscape("ingest", f"{service}.txt", "--label", f"service={service}", "--lake", "lake")
    heapscape("load", "--lake", "lake", "--db", "two.duckdb")

    seen = heapscape("escapes", "--flow", "--db", "two.duckdb")

    lines = seen.out.splitlines()
    assert (lines[0], lines[len(lines) // 2]) == ("a:", "b:")
    assert lines[1 : len(lines) // 2] == lines[len(lines) // 2 + 1 :]
    assert sum("(address-of)" in line for line in lines) == 2


def test_diff_tells_what_came_went_and_moved(two: Path) -> None:
    seen = heapscape("escapes", "--diff", "1", "2", "--db", two, "--format", "json")

    found = {(row["change"], row["expression"], row["line_before"], row["line_after"]) for row in seen.json()}
    assert found == {("removed", "went", 1, None), ("moved", "&T{}", 3, 4), ("added", "came", None, 7)}
    assert seen.err.strip() == "1 → 2: 1 added · 1 removed · 1 moved"


@pytest.mark.parametrize(("place", "expressions"), [("a.go:7", ["came"]), ("store/a.go:4:2", ["&T{}"]), ("a.go:9", [])])
def test_diff_is_of_a_place(two: Path, place: str, expressions: list[str]) -> None:
    seen = heapscape("escapes", place, "--diff", "1", "2", "--db", two, "--format", "json")

    assert [row["expression"] for row in seen.json()] == expressions


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["b.go"], "b.go: no verdict fits; there are verdicts of store/a.go"),
        (["--package", "b"], "--package b: none of 6 verdicts has this package; there is app/store"),
    ],
)
def test_a_diff_of_what_is_not_there_is_no_diff_without_rows(two: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("escapes", *arguments, "--diff", "1", "2", "--db", two)

    assert (seen.code, seen.out, seen.err) == (2, "", f"heapscape: {said}\n")


def test_two_builds_that_do_not_differ_are_told_in_words(two: Path) -> None:
    seen = heapscape("escapes", "--diff", "1", "1", "--db", two)

    assert (seen.code, seen.out, seen.err.strip()) == (0, "", "1 → 1: no escape differs")


def test_a_build_without_a_report_names_those_that_have_one(two: Path) -> None:
    seen = heapscape("escapes", "--diff", "1", "3", "--db", two)

    assert seen.code == 2
    assert "3: no escape report is of this build; there are reports of 1, 2." in seen.err


@pytest.mark.parametrize("option", [["--build", "1"], ["--all"], ["--flow"]])
def test_diff_has_no_other_choice_of_verdicts(two: Path, option: list[str]) -> None:
    seen = heapscape("escapes", "--diff", "1", "2", *option, "--db", two)

    assert (seen.code, seen.out) == (2, "")


def test_the_tree_is_drawn_with_the_flow_below_what_escapes(demo: Path) -> None:
    seen = heapscape("escapes", "--tree", "growth", "--db", demo, "-n", "5")

    assert (seen.code, seen.err) == (0, "")
    assert seen.out.splitlines() == [
        " 380.2 MiB  100.0 %  bytes gained from first to last profile",
        " 288.1 MiB   75.8 %    example.com/checkout/store",
        " 285.8 MiB   75.2 %      entry at cache.go:21",
        "                           → address-of: &entry · cache.go:26",
        "                           → call parameter: append(s.items, &entry) · cache.go:26",
        "and 7 more; print them with -n",
        "",
    ]


@pytest.mark.parametrize(
    ("weight", "bytes_of"),
    [
        ("growth", "SELECT SUM(growth_bytes) FROM attribution.growth_by_site WHERE growth_bytes > 0"),
        ("live", "SELECT last_bytes FROM heap.series"),
        ("alloc", "SELECT MAX(alloc_bytes) FROM heap.profiles"),
    ],
)
def test_the_whole_tree_weighs_what_the_profiles_say(demo: Path, weight: str, bytes_of: str) -> None:
    tree = heapscape("escapes", "--tree", weight, "--db", demo, "--format", "json").json()
    (row,) = heapscape("sql", bytes_of, "--db", demo, "--format", "json").json()

    assert tree[0]["label"] == "root"
    assert tree[0]["value"] == sum(node["self"] for node in tree) == next(iter(row.values()))


def test_a_package_has_its_part_of_the_tree(demo: Path) -> None:
    part = heapscape("escapes", "--tree", "live", "--package", "example.com/checkout/store", "--db", demo)

    assert part.out.splitlines()[:2] == [
        " 310.1 MiB  100.0 %  example.com/checkout/store",
        " 307.8 MiB   99.3 %    entry at cache.go:21",
    ]


def test_a_tree_of_nothing_says_why(demo: Path) -> None:
    seen = heapscape("escapes", "--tree", "growth", "--package", "none", "--db", demo)

    assert (seen.code, seen.out) == (0, "")
    assert "nothing of this choice grew; --tree live and --tree alloc" in seen.err


def test_a_tree_of_a_build_that_is_not_there_is_an_error(demo: Path) -> None:
    seen = heapscape("escapes", "--tree", "growth", "--build", "none", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "--build none: none of 1 series of heap profiles has this build; there is 1.4.2" in seen.err


@pytest.mark.parametrize("more", [["cache.go"], ["--all"], ["--flow"], ["--diff", "1", "2"]])
def test_a_tree_is_of_all_places(demo: Path, more: list[str]) -> None:
    seen = heapscape("escapes", *more, "--tree", "live", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "--tree draws all places" in seen.err


def test_levels_tell_what_is_certain_and_what_decides_of_the_rest(demo: Path) -> None:
    found = heapscape("escapes", "--level", "--db", demo, "--format", "json").json()
    every = heapscape("escapes", "--level", "--all", "--db", demo, "--format", "json").json()

    assert {row["certainty"] for row in found} == {"certain", "conditional"}
    assert {row["certainty"] for row in every} >= {"certain", "conditional", "stays"}
    assert all((row["condition"] is None) == (row["certainty"] != "conditional") for row in every)
    rates = [row["alloc_bytes_per_s"] for row in found if row["alloc_bytes_per_s"] is not None]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0


def test_levels_are_a_table_with_their_counts_and_what_savings_assume(demo: Path) -> None:
    seen = heapscape("escapes", "--level", "store/cache.go:21", "--db", demo)

    head, row = seen.out.splitlines()
    assert head.split()[:3] == ["allocated", "a", "second"]
    assert "entry" in row
    assert "certain" in row
    assert seen.err.startswith("1 certain\n")
    assert "GOGC=100" in seen.err


def test_levels_beyond_the_limit_are_counted(demo: Path) -> None:
    seen = heapscape("escapes", "--level", "--limit", "2", "--db", demo)
    every = heapscape("escapes", "--level", "--db", demo, "--format", "json").json()

    assert len(seen.out.splitlines()) == 3
    assert f"{len(every) - 2:,} more rows: --limit {len(every)}" in seen.err


@pytest.mark.parametrize("option", [["--flow"], ["--tree", "live"], ["--diff", "a", "b"]])
def test_levels_are_a_table_of_their_own(demo: Path, option: list[str]) -> None:
    seen = heapscape("escapes", "--level", *option, "--db", demo)

    assert seen.code == 2
    assert "--level is a table of its own" in seen.err


def test_levels_of_a_place_without_verdicts_say_what_there_is(demo: Path) -> None:
    seen = heapscape("escapes", "--level", "nothing.go", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "no verdict fits; there are verdicts of example.com/checkout/" in seen.err
