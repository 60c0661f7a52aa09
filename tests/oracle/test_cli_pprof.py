"""`heapscape top`, `peek` and `diff` against `go tool pprof`, line for line, on every profile among the fixtures."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.seat import FILES, heapscape
from tests.oracle import toolchain

pytestmark = pytest.mark.oracle

FLAGS: Sequence[Sequence[str]] = (
    [],
    ["-cum"],
    ["-nodecount=5"],
    ["-cum", "-nodecount=3"],
    ["-nodefraction=0"],
    ["-nodefraction=0.05"],
    ["-focus=main"],
    ["-ignore=main"],
    ["-focus=store|serve", "-ignore=index"],
    ["-unit=kb"],
    ["-unit=mb", "-cum"],
    ["-unit=auto"],
    ["-flat"],
    ["-focus=main", "-cum", "-nodecount=4", "-unit=B"],
    ["-sample_index=0"],
    ["-focus=nothing.matches"],
)
FILTERS: Sequence[Sequence[str]] = (
    ["-hide=runtime"],
    ["-hide=^main", "-cum"],
    ["-show=main|work"],
    ["-show=runtime", "-cum"],
    ["-show=everykind|checkout"],
    ["-show_from=main"],
    ["-show_from=runtime|work", "-cum"],
    ["-show_from=nothing.matches"],
    ["-hide=proc.go", "-show_from=work"],
    ["-focus=work|store", "-hide=runtime", "-show=."],
    ["-ignore=runtime", "-relative_percentages"],
    ["-focus=main", "-hide=gopark", "-relative_percentages", "-cum"],
    ["-show_from=store|work", "-relative_percentages", "-nodecount=4"],
    ["-hide=."],
    ["-hide=Inlined|mix|put", "-nodefraction=0"],
    ["-trim=false"],
    ["-trim=false", "-focus=runtime", "-nodecount=3"],
    ["-edgefraction=0.2", "-nodefraction=0"],
    ["-edgefraction=0"],
    ["-show=Put|create|parked|leaked", "-nodefraction=0", "-unit=B"],
)
PATTERNS = ("main", "^runtime", "Put|create|grow", ".")


@dataclass(frozen=True)
class Known:
    """A profile of the database."""

    profile_id: str
    uri: str
    types: Sequence[str]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All fixture profiles in one database, the clock on UTC."""
    folder = tmp_path_factory.mktemp("everything")
    heapscape("ingest", FILES, "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "h.duckdb").code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield folder / "h.duckdb"
    time.tzset()


@pytest.fixture(scope="module")
def profiles(db: Path) -> Sequence[Known]:
    query = """
    SELECT profile_id, uri, list(sample_type ORDER BY position) AS types
    FROM profile JOIN source USING (source_id) JOIN profile_sample_type USING (profile_id)
    WHERE uri LIKE '%.pb.gz'  -- `go tool pprof` reads neither traces nor dumps, and no names in text
    GROUP BY profile_id, uri ORDER BY uri
    """
    found = [
        Known(**{**row, "profile_id": str(row["profile_id"])})
        for row in heapscape("sql", query, "--db", db, "--format", "json").json()
    ]
    assert len(found) > 150
    return found


def pprof(arguments: Sequence[str | Path]) -> str:
    """What Go prints; the message alone where it refuses."""
    try:
        return toolchain.run_go(["tool", "pprof", *arguments], extra={"TZ": "UTC"})
    except toolchain.ToolchainError:
        return ""


def assert_equal(db: Path, asked: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    """Ask both; `asked` is pairs of pprof's arguments and of ours."""
    pprof(["-top", asked[0][0][-1]])
    differing = []
    with ThreadPoolExecutor(2) as pool:
        for (theirs, ours), expected in zip(asked, pool.map(pprof, (theirs for theirs, _ in asked)), strict=True):
            if heapscape(*ours, "--db", db).answer.decode() != expected:
                differing.append(theirs)
    assert differing == []


def test_top_of_every_profile_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    asked = []
    for place, profile in enumerate(profiles):
        flags = FLAGS[place % len(FLAGS)]
        chosen = f"-sample_index={profile.types[place % len(profile.types)]}"
        for words in (flags, [chosen, *FLAGS[7 * place % len(FLAGS)]]):
            asked.append((["-top", *words, profile.uri], ["top", *words, "--profile", profile.profile_id]))

    assert_equal(db, asked)


def test_top_with_every_flag_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    newest = [one for one in profiles if "everykind" in one.uri and "go1.27" in one.uri]
    asked = [
        (["-top", *words, one.uri], ["top", *words, "--profile", one.profile_id])
        for one in newest
        for words in [*FLAGS, *([f"-sample_index={name}"] for name in one.types)]
    ]

    assert len(newest) >= 8
    assert_equal(db, asked)


def test_top_with_every_filter_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    some = [one for one in profiles if ("everykind" in one.uri and "go1.27" in one.uri) or "heap-12" in one.uri]
    asked = [
        (["-top", *words, one.uri], ["top", *words, "--profile", one.profile_id])
        for place, one in enumerate(some)
        for words in (FILTERS if place % 4 == 0 else FILTERS[place % 4 :: 4])
    ]

    assert len(asked) >= 100
    assert_equal(db, asked)


def test_peek_and_difference_with_filters_are_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    first, last = (next(one for one in profiles if f"1.4.2/instance=a/heap-{n}" in one.uri) for n in ("00", "12"))
    asked = []
    for words in FILTERS:
        plain = [word for word in words if not re.match("-(node|trim|edge)", word)]
        difference = ["diff", *plain, "--base", first.profile_id, "--profile", last.profile_id]
        asked.append((["-top", *plain, f"-diff_base={first.uri}", last.uri], difference))
        if "nothing" not in words[0] and words != ["-hide=."]:
            asked.append(
                (["-peek=Put|main", *plain, last.uri], ["peek", "Put|main", *plain, "--profile", last.profile_id])
            )

    assert_equal(db, asked)


def test_peek_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    some = [one for one in profiles if "everykind" in one.uri or one.uri.endswith("heap-07.pb.gz")]
    asked = []
    for place, one in enumerate(some):
        for pattern in PATTERNS:
            words = FLAGS[(place + 1) % 4]
            words = [word for word in words if "nodecount" not in word]
            asked.append(
                ([f"-peek={pattern}", *words, one.uri], ["peek", pattern, *words, "--profile", one.profile_id])
            )

    assert_equal(db, asked)


def test_diff_of_first_and_last_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    folders: dict[Path, list[Known]] = {}
    for one in profiles:
        if Path(one.uri).name.startswith("heap-") and "everykind" not in one.uri:
            folders.setdefault(Path(one.uri).parent, []).append(one)
    asked = []
    for place, series in enumerate(folders.values()):
        first, last = series[0], series[-1]
        for words in (FLAGS[place % 4], [f"-sample_index={first.types[place % 4]}"], FLAGS[(place + 6) % len(FLAGS)]):
            # pprof would show no row without -nodefraction; ours shows none below its default either.
            asked.append(
                (
                    ["-top", *words, f"-diff_base={first.uri}", last.uri],
                    ["diff", *words, "--base", first.profile_id, "--profile", last.profile_id],
                )
            )

    assert len(folders) > 10
    assert_equal(db, [pair for pair in asked if not any("nodefraction" in word for word in pair[1])])


def test_diff_of_other_kinds_is_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    by_name: dict[str, list[Known]] = {}
    for one in profiles:
        if "everykind" in one.uri:
            by_name.setdefault(Path(one.uri).name, []).append(one)
    asked = [
        (
            ["-top", f"-diff_base={before.uri}", after.uri],
            ["diff", "--base", before.profile_id, "--profile", after.profile_id],
        )
        for before, after in (pair[:2] for pair in by_name.values() if len(pair) > 1)
    ]

    assert len(asked) >= 8
    assert_equal(db, asked)


def test_files_added_up_are_what_go_prints(db: Path, profiles: Sequence[Known]) -> None:
    series = [one for one in profiles if "build=1.4.2" in one.uri]
    words = [word for one in series for word in ("--profile", one.profile_id)]

    ours = heapscape("top", "-alloc_space", *words, "--db", db)

    assert ours.out == pprof(["-top", "-sample_index=alloc_space", *(one.uri for one in series)])
