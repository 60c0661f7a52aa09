"""Assists of a program that makes them, by Go's own counts: events of the trace one by one, runtime/metrics, `go tool pprof -focus`."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

_EVENT = re.compile(r' (RangeBegin|RangeEnd) Time=(\d+) Name="GC mark assist" Scope=Goroutine\((\d+)\)')
_SAMPLES = re.compile(r"^Showing nodes accounting for (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left in its folder, and the seconds in assists before and after what was watched, and of the process."""

    folder: Path
    before: float
    after: float
    whole: float

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        with flow.open_warehouse(str(self.folder / "some.duckdb")) as connection:
            return connection.sql(query).fetchall()


# One worker makes the run of a version once.
RUNS = [pytest.param(version, marks=pytest.mark.xdist_group(f"assists-{version}")) for version in toolchain.SINCE_1_22]


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("assists")
    program = folder / "assists"
    toolchain.run_go(["build", "-o", program, toolchain.PROGRAMS / "assists" / "main.go"], version=request.param)
    done = subprocess.run([program, folder], env={"GODEBUG": "gctrace=1"}, capture_output=True, check=True)
    (folder / "gc.log").write_bytes(done.stderr)
    inputs = [str(folder / name) for name in ("gc.log", "go.trace", "cpu.pb.gz")]
    flow.ingest(inputs, str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "some.duckdb"))
    return Run(folder, *map(float, done.stdout.split()))


def test_each_goroutine_paid_for_the_assists_that_go_reads_in_the_trace(run: Run) -> None:
    theirs: defaultdict[int, list[int]] = defaultdict(list)
    for goroutine, begin, end in _assists(run.folder / "go.trace"):
        theirs[goroutine].append(end - begin)

    ours = run.asked(
        """
        SELECT goroutine, SUM(assist_count)::BIGINT, SUM(duration_ns)::BIGINT, MAX(longest_ns)
        FROM gc.assist GROUP BY goroutine
        """
    )

    assert {goroutine: told for goroutine, *told in ours} == {
        goroutine: [len(spans), sum(spans), max(spans)] for goroutine, spans in theirs.items()
    }
    assert run.asked("SELECT SUM(assist_count)::BIGINT FROM gc._trace_cycle") == [(sum(map(len, theirs.values())),)]
    # Eight goroutines allocate, in main.tree; the runtime and the profiler do little.
    ((share,),) = run.asked(
        "SELECT SUM(assist_count) FILTER (function = 'main.tree') / SUM(assist_count) FROM gc.assist"
    )
    assert share > 0.5


def test_time_in_assists_of_a_log_is_what_metrics_have(run: Run) -> None:
    ((told, cycles),) = run.asked(
        "SELECT SUM(assist_ns)::BIGINT / 1e9, COUNT(*) FROM gc.trigger WHERE source = 'gctrace'"
    )

    # fmtNSAsMS of runtime/mgc.go cuts off: two digits below 10 ms, whole milliseconds above.
    assert told <= run.whole < told + cycles * 0.001
    assert run.whole > 0.5


def test_time_in_assists_of_a_trace_is_that_of_metrics_and_what_goroutines_do_about_it(run: Run) -> None:
    ((told,),) = run.asked("SELECT SUM(assist_ns)::BIGINT / 1e9 FROM gc.trigger WHERE source = 'trace'")
    waiting_too = sum(end - begin for _, begin, end in _assists(run.folder / "go.trace")) / 1e9

    # The runtime counts its marking alone; executing in an assist is more than that, and an assist may wait.
    assert run.after - run.before > 0.5
    assert 0.99 * (run.after - run.before) <= told <= waiting_too


def test_samples_in_assists_are_those_that_pprof_finds_in_them(run: Run) -> None:
    profile = run.folder / "cpu.pb.gz"

    ((samples, cpu_s),) = run.asked(
        """
        SELECT SUM(samples)::BIGINT, SUM(cpu_ns)::BIGINT / 1e9
        FROM gc.cpu JOIN profile USING (profile_id) WHERE kind = 'cpu' AND category = 'assist'
        """
    )

    # Who ends the cycle does that in an assist and is told of as what he does; who takes and gives credit is in none yet.
    assert _focused(profile, r"^runtime\.gcAssistAlloc1") <= samples <= _focused(profile, r"^runtime\..*[aA]ssist")
    # A thread that waits for a core is in its assist for the runtime, and in no profile. Three deviations of what is sampled each 2 ms.
    assert 0 < cpu_s < run.after - run.before + 3 * (0.002 * cpu_s) ** 0.5


def _assists(path: Path) -> Iterator[tuple[int, int, int]]:
    """Goroutine, begin and end of each assist, as Go's tool prints its events."""
    began: dict[int, int] = {}
    for kind, time, goroutine in _EVENT.findall(toolchain.run_go(["tool", "trace", "-d=parsed", path])):
        if kind == "RangeBegin":
            began[int(goroutine)] = int(time)
        else:
            yield int(goroutine), began.pop(int(goroutine)), int(time)
    assert not began


def _focused(profile: Path, function: str) -> int:
    """Samples whose stack has a function of this name."""
    shown = ["-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", "-sample_index=samples"]
    text = toolchain.run_pprof(["-text", "-unit=count", *shown, f"-focus={function}", profile])
    found = _SAMPLES.search(text)
    return int(found[1]) if found else 0
