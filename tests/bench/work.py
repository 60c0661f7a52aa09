"""What is measured: each work done by Go's own tools and by heapscape, on the same files.

Every function here runs in a process of its own, which nothing before it has warmed, filled or pinned.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pipeline import flow
from pipeline.cli.options import limits
from pipeline.config import MEMORY
from pipeline.formats import pprof
from pipeline.formats.gotrace.order import Ordered, ordered
from pipeline.formats.gotrace.recognise import version_of
from pipeline.formats.gotrace.window import in_memory
from pipeline.hashes import hexadecimal
from pipeline.inputs.find import find
from pipeline.inputs.read import read
from pipeline.values import Blob, Bytes
from pipeline.warehouse.query import ask
from tests.bench.big_profile import BENCH, parse_in_go
from tests.bench.big_trace import read_in_go_ms
from tests.bench.comparison import Comparison, in_turn, median_ms, on_one_core, peak_mib
from tests.oracle import toolchain

_LIMITS = limits(str(MEMORY.default))
_MEMORY_MIB = 1024.0
_TOP = """
SELECT function, flat, cum FROM flame.flat_cum
WHERE profile_id = (SELECT source_id FROM source WHERE source_hash = $profile) AND sample_type = $sample_type
ORDER BY abs(flat) DESC, abs(cum) DESC, function LIMIT 80
"""


def decode_large(file: Path, *, pairs: int, seconds: float) -> list[Comparison]:
    """One large profile: from the disk to columns."""
    on_one_core()
    times = in_turn(
        partial(_go_ms, [file], seconds=seconds),
        partial(median_ms, partial(_decoded, file), seconds=seconds),
        pairs=pairs,
    )
    return [Comparison("large heap profile decoded, one core", *times, target=0.3)]


def ingest_large(file: Path, *, pairs: int, seconds: float) -> list[Comparison]:
    """One large profile: from the disk to a committed lake, on one core and on all."""
    with _lakes() as lakes:
        go = partial(_go_ms, [file], seconds=seconds)
        ours = partial(median_ms, partial(_ingested, [file], lakes), seconds=seconds)
        free = Comparison("large heap profile to Parquet, all cores", *in_turn(go, ours, pairs=pairs), target=1.0)
        on_one_core()
        return [free, Comparison("… one core", *in_turn(go, ours, pairs=pairs), target=None)]


def order_trace(file: Path, *, pairs: int) -> list[Comparison]:
    """A large trace: in memory to rows in order, against Go's reader, which only iterates; and to a committed lake."""
    one_go = partial(read_in_go_ms, file, passes=3)
    data = np.fromfile(file, np.uint8)
    version = version_of(bytes(data[:16]))
    assert version is not None
    with _lakes() as lakes:
        ours = partial(median_ms, partial(_ingested, [file], lakes), seconds=0.0, runs=1)
        free = in_turn(one_go, ours, pairs=pairs)
        on_one_core()
        times = in_turn(one_go, partial(median_ms, partial(_ordered, data, version), seconds=0.5), pairs=pairs)
        written = in_turn(one_go, ours, pairs=pairs)
    return [
        Comparison("large trace decoded and ordered, one core", *times, target=0.25),
        Comparison("large trace to Parquet, all cores", *free, target=1.8),
        Comparison("… one core", *written, target=None),
    ]


def _ordered(data: Bytes, version: int) -> None:
    *_, last = ordered(in_memory(data), version)
    assert isinstance(last, Ordered)
    assert last.ending.fault is None


def ingest_small(files: Sequence[Path], *, pairs: int) -> list[Comparison]:
    """Many small profiles to a committed lake on one core: time, what the lake weighs, peak memory."""
    on_one_core()
    with _lakes() as lakes:
        _ingested(files[:1], lakes)
        # One core's time for all files, told per file.
        go, ours = partial(_go_ms, files, seconds=0.0, runs=1), partial(_elapsed_ms, partial(_ingested, files, lakes))
        theirs, mine = (tuple(ms / len(files) for ms in times) for times in in_turn(go, ours, pairs=pairs))
    offered = sum(file.stat().st_size for file in files) / 2**20
    series = [file for file in files if file.parent == files[0].parent]
    return [
        Comparison(f"{len(files):,} small heap profiles to Parquet, one core, per file", theirs, mine, target=0.8),
        Comparison("… the lake they make against the .pb.gz files", (offered,), (_lake_mib(files),), 1.0, "MiB"),
        Comparison(
            "… the same for the series of one instance",
            (sum(file.stat().st_size for file in series) / 2**20,),
            (_lake_mib(series),),
            1.0,
            "MiB",
        ),
    ]


def ingest_within_memory(files: Sequence[Path], what: str) -> list[Comparison]:
    """Peak memory of a process that ingests the files, against the documented gibibyte."""
    with _lakes() as lakes:
        _ingested(files, lakes)
    return [Comparison(f"{what}: peak memory", (_MEMORY_MIB,), (peak_mib(),), 1.0, "MiB")]


def ingest_text(file: Path, *, pairs: int) -> list[Comparison]:
    """A large heap profile as text: processor time and peak memory of a whole process, against `go tool pprof -proto`."""
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        pprof = [toolchain.go(), "tool", "pprof", "-proto", f"-output={scratch}/heap.pb.gz", file]
        environment = toolchain.environment()
        _used(pprof, environment)
        measured = [(_used(pprof, environment), _used(_ingesting(file, scratch, place))) for place in range(pairs)]
    what = f"{file.stat().st_size / 1e6:,.0f} MB of text heap profile to Parquet, processor time of all cores"
    return [
        Comparison(what, tuple(one[0] for one, _ in measured), tuple(one[0] for _, one in measured), 1.0),
        Comparison(
            "… peak memory", tuple(one[1] for one, _ in measured), tuple(one[1] for _, one in measured), 1.0, "MiB"
        ),
    ]


def ingest_log(file: Path, what: str, *, pairs: int) -> list[Comparison]:
    """A log: processor time of a whole process on one core, against what `wc -l` takes to read it; peak memory."""
    on_one_core()
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        measured = [
            (_used(["/usr/bin/env", "wc", "-l", file]), _used(_ingesting(file, scratch, place)))
            for place in range(pairs)
        ]
    times = tuple(one[0] for one, _ in measured), tuple(one[0] for _, one in measured)
    rate = file.stat().st_size / 1e3 / min(times[1])
    peak = tuple(one[1] for _, one in measured)
    return [
        Comparison(f"{what} to Parquet ({rate:,.0f} MB/s), against wc -l", *times, target=None),
        Comparison("… peak memory", (_MEMORY_MIB,) * pairs, peak, 1.0, "MiB"),
    ]


def _ingesting(file: Path, scratch: str, place: int) -> list[str | Path]:
    return [sys.executable, "-m", "pipeline", "ingest", file, "--lake", f"{scratch}/lake-{place}"]


def _used(command: Sequence[str | Path], environment: Mapping[str, str] = os.environ) -> tuple[float, float]:
    """Milliseconds of processor time that a process took, and MiB of memory at its peak."""
    process = os.posix_spawn(
        str(command[0]),
        list(map(str, command)),
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, one, os.devnull, os.O_WRONLY, 0) for one in (1, 2)],
    )
    _, status, used = os.wait4(process, 0)
    assert status == 0, command
    return 1e3 * (used.ru_utime + used.ru_stime), used.ru_maxrss / 1024


def ask_top(large: Path, others: Sequence[Path], *, pairs: int, seconds: float) -> list[Comparison]:
    """The heaviest functions of one profile: a whole `go tool pprof -top` against a query of a database."""
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        database = f"{scratch}/all.duckdb"
        flow.ingest([str(large), *map(str, others)], f"{scratch}/lake", labels={}, limits=_LIMITS)
        flow.load(f"{scratch}/lake", database)
        found = []
        for name, file in (("large", large), ("small", others[len(others) // 2])):
            wanted = {"profile": hexadecimal(_source_hash(file)), "sample_type": "inuse_space"}
            pprof_top = partial(median_ms, partial(_pprof_top, file), seconds=seconds)
            opening = partial(median_ms, partial(_open_and_ask, database, wanted), seconds=seconds)
            title = f"top of a {name} profile, from a database of {1 + len(others):,}"
            found.append(Comparison(title, *in_turn(pprof_top, opening, pairs=pairs), target=0.2))
            with flow.open_warehouse(database) as connection:
                asking = partial(median_ms, partial(ask, connection, _TOP, wanted), seconds=seconds)
                found.append(
                    Comparison("… on an open connection", *in_turn(pprof_top, asking, pairs=pairs), target=0.2)
                )
        return found


def _go_ms(files: Sequence[Path], *, seconds: float, runs: int = 3) -> float:
    return parse_in_go(list(files), seconds=seconds, runs=runs).median_ns / 1e6


def _decoded(file: Path) -> None:
    blobs = _blobs(file)
    for decoded in pprof.FORMAT.decode(blobs):
        assert not decoded.refusals, decoded.refusals


def _blobs(file: Path) -> list[Blob]:
    found = [blob for origin in find([str(file)], labels={}) for blob in read(origin, limits=_LIMITS)]
    return [blob for blob in found if isinstance(blob, Blob)]


def _lakes() -> tempfile.TemporaryDirectory[str]:
    """Where lakes are made, to be removed when all is measured: what Go reads it leaves nowhere."""
    return tempfile.TemporaryDirectory(dir=BENCH)


def _ingested(files: Sequence[Path], lakes: str) -> None:
    _ingest(files, tempfile.mkdtemp(dir=lakes))


def _ingest(files: Sequence[Path], lake: str) -> None:
    receipt = flow.ingest([str(file) for file in files], lake, labels={}, limits=_LIMITS)
    assert sum(receipt.ingested.values()) == len(files), f"{sum(receipt.ingested.values())} of {len(files)} went in"
    assert not receipt.refusals, receipt.refusals


def _lake_mib(files: Sequence[Path]) -> float:
    """What a lake of the files weighs, its logs with it."""
    with tempfile.TemporaryDirectory(dir=BENCH) as lake:
        _ingest(files, lake)
        return sum(path.stat().st_size for path in Path(lake).rglob("*") if path.is_file()) / 2**20


def _elapsed_ms(run: partial[None]) -> float:
    started = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - started)


def _pprof_top(file: Path) -> None:
    toolchain.run_pprof(["-top", "-sample_index=inuse_space", file])


def _open_and_ask(database: str, wanted: dict[str, object]) -> None:
    with flow.open_warehouse(database) as connection:
        assert ask(connection, _TOP, wanted).table.num_rows


def _source_hash(file: Path) -> int:
    (blob,) = _blobs(file)
    return blob.source.source_hash
