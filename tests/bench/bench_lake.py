"""What one large heap profile costs on its way into the lake; `python -m tests.bench.bench_lake [FOLDER]` prints it.

75,000 samples of three types, one stack each, 23 locations deep, the paths sharing their roots.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.lake import batch_log
from pipeline.lake.batch_log import Batch
from pipeline.lake.commit import commit, open_writer, settle
from pipeline.lake.datafile import encode
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.lake.verify import verify
from pipeline.schema import tables
from pipeline.values import DataFile, Int32s, Int64s, Written

_STACKS, _DEPTH, _LOCATIONS, _FUNCTIONS, _SAMPLES = 75_000, 23, 15_000, 6_000, 75_000


def main(folder: str) -> None:
    """Print what each step takes and weighs."""
    batch = {name: _declared(name, columns) for name, columns in _batch(np.random.default_rng(1)).items()}
    in_id_order = {name: _by_key(name, rows) for name, rows in batch.items()}
    for name, rows in in_id_order.items():
        size = encode(rows, table=tables()[name]).size
        took = _best(partial(encode, rows, table=tables()[name]))
        print(
            f"encode {name:12} {rows.num_rows:8} rows {size:9} bytes {took * 1e3:7.1f} ms {_speed(rows.nbytes, took)}"
        )
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for order, one in (("sorted already", in_id_order), ("as decoded", batch)):
            written = _write(scratch, one)
            took = _best(partial(_write, scratch, one))
            raw = sum(rows.nbytes for rows in one.values())
            size = sum(file.size_bytes for file in written.files)
            print(
                f"write, {order:15} {len(written.files):8} files {size:8} bytes {took * 1e3:7.1f} ms {_speed(raw, took)}"
            )
        _print_commit(scratch, batch)
        _print_small(scratch)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        _print_snapshot(scratch, batches=200)


def _print_commit(lake: str, batch: Mapping[str, pa.Table]) -> None:
    written = _write(lake, batch)
    started = time.perf_counter()
    known = commit(lake, written, known=read_known(lake))
    assert known
    settle(lake, known)
    print(f"commit {1e3 * (time.perf_counter() - started):44.1f} ms")
    started = time.perf_counter()
    found = [finding for finding in verify(read_snapshot(lake)) if finding.severity == "error"]
    print(f"verify {1e3 * (time.perf_counter() - started):44.1f} ms, {len(found)} errors")


def _print_small(lake: str) -> None:
    """Many adds of one service's small profiles: 300 samples over the same 300 stacks."""
    rng = np.random.default_rng(2)
    columns = _batch(rng, stacks=300, samples=300, locations=800, functions=500)
    parts = {name: _declared(name, one) for name, one in columns.items()}
    del parts["source"], parts["profile"]
    parts["sample"] = _no_source(parts["sample"])

    def run() -> None:
        with open_writer(lake) as writer:
            for number in range(500):
                writer.add({"source": _source_row(number), **_owned(parts, number)})

    took = _best(run, times=2)
    raw = 500 * sum(rows.nbytes for rows in parts.values())
    print(f"write, 500 small adds {took * 1e3:30.1f} ms {_speed(raw, took)}")


def _print_snapshot(lake: str, *, batches: int) -> None:
    names = sorted(name for name, table in tables().items() if table.in_lake and not table.partition)
    for number in range(1, batches + 1):
        files = tuple(DataFile(name, f"{name}/{number:032x}.parquet", 1000, 100_000) for name in names)
        sources = np.arange(number * 20, number * 20 + 20)
        batch_log.append(
            lake, Batch(number, max(0, number - 16), datetime(2026, 11, 23, tzinfo=UTC), "bench", sources, files)
        )
        if number % 16 == 0:
            batch_log.roll_forward(lake, batch_log.since(lake, number - 16))
    took = _best(lambda: read_snapshot(lake))
    print(f"read_snapshot after {batches} batches {took * 1e3:22.1f} ms")


def _write(lake: str, batch: Mapping[str, pa.Table]) -> Written:
    with open_writer(lake) as writer:
        writer.add(batch)
    return writer.written


def _best(run: Callable[[], object], *, times: int = 7) -> float:
    def timed() -> float:
        started = time.perf_counter()
        run()
        return time.perf_counter() - started

    return min(timed() for _ in range(times))


def _speed(size_bytes: int, seconds: float) -> str:
    return f"{size_bytes / seconds / 1e6:6.0f} MB/s"


def _declared(name: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = tables()[name].schema
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field, column in ((field, columns[field.name]) for field in schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _by_key(name: str, rows: pa.Table) -> pa.Table:
    return rows.sort_by(tables()[name].sort[0]) if tables()[name].sort else rows


def _source_row(number: int) -> pa.Table:
    return _declared("source", _source(number))


def _no_source(sample: pa.Table) -> pa.Table:
    return sample.drop_columns(["profile_hash"])


def _owned(parts: Mapping[str, pa.Table], number: int) -> dict[str, pa.Table]:
    sample = parts["sample"]
    owner = pa.array(np.full(sample.num_rows, number, np.int64))
    return {**parts, "sample": sample.add_column(0, "profile_hash", owner)}


def _source(number: int) -> dict[str, Any]:
    return {
        "source_hash": [number],
        "uri": ["heap.pb.gz"],
        "format": ["pprof"],
        "status": ["ingested"],
        "reason": [None],
        "size_bytes": [1],
        "sha256": ["0" * 64],
        "ingested_at": [datetime(2026, 11, 23, tzinfo=UTC)],
        "path": ["heap.pb.gz"],
        "offered_hash": [None],
    }


def _batch(
    rng: np.random.Generator,
    *,
    stacks: int = _STACKS,
    samples: int = _SAMPLES,
    locations: int = _LOCATIONS,
    functions: int = _FUNCTIONS,
) -> dict[str, dict[str, Any]]:
    location_hashes, function_hashes, stack_hashes = (_ids(rng, count) for count in (locations, functions, stacks))
    label_sets = _ids(rng, 200)
    index = np.repeat(np.arange(stacks, dtype=np.int32), -(-samples // stacks))[:samples]
    refs = location_hashes[_paths(rng, stacks, locations)[:, ::-1]].ravel()
    names = [f"example.org/team{i % 17}/app{i % 91}/pkg{i % 301}.(*Type{i % 700}).method{i}" for i in range(functions)]
    return {
        "source": _source(99),
        "profile": _profile(),
        "sample": {
            "profile_hash": np.full(samples, 99, np.int64),
            "sample_index": np.arange(samples, dtype=np.int32),
            "stack_hash": stack_hashes[index],
            **{f"value_{place}": (rng.pareto(1.1, samples) * 512).astype(np.int64) for place in range(4)},
            "more_values": pa.nulls(samples, pa.list_(pa.int64())),
            "label_set_hash": label_sets[rng.integers(0, 200, stacks)][index],
            "kind": ["heap"] * samples,
            "day": np.full(samples, 20780, np.int32),
        },
        "stack": {
            "stack_hash": stack_hashes,
            "location_hashes": pa.ListArray.from_arrays(
                pa.array(np.arange(0, len(refs) + 1, _DEPTH), pa.int32()), pa.array(refs)
            ),
        },
        "location": _location(rng, location_hashes, function_hashes),
        "function": {
            "function_hash": function_hashes,
            "name": names,
            "system_name": names,
            "package": [name.split(".(")[0] for name in names],
            "file": [f"example.org/team{i % 17}/app{i % 91}/pkg{i % 301}/file{i % 1500}.go" for i in range(functions)],
            "start_line": rng.integers(1, 2000, functions),
        },
        "mapping": {field.name: [_mapping_value(field.type)] for field in tables()["mapping"].schema},
        "label_set": {"label_set_hash": label_sets, "labels": [_labels(i) for i in range(len(label_sets))]},
    }


def _profile() -> dict[str, Any]:
    """One row with a zero, an empty text or an empty list wherever there may be no NULL."""
    row = {field.name: [None if field.nullable else _blank(field.type)] for field in tables()["profile"].schema}
    return {**row, "kind": ["heap"], "profile_hash": [99], "source_hash": [99]}


def _blank(kind: pa.DataType) -> Any:
    if pa.types.is_nested(kind):
        return []
    if pa.types.is_temporal(kind):
        return datetime(2026, 11, 23, tzinfo=UTC) if pa.types.is_timestamp(kind) else date(2026, 11, 23)
    return "" if pa.types.is_string(kind) else 0


def _location(rng: np.random.Generator, ids: Int64s, function_hashes: Int64s) -> dict[str, Any]:
    """Every fifth location has a second line: a function inlined into another."""
    counts = np.where(np.arange(len(ids)) % 5 == 0, 2, 1)
    total = int(counts.sum())
    kind = tables()["location"].schema.field("lines").type.value_type
    columns = [
        function_hashes[rng.integers(0, len(function_hashes), total)],
        rng.integers(1, 3000, total),
        np.zeros(total, np.int64),
    ]
    lines = pa.StructArray.from_arrays([pa.array(column) for column in columns], fields=list(kind))
    return {
        "location_hash": ids,
        "mapping_hash": np.full(len(ids), 77, np.int64),
        "address": rng.integers(0x400000, 0x2000000, len(ids), dtype=np.int64),
        "is_folded": np.zeros(len(ids), np.bool_),
        "lines": pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), lines),
    }


def _mapping_value(kind: pa.DataType) -> object:
    return {"int64": 77, "string": "/bin/app", "bool": True}[str(kind)]


def _labels(number: int) -> list[dict[str, Any]]:
    return [{"key": "bytes", "str": None, "num": 16 * number, "num_unit": "bytes"}]


def _paths(rng: np.random.Generator, stacks: int, locations: int) -> Int64s:
    """Paths root first: each leaves one of an earlier generation at some depth."""
    paths = _frequent(rng, (1, _DEPTH), locations)
    for count, earliest in ((20, 1), (400, 3), (6000, 8), (stacks, 14)):
        parents = paths[rng.integers(0, len(paths), count)]
        leaves_at = rng.integers(earliest, _DEPTH, count)[:, None]
        rare = rng.integers(0, locations, (count, _DEPTH))
        fresh = np.where(rng.random((count, _DEPTH)) < 0.5, rare, _frequent(rng, (count, _DEPTH), locations))
        paths = np.where(np.arange(_DEPTH) < leaves_at, parents, fresh)
    return paths


def _frequent(rng: np.random.Generator, shape: tuple[int, int], locations: int) -> Int64s:
    return np.minimum((rng.pareto(0.9, shape) * 20).astype(np.int64), locations - 1)


def _ids(rng: np.random.Generator, count: int) -> Int64s:
    return rng.integers(-(2**63), 2**63, count)


def _words(codes: Int64s | Int32s, words: list[str]) -> pa.Array[Any]:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
