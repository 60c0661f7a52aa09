"""What a fleet's lake and database cost, as whole processes: time and peak memory, against each other and against limits."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import duckdb

from pipeline import flow
from pipeline.config import MEMORY
from pipeline.warehouse.modules import modules
from tests.bench.comparison import Comparison
from tests.bench.fleet import BENCH, MOMENTS, fleet, write_fleet

_ROOT = Path(__file__).parents[2]
_GIBIBYTE = 1024.0
_QUESTION_MS, _QUESTION_MIB = 1000.0, 400.0
_MORE_MS, _MORE_MIB = 3000.0, 500.0
_AGAIN_MS = 1500.0
_VIEW_MS = 10_000.0
# Then it is ended, before it fills the disk.
_VIEW_LIMIT_S = 60.0
# Time and memory of a profile in a larger fleet, against those in the smallest.
_FLAT = 1.2
_QUESTIONS = {
    "growth": ["growth"],
    "top": ["top"],
    "flame": ["flame", "-o", "flame.html"],
    "peek": ["peek", "method7"],
    "diff": ["diff"],
}


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took, and those it waited for; of memory the most that one of them held."""

    elapsed_ms: float
    processor_ms: float
    peak_mib: float


def follow_fleets(sizes: Sequence[int]) -> list[Comparison]:
    """Fleets of several sizes, and what a profile costs in the larger ones against the smallest."""
    found: list[Comparison] = []
    costs: dict[int, Mapping[str, Used]] = {}
    for profiles in sizes:
        comparisons, costs[profiles] = _follow(profiles)
        found += comparisons
    smallest, *larger = sizes
    for profiles in larger:
        for step, used in costs[profiles].items():
            before = costs[smallest][step]
            what = f"{step}: one of {profiles:,} profiles against one of {smallest:,}"
            times = (before.processor_ms / smallest,), (used.processor_ms / profiles,)
            peaks = (1024 * before.peak_mib / smallest,), (1024 * used.peak_mib / profiles,)
            found.append(Comparison(f"{what}, processor time", *times, _FLAT))
            found.append(Comparison(f"{what}, peak memory", *peaks, _FLAT, "KiB"))
    return found


def _follow(profiles: int) -> tuple[list[Comparison], Mapping[str, Used]]:
    """Ingest, load, ten more profiles, the same again, questions, and every public view over all."""
    offered, more = fleet(profiles), _more()
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        ingest = ["ingest", str(offered), "--lake", "lake"]
        load = ["load", "--lake", "lake", "--db", "all.duckdb", "--memory", "1GiB"]
        ingested = _run([*ingest, "--jobs", "2"], scratch)
        loaded = _run(load, scratch)
        lake_mib, database_mib = _mib(f"{scratch}/lake"), _mib(f"{scratch}/all.duckdb")
        again = _run(ingest, scratch)
        added = _run(["ingest", str(more), "--lake", "lake"], scratch)
        followed = _run(load, scratch)
        ten_ms, ten_mib = added.elapsed_ms + followed.elapsed_ms, max(added.peak_mib, followed.peak_mib)
        found = [
            Comparison(f"{profiles:,} profiles: ingest, peak memory", (_GIBIBYTE,), (ingested.peak_mib,), 1.0, "MiB"),
            Comparison("… load against ingest", (ingested.elapsed_ms,), (loaded.elapsed_ms,), 1.0),
            Comparison("… load, peak memory", (_GIBIBYTE,), (loaded.peak_mib,), 1.0, "MiB"),
            Comparison("… the database against the lake", (lake_mib,), (database_mib,), 2.5, "MiB"),
            Comparison("… all of them offered again", (_AGAIN_MS,), (again.elapsed_ms,), 1.0),
            Comparison("… the same, processor time", (_AGAIN_MS,), (again.processor_ms,), 1.0),
            Comparison("… ten more: ingest and load", (_MORE_MS,), (ten_ms,), 1.0),
            Comparison("… the same, processor time", (_MORE_MS,), (added.processor_ms + followed.processor_ms,), 1.0),
            Comparison("… ten more, peak memory", (_MORE_MIB,), (ten_mib,), 1.0, "MiB"),
        ]
        for name, arguments in _QUESTIONS.items():
            used = _run([*arguments, "--db", "all.duckdb"], scratch)
            found.append(Comparison(f"… heapscape {name}", (_QUESTION_MS,), (used.elapsed_ms,), 1.0))
            found.append(Comparison(f"… heapscape {name}, peak memory", (_QUESTION_MIB,), (used.peak_mib,), 1.0, "MiB"))
        # What this process held itself would count as held by every process that it starts from then on.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            found += alone.submit(_views, f"{scratch}/all.duckdb").result()
        return found, {"ingest": ingested, "load": loaded}


def follow_trace(file: Path, *, pairs: int) -> list[Comparison]:
    """A large trace: ingest, and a new database of the lake."""
    ingested, loaded = [], []
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        for pair in range(pairs):
            lake, database = f"{pair}.lake", f"{pair}.duckdb"
            ingested.append(_run(["ingest", str(file), "--lake", lake], scratch).elapsed_ms)
            loaded.append(_run(["load", "--lake", lake, "--db", database], scratch).elapsed_ms)
        found = (_mib(f"{scratch}/{lake}"),), (_mib(f"{scratch}/{database}"),)
    size = file.stat().st_size / 1e6
    return [
        Comparison(f"a trace of {size:.0f} MB: load against ingest", tuple(ingested), tuple(loaded), 1.0),
        Comparison("… the database against the lake", *found, 8.0, "MiB"),
    ]


def start() -> list[Comparison]:
    """The help, a question about one file and one about a database, warm; and `make run` from an empty clone."""
    file = str(next(fleet(MOMENTS).rglob("*.pb.gz")))
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        _run(["ingest", file, "--lake", "lake"], scratch)
        _run(["load", "--lake", "lake", "--db", "one.duckdb"], scratch)
        found = [
            Comparison(
                f"heapscape {name}", (limit,) * 5, tuple(_run(arguments, scratch).elapsed_ms for _ in range(5)), 1.0
            )
            for name, arguments, limit in (
                ("--help", ["--help"], 150.0),
                ("top FILE", ["top", file], 600.0),
                ("top", ["top", "--db", "one.duckdb"], 300.0),
            )
        ]
        return [*found, _first_run(f"{scratch}/clone")]


def _first_run(clone: str) -> Comparison:
    """All that a newcomer waits for: an environment, what is installed into it, the kernels, the main job."""
    subprocess.run(["git", "clone", "--quiet", str(_ROOT), clone], check=True)
    system = {"HOME": os.environ.get("HOME", clone), "PATH": os.defpath}
    python = os.path.realpath(sys.executable)
    started = time.perf_counter()
    subprocess.run(["make", "run", f"PYTHON={python}"], cwd=clone, env=system, check=True, stdout=subprocess.DEVNULL)
    return Comparison("make run, an empty clone", (60_000.0,), (1e3 * (time.perf_counter() - started),), 1.0)


def _more() -> Path:
    """Ten profiles of instances that the fleet has, a moment later."""
    folder = BENCH / "fleet-more"
    if not folder.exists():
        write_fleet(folder, series=1, moments=range(MOMENTS, MOMENTS + 10), services=1)
    return folder


def _views(database: str) -> list[Comparison]:
    """Every public view read to its end in DuckDB, with the memory that commands have; those that take longest are told."""
    # DuckDB draws its progress there, in a process that it takes for somebody's.
    with open(os.devnull, "w", encoding="ascii") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    took: dict[str, float] = {}
    with flow.open_warehouse(database, memory=str(MEMORY.default)) as connection:
        for name, module in modules().items():
            if module.kind == "VIEW" and "._" not in name:
                took[name] = _read(connection, f"FROM {name}")
    slowest = sorted(took, key=lambda name: -took[name])[:5]
    return [Comparison(f"… FROM {name}", (_VIEW_MS,), (took[name],), 1.0) for name in slowest]


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Milliseconds until its last row has come, or until it was ended; infinite where memory does not do."""
    started = time.perf_counter()
    limit = threading.Timer(_VIEW_LIMIT_S, connection.interrupt)
    limit.start()
    try:
        for _ in connection.sql(query).to_arrow_reader(1 << 16):
            pass
    except duckdb.InterruptException:
        pass
    except duckdb.OutOfMemoryException:
        return math.inf
    finally:
        limit.cancel()
        limit.join()
    return 1e3 * (time.perf_counter() - started)


def _run(arguments: Sequence[str], folder: str) -> Used:
    """What one command took; raises RuntimeError when it fails."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    started = time.perf_counter()
    command = [sys.executable, "-m", "pipeline", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"heapscape {' '.join(arguments)}: exit code {process.returncode}")
    elapsed = 1e3 * (time.perf_counter() - started)
    return Used(elapsed, 1e3 * (used.ru_utime + used.ru_stime), used.ru_maxrss / 1024)


def _mib(path: str) -> float:
    files = [Path(path)] if Path(path).is_file() else [file for file in Path(path).rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20
