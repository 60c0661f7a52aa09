"""One run of one program that leaves everything behind, with every release of Go: all sources tell the same of its heap.

The program reads its own pauses and their ends, from which this says apart from the product what was when.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

PROGRAM = Path(__file__).parents[1] / "fixtures" / "programs" / "moments"
SETTINGS = "gctrace=1,gcpacertrace=1"
# Of a file: that of its process.
FOLDER = "regexp_extract(uri, '([^/]*)/[^/]*$', 1)"


@dataclass(frozen=True, slots=True)
class Told:
    """The database of a run, and what its program knew."""

    connection: duckdb.DuckDBPyConnection
    version: str
    truth: dict[str, Any]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module", params=toolchain.SINCE_1_22)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("moments")
    out = folder / "service=moments"
    out.mkdir()
    toolchain.run_go(["build", "-trimpath", "-o", folder / "moments", "."], version=request.param, cwd=PROGRAM)
    environ = {"TZ": "UTC", "GODEBUG": SETTINGS, "GOMAXPROCS": "2"}
    # Two processes of the same labels, one after the other, so that cycles of the same number are there twice.
    for name in ("first", "second"):
        (out / name).mkdir()
        with (out / name / "gc.log").open("w") as log:
            command = [str(folder / "moments"), "-out", str(out / name), "-moments", "5"]
            subprocess.run(command, env=environ, check=True, stderr=log, timeout=300)
    flow.ingest([str(out)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    with flow.open_warehouse(str(folder / "db.duckdb")) as connection:
        truth = {name: json.loads((out / name / "truth.json").read_text()) for name in ("first", "second")}
        yield Told(connection, request.param, truth)


def test_every_file_is_of_the_process_that_wrote_it(told: Told) -> None:
    files = told.rows(
        f"SELECT run, run_by, {FOLDER} FROM clock.file JOIN main.source AS files USING (source_id)"
        " WHERE run_by <> 'labels' ORDER BY 1"
    )

    assert len({(run, folder) for run, _, folder in files}) == len({run for run, *_ in files}) == 2
    # A log, a trace, metrics, MemStats, and five texts of the heap with theirs, which are profiles too; of two processes.
    assert sorted(by for _, by, _ in files) == ["cycles"] * 6 + ["file"] * 10 + ["pauses"] * 12


def test_cycles_end_when_the_program_says(told: Told) -> None:
    cycles = told.rows("SELECT cycle, ended_ns FROM clock.cycle ORDER BY ended_ns")

    known = [
        (truth["cycles"] - place, end)
        for truth in told.truth.values()
        for place, end in enumerate(map(_nanoseconds, truth["ends"]))
    ]
    # What came behind the last moment is told by the program alone.
    assert set(cycles) <= set(known)
    assert len(cycles) >= len(known) - 4


def test_clocks_agree_within_what_they_say_they_are_off_by(told: Told) -> None:
    clocks = told.rows("SELECT source, found_by, error_ns FROM clock.file WHERE source IN ('gctrace', 'trace')")

    found = "snapshot" if told.version >= toolchain.GO_1_25 else "cycles"
    assert {(source, by) for source, by, _ in clocks} == {("gctrace", "cycles"), ("trace", found)}
    # Of ten cycles and more; a clock that is printed in milliseconds.
    assert max(error for source, _, error in clocks if source == "gctrace") < 600_000
    assert max(error for source, _, error in clocks if source == "trace") < 50_000
    ends = told.rows(
        """
        SELECT
          ends.ended_ns - files.offset_ns - cycles.least_ns + files.error_ns + 64,
          cycles.most_ns + files.offset_ns + files.error_ns + 64 - ends.ended_ns
        FROM clock._trace_cycle AS cycles
        JOIN clock.trace_cycle AS numbers USING (trace_id, cycle_index)
        JOIN trace USING (trace_id)
        JOIN clock.file AS files ON files.source = 'trace' AND files.source_id = trace.source_id
        JOIN clock.cycle AS ends ON ends.run = numbers.run AND ends.cycle = numbers.cycle
        """
    )
    assert len(ends) > 5
    assert min(min(pair) for pair in ends) >= 0


def test_sizes_of_the_heap_agree_cycle_by_cycle_to_the_byte_or_as_they_are_printed(told: Told) -> None:
    sizes = told.rows(
        "SELECT quantity, source, reference, rest_bytes, cut_bytes FROM compare.heap_sources"
        " WHERE quantity <> 'profile' AND reference IS NOT NULL"
    )

    assert [row for row in sizes if row[3] != 0] == []
    assert all(cut == 0 or source == "gctrace" for _, source, _, _, cut in sizes)
    assert {(quantity, source) for quantity, source, reference, *_ in sizes if source != reference} >= {
        ("start", "gctrace"),
        ("end", "gctrace"),
        ("end", "pacer"),
        ("marked", "gctrace"),
        ("goal", "gctrace"),
        ("goal", "memstats"),
        ("objects", "memstats"),
        ("objects", "metrics"),
    }


def test_pauses_agree_cycle_by_cycle_as_far_as_each_source_tells_them(told: Told) -> None:
    names = dict(
        told.rows(
            f"SELECT DISTINCT run, {FOLDER} FROM clock.file JOIN main.source AS files USING (source_id)"
            " WHERE run_by <> 'labels'"
        )
    )
    known = {
        (name, truth["cycles"] - place): pause
        for name, truth in told.truth.items()
        for place, pause in enumerate(truth["pauses"])
    }

    rows = told.rows(
        "SELECT source, run, cycle, SUM(pause_ns)::BIGINT, COUNT(pause_ns) FROM gc.pause WHERE is_gc AND cycle > 0 GROUP BY ALL"
    )

    sums = {
        (source, names[run], cycle): pause
        for source, run, cycle, pause, count in rows
        if source == "memstats" or count > 1
    }
    of = {
        source: {key[1:]: pause for key, pause in sums.items() if key[0] == source}
        for source in ("memstats", "gctrace", "trace")
    }
    assert of["memstats"].items() <= known.items()
    # What came behind the last moment is told by the program alone, and by the log.
    assert len(of["memstats"]) >= len(known) - 4
    assert set(of["gctrace"]) == set(known)
    assert len(of["trace"]) > 5
    # Both begin before the runtime's own count does, by some microseconds, and end with it or after it. The log has what is
    # cut off after two digits or whole milliseconds, and microseconds at least; the trace's clock ticks every 64 ns.
    for source, most_cut, ticks in (("gctrace", 1.1, 2_000), ("trace", 1, 256)):
        both = [(pause, known[key]) for key, pause in of[source].items()]
        # Where the end of marking is tried twice, the log leaves out the first stop.
        assert len([pause for pause, least in both if pause * most_cut + ticks < least]) <= (source == "gctrace"), (
            source
        )
        assert median(pause - least for pause, least in both) < 100_000, source


def test_a_profile_of_every_allocation_is_what_was_marked(told: Told, tmp_path: Path) -> None:
    """Less what there was before the program set the rate, the same each time; behind runtime.GC, which waits until all is swept."""
    executable = tmp_path / "moments"
    toolchain.run_go(["build", "-trimpath", "-o", executable, "."], version=told.version, cwd=PROGRAM)
    environ = {"TZ": "UTC", "GODEBUG": SETTINGS, "GOMAXPROCS": "2"}
    with (tmp_path / "gc.log").open("w") as log:
        subprocess.run([executable, "-out", tmp_path, "-rate", "1"], env=environ, check=True, stderr=log, timeout=300)
    given = [str(path) for path in tmp_path.iterdir() if path.suffix in (".log", ".txt", ".gz", ".jsonl")]
    flow.ingest(given, str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    with flow.open_warehouse(str(tmp_path / "db.duckdb")) as connection:
        rests = connection.execute(
            """
            SELECT profiles.rest_bytes::BIGINT
            FROM compare.heap_sources AS profiles
            JOIN gctrace_cycle AS cycles USING (cycle)
            WHERE profiles.quantity = 'profile' AND cycles.is_forced
            """
        ).fetchall()

    missing = [-rest for (rest,) in rests]
    assert len(missing) == 4
    assert 0 < min(missing) <= max(missing) < 128 << 10
    assert max(missing) - min(missing) < 4096


def _nanoseconds(stamp: str) -> int:
    """Of a time as encoding/json writes it: nine digits at most, without zeros at their end."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole[:19]).replace(tzinfo=UTC).timestamp())
    return seconds * 1_000_000_000 + int(fraction.ljust(9, "0"))
