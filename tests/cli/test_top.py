"""heapscape top."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.builders.profile import profile
from tests.cli.seat import DEMO, DEMO_HEAPS, EVERY_KIND, FIRST, LAST, Seen, heapscape, process

_BYTES = re.compile(r"^ *(-?\d+)B? +\S+% +\S+% +(-?\d+)B? +\S+%  (\S+)")


def figures(seen: Seen) -> dict[str, tuple[int, int]]:
    """Flat and cum of every printed function, of a text in bytes."""
    found = (_BYTES.match(line) for line in seen.out.splitlines())
    return {match[3]: (int(match[1]), int(match[2])) for match in found if match}


def functions(seen: Seen) -> list[str]:
    return [match[1] for match in re.finditer(r"%  (\S+)(?: \(.*\))?$", seen.out, flags=re.MULTILINE)]


def test_what_a_heap_gained_in_some_seconds_is_shown_when_it_is_named(tmp_path: Path) -> None:
    heaps = [("live", 0), ("older", 0), ("gained", 2_000_000_000)]
    for name, duration_ns in heaps:
        time_ns = 1_700_000_000_000_000_000 - (10**9 if name == "older" else 0) + duration_ns
        (tmp_path / f"{name}.pb").write_bytes(profile(f"main.{name} 100", time_ns=time_ns, duration_ns=duration_ns))
    assert heapscape("ingest", tmp_path, "--lake", "lake").code == 0
    assert heapscape("load", "--lake", "lake").code == 0

    seen = heapscape("top")

    assert functions(seen) == ["main.live"]
    assert "live.pb, the newest of 2 that are no difference; choose with --profile" in seen.err
    assert functions(heapscape("top", "--profile", "gained")) == ["main.gained"]


def test_the_newest_heap_profile_is_shown_and_named(demo: Path) -> None:
    seen = heapscape("top", "--db", demo)

    assert seen.code == 0
    assert "heap-12.pb.gz, the newest of 13 profiles; choose with --profile" in seen.err
    assert "Type: inuse_space\n" in seen.out
    assert functions(seen)[0] == "example.com/checkout/store.(*Store).Put"


def test_json_has_the_numbers_of_the_text(demo: Path) -> None:
    where = ("--db", demo, "--profile", "heap-12")

    text = heapscape("top", "-unit=B", "-nodefraction=0", *where)
    json = heapscape("top", "--format", "json", *where)

    assert figures(text) == {row["function"]: (row["flat"], row["cum"]) for row in json.json()}
    assert len(json.json()) > 5


@pytest.mark.parametrize(
    "flag",
    [
        ["-sample_index=alloc_space"],
        ["-sample_index", "alloc_space"],
        ["--sample-index=alloc_space"],
        ["--sample-index", "alloc_space"],
        ["-alloc_space"],
        ["--alloc-space"],
        ["-sample_index=1"],
    ],
)
def test_every_spelling_of_the_sample_type_is_understood(demo: Path, flag: list[str]) -> None:
    seen = heapscape("top", *flag, "--profile", "heap-12", "--db", demo)

    assert "Type: alloc_space\n" in seen.out


def test_shorthands_choose_each_sample_type(demo: Path) -> None:
    for name in ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects"):
        assert f"Type: {name}\n" in heapscape("top", f"-{name}", "--db", demo).out


@pytest.mark.parametrize("flag", ["-cum", "--cum"])
def test_cum_sorts_by_cumulative_weight(demo: Path, flag: str) -> None:
    cums = [cum for _, cum in figures(heapscape("top", flag, "-unit=B", "--db", demo)).values()]

    assert len(cums) > 5
    assert cums == sorted(cums, reverse=True)


@pytest.mark.parametrize("flag", [["-nodecount=3"], ["-nodecount", "3"], ["--nodecount=3"], ["--nodecount", "3"]])
def test_nodecount_limits_the_rows(demo: Path, flag: list[str]) -> None:
    assert len(functions(heapscape("top", *flag, "--db", demo))) == 3


def test_focus_and_ignore_filter_samples(demo: Path) -> None:
    focused = heapscape("top", "-focus=session", "--db", demo)
    ignored = heapscape("top", "--ignore", "store|session", "--db", demo)

    assert "Active filters:\n   focus=session\n" in focused.out
    assert "example.com/checkout/store.(*Store).Put" not in functions(focused)
    assert not [name for name in functions(ignored) if "store" in name or "session" in name]


def test_a_filter_that_leaves_nothing_is_said(demo: Path) -> None:
    seen = heapscape("top", "-focus=zzz", "--db", demo)

    assert seen.code == 0
    assert "Focus expression matched no samples" in seen.err
    assert functions(seen) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-focus=("], "parsing focus regexp: error parsing regexp: missing closing ): `(`"),
        (["-ignore=["], "parsing ignore regexp: error parsing regexp: missing closing ]: `[`"),
        (
            ["-sample_index=inuse_spice"],
            'sample_index "inuse_spice" must be one of: [alloc_objects alloc_space inuse_objects inuse_space]',
        ),
        (["-sample_index=4"], "sample_index 4 is outside the range [0..3]"),
        (["--kind", "cpu"], "--kind cpu: none of 13 profiles has this kind; there is heap"),
        (["--service", "nobody"], "--service nobody: none of 13 profiles has this service; there is checkout"),
        (
            ["--profile", "heap-99"],
            "--profile heap-99: none of 13 profiles has this id, or this in its uri; there are heap-09.pb.gz, ",
        ),
        (["--profile", "heap-12", "--profile", "heap-99"], "--profile heap-99: none of 13 profiles has this id"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(demo: Path, arguments: list[str], said: str) -> None:
    seen = heapscape("top", *arguments, "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err


def test_a_unit_nobody_knows_is_2_and_those_there_are_are_named(demo: Path) -> None:
    seen = heapscape("top", "-unit=furlong", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "'furlong' is not a unit; there are minimum, auto, B, kB, MB" in " ".join(seen.err.split())


def test_a_file_is_answered_without_a_database(tmp_path: Path) -> None:
    seen = heapscape("top", LAST)

    assert seen.code == 0
    assert functions(seen)[0] == "example.com/checkout/store.(*Store).Put"
    assert list(tmp_path.iterdir()) == []


def test_files_are_added_up(demo: Path) -> None:
    exactly = ("-unit=B", "-nodefraction=0", "--db", demo)
    one, other = (figures(heapscape("top", *exactly, "--profile", name)) for name in ("heap-00", "heap-12"))

    both = figures(heapscape("top", "-unit=B", "-nodefraction=0", FIRST, LAST))

    name = "example.com/checkout/store.(*Store).Put"
    assert both[name][0] == one[name][0] + other[name][0]


def test_profiles_named_by_id_or_uri_are_added_up(demo: Path) -> None:
    first = heapscape(
        "sql", "SELECT profile_id FROM heap.profiles WHERE position = 0", "--db", demo, "--format", "json"
    ).json()[0]["profile_id"]

    by_both = heapscape("top", "-unit=B", "--profile", first, "--profile", "heap-12", "--db", demo)

    assert figures(by_both) == figures(heapscape("top", "-unit=B", FIRST, LAST))


def test_standard_input_is_read(demo: Path) -> None:
    seen = process("top", "-", "-nodecount=1", stdin=LAST.read_bytes())

    assert seen.code == 0
    assert "example.com/checkout/store.(*Store).Put" in seen.out


def test_a_refused_input_is_named_and_the_answer_is_of_the_others() -> None:
    seen = heapscape("top", LAST, DEMO / "notes.txt")

    assert seen.code == 1
    assert "notes.txt: not a format heapscape knows" in seen.err
    assert functions(seen)[0] == "example.com/checkout/store.(*Store).Put"


def test_only_refused_inputs_are_3_with_the_reason() -> None:
    seen = heapscape("top", DEMO / "notes.txt")

    assert (seen.code, seen.out) == (3, "")
    assert "notes.txt: not a format heapscape knows" in seen.err


def test_an_escape_report_alone_has_no_profile() -> None:
    seen = heapscape("top", DEMO / "escape-m2.txt")

    assert seen.code == 2
    assert "there are no profiles; put some in with: heapscape run INPUT..." in seen.err


@pytest.mark.parametrize("command", [("top",), ("peek", "main"), ("list", "main"), ("flame",)])
def test_profiles_without_a_common_sample_type_are_refused(command: tuple[str, ...]) -> None:
    seen = heapscape(*command, EVERY_KIND / "cpu.pb.gz", EVERY_KIND / "goroutine.pb.gz")

    assert seen.code == 2
    assert (
        "2 profiles of several kinds have no sample type in common: cpu (1), goroutine (1); choose one, as in --kind cpu"
        in seen.err
    )
    assert "added up" not in seen.err


@pytest.mark.parametrize(
    ("kind", "sample_type"),
    [("cpu", "cpu"), ("goroutine", "goroutine"), ("mutex", "delay"), ("block", "delay"), ("allocs", "alloc_space")],
)
def test_each_kind_shows_the_type_that_pprof_shows(every_kind: Path, kind: str, sample_type: str) -> None:
    assert f"Type: {sample_type}\n" in heapscape("top", "--kind", kind, "--db", every_kind).out


def test_the_time_is_local_to_when_the_profile_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    time.tzset()

    winter = heapscape("top", DEMO_HEAPS / "heap-00.pb.gz")

    assert re.search(r"^Time: 2026-11-\d\d \d\d:\d\d:\d\d EST$", winter.out, flags=re.MULTILINE)
