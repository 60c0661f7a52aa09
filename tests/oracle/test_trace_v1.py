"""Traces before Go 1.22 against Go's own reader of them: events, weights of stacks, what is refused, and the audits."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.warehouse.modules import modules
from tests.builders.trace_v1 import RICH
from tests.formats.gotrace.reading import events
from tests.oracle import test_trace_pprof, toolchain
from tests.oracle.trace_lines import lines

pytestmark = pytest.mark.oracle

LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
AUDITS = sorted(name for name in modules() if name.startswith("audit."))
# Those of Go's tree, of Go 1.11, 1.19 and 1.21.
NAMES = (
    "fmt_1_21_pprof_good",
    "http_1_19_good",
    "http_1_21_good",
    *(f"stress_1_{version}_good" for version in (11, 19, 21)),
    *(f"stress_start_stop_1_{version}_good" for version in (11, 19, 21)),
    *(f"user_task_region_1_{version}_good" for version in (11, 19, 21)),
)


def folder() -> Path:
    toolchain.go()
    return toolchain.goroot() / "src" / "internal" / "trace" / "internal" / "tracev1" / "testdata"


def ours(path: Path) -> list[str]:
    return [part for line in lines(path) for part in line.split("\n") if part]


def our_fault(content: bytes) -> str:
    return str(events(content)[1])


def told(printed: list[str]) -> list[tuple[int, str]]:
    """Each event's time, and its words with the stacks behind them."""
    found: list[tuple[int, str]] = []
    for line in printed:
        if line.startswith("M="):
            before, _, rest = line.partition(" Time=")
            time, _, behind = rest.partition(" ")
            found.append((int(time), f"{before} {behind}"))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
    return found


def theirs(path: Path) -> tuple[list[str], str]:
    """The lines that `go tool trace -d=parsed` prints without the empty ones, and what it says of a fault."""
    command = [str(toolchain.go()), "tool", "trace", "-d=parsed", str(path)]
    done = subprocess.run(command, env=toolchain.environment() | {"TZ": "UTC"}, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "replace")
    return [line for line in text.split("\n") if line], done.stderr.decode("utf-8", "replace")


def canonical(found: list[tuple[int, str]]) -> list[str]:
    """The words, events that follow each other within a nanosecond in the order of their words.

    Go leaves to chance in which order events of one tick of different procs come, and goroutines it tells of at once.
    """
    runs = groupby(enumerate(found), key=lambda place: place[1][0] - place[0])
    return [text for _, run in runs for text in sorted(words for _, (_, words) in run)]


def test_there_are_no_other_files() -> None:
    assert sorted(path.name for path in folder().iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_gos(name: str) -> None:
    printed, fault = theirs(folder() / name)
    mine, gos = told(ours(folder() / name)), told(printed)

    assert not fault
    assert len(mine) > 25
    assert [time for time, _ in mine] == [time for time, _ in gos]
    assert canonical(mine) == canonical(gos)
    # Chance has a say in few of them.
    assert sum(one != other for one, other in zip(mine, gos, strict=True)) < 40


def test_some_of_everything_is_gos(tmp_path: Path) -> None:
    (tmp_path / "rich.trace").write_bytes(RICH)

    assert ours(tmp_path / "rich.trace") == theirs(tmp_path / "rich.trace")[0]


def test_changed_and_cut_off_traces_are_refused_where_go_refuses_them(tmp_path: Path) -> None:
    draw = random.Random(20261125)
    path = tmp_path / "changed.trace"
    seeds = [RICH, *((folder() / name).read_bytes() for name in NAMES if name.startswith("user_task"))]
    refused = 0
    for _ in range(200):
        changed = bytearray(draw.choice(seeds))
        if draw.random() < 0.1:
            del changed[draw.randrange(16, len(changed)) :]
        changed[draw.randrange(16, len(changed))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
        path.write_bytes(changed)
        printed, fault = theirs(path)
        mine = ours(path)
        # Go notices a name of a frame that is not there, and where a goroutine begins, when it is to be printed.
        if "panic" in fault or (not fault and "a stack names string" in our_fault(bytes(changed))):
            continue

        assert (mine[-1] == "ERROR") == bool(fault), fault
        assert fault or len(mine) == len(printed)
        refused += bool(fault)
    assert 40 < refused < 160


@pytest.mark.parametrize("name", NAMES)
def test_stacks_weigh_what_they_weigh_in_go(name: str) -> None:
    for kind, mine in test_trace_pprof.ours(folder() / name).items():
        gos = test_trace_pprof.theirs(folder() / name, kind)

        assert {stack: count for stack, (count, _) in mine.items()} == {
            stack: count for stack, (count, _) in gos.items()
        }
        # Chance may move an event by a nanosecond or two.
        assert [stack for stack, (_, delay) in mine.items() if abs(delay - gos[stack][1]) > 40] == []


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    place = tmp_path_factory.mktemp("v1")
    (place / "rich.trace").write_bytes(RICH)
    receipt = flow.ingest([str(folder()), str(place / "rich.trace")], str(place / "lake"), labels={}, limits=LIMITS)
    assert receipt.refusals == ()
    flow.load(str(place / "lake"), str(place / "v1.duckdb"))
    with flow.open_warehouse(str(place / "v1.duckdb")) as connection:
        yield connection


@pytest.mark.parametrize("audit", AUDITS)
def test_audits_are_empty(database: duckdb.DuckDBPyConnection, audit: str) -> None:
    assert database.sql(f"FROM {audit} LIMIT 5").fetchall() == []


def test_every_goroutine_and_proc_has_its_times(database: duckdb.DuckDBPyConnection) -> None:
    versions = database.sql("SELECT wire_version, COUNT(*) FROM trace GROUP BY ALL ORDER BY ALL").fetchall()
    most = database.sql("SELECT MAX(proc) FROM sched.proc").fetchall()

    assert versions == [("1.11", 3), ("1.19", 4), ("1.21", 6)]
    assert most[0][0] < 100


def test_what_may_not_be_held_is_refused_with_what_to_do(tmp_path: Path) -> None:
    small = Limits(max_plain_bytes=100_000, max_ratio=1_100, max_members=10_000, max_depth=3)

    receipt = flow.ingest([str(folder() / "stress_1_11_good")], str(tmp_path / "lake"), labels={}, limits=small)

    ((_, reason),) = receipt.refusals
    assert "370,129 bytes, and 100,000 may be held; give more --memory" in reason
