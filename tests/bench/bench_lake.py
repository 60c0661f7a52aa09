"""What one large heap profile costs on its way into the lake; `python -m tests.bench.bench_lake [FOLDER]` prints it.

75,000 samples of three types, one stack each, 23 locations deep, the paths sharing their roots.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.lake.commit import commit, open_writer
from pipeline.lake.datafile import encode
from pipeline.lake.manifest import Entry, append
from pipeline.lake.snapshot import read_snapshot
from pipeline.lake.verify import verify
from pipeline.schema import tables
from pipeline.values import DataFile, Int32s, Int64s, UInt64s, Written

_STACKS, _DEPTH, _LOCATIONS, _FUNCTIONS, _SAMPLES = 75_000, 23, 15_000, 6_000, 220_000


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
        _print_snapshot(scratch, entries=5000)


def _print_commit(lake: str, batch: Mapping[str, pa.Table]) -> None:
    written = _write(lake, batch)
    started = time.perf_counter()
    commit(lake, written)
    print(f"commit {1e3 * (time.perf_counter() - started):44.1f} ms")
    started = time.perf_counter()
    found = [finding for finding in verify(lake) if finding.severity == "error"]
    print(f"verify {1e3 * (time.perf_counter() - started):44.1f} ms, {len(found)} errors")


def _print_small(lake: str) -> None:
    """Many adds of one service's small profiles: 300 samples over the same 300 stacks."""
    rng = np.random.default_rng(2)
    columns = _batch(rng, stacks=300, samples=900, locations=800, functions=500)
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


def _print_snapshot(lake: str, *, entries: int) -> None:
    for version in range(1, entries + 1):
        files = tuple(
            DataFile(name, f"{name}/{version:032x}.parquet", 1000, 100_000, f"{version:064x}")
            for name in sorted(tables())
        )
        append(
            lake,
            Entry(version, "2026-11-23T00:00:00Z", "bench", frozenset(range(version * 20, version * 20 + 20)), files),
        )
    took = _best(lambda: read_snapshot(lake))
    known = read_snapshot(lake)
    again = _best(lambda: read_snapshot(lake, since=known))
    print(f"read_snapshot {entries} entries {took * 1e3:22.1f} ms; {again * 1e3:.1f} ms from the one before")


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
    return sample.drop_columns(["profile_id"])


def _owned(parts: Mapping[str, pa.Table], number: int) -> dict[str, pa.Table]:
    sample = parts["sample"]
    owner = pa.array(np.full(sample.num_rows, number, np.uint64))
    return {**parts, "sample": sample.add_column(0, "profile_id", owner)}


def _source(number: int) -> dict[str, Any]:
    return {
        "source_id": [number],
        "uri": ["heap.pb.gz"],
        "format": ["pprof"],
        "status": ["ingested"],
        "reason": [None],
        "size_bytes": [1],
        "sha256": ["0" * 64],
        "ingested_at": [datetime(2026, 11, 23)],
    }


def _batch(
    rng: np.random.Generator,
    *,
    stacks: int = _STACKS,
    samples: int = _SAMPLES,
    locations: int = _LOCATIONS,
    functions: int = _FUNCTIONS,
) -> dict[str, dict[str, Any]]:
    location_ids, function_ids, stack_ids = (_ids(rng, count) for count in (locations, functions, stacks))
    label_sets = _ids(rng, 200)
    index = np.repeat(np.arange(stacks, dtype=np.int32), 3)[:samples]
    kind = np.tile(np.arange(3, dtype=np.int32), stacks)[:samples]
    refs = location_ids[_paths(rng, stacks, locations)[:, ::-1]].ravel()
    names = [f"example.org/team{i % 17}/app{i % 91}/pkg{i % 301}.(*Type{i % 700}).method{i}" for i in range(functions)]
    return {
        "source": _source(99),
        "profile": _profile(),
        "sample": {
            "profile_id": np.full(samples, 99, np.uint64),
            "sample_index": index,
            "stack_id": stack_ids[index],
            "sample_type": _words(kind, ["alloc_objects", "alloc_space", "inuse_space"]),
            "unit": _words(np.minimum(kind, 1), ["count", "bytes"]),
            "value": (rng.pareto(1.1, samples) * 512).astype(np.int64) + 1,
            "label_set_id": label_sets[rng.integers(0, 200, stacks)][index],
            "kind": ["heap"] * samples,
            "day": np.full(samples, 20780, np.int32),
        },
        "stack": {
            "stack_id": stack_ids,
            "location_ids": pa.ListArray.from_arrays(
                pa.array(np.arange(0, len(refs) + 1, _DEPTH), pa.int32()), pa.array(refs)
            ),
        },
        "location": _location(rng, location_ids, function_ids),
        "function": {
            "function_id": function_ids,
            "name": names,
            "system_name": names,
            "package": [name.split(".(")[0] for name in names],
            "file": [f"example.org/team{i % 17}/app{i % 91}/pkg{i % 301}/file{i % 1500}.go" for i in range(functions)],
            "start_line": rng.integers(1, 2000, functions),
        },
        "mapping": {column.name: [_mapping_value(column.sql_type)] for column in tables()["mapping"].columns},
        "label_set": {"label_set_id": label_sets, "labels": [_labels(i) for i in range(len(label_sets))]},
    }


def _profile() -> dict[str, Any]:
    """One row with a zero, an empty text or an empty list wherever there may be no NULL."""
    blanks = {"VARCHAR": "", "DATE": date(2026, 11, 23), "TIMESTAMP": datetime(2026, 11, 23)}
    row: dict[str, Any] = {column.name: [None] for column in tables()["profile"].columns}
    for column in tables()["profile"].columns:
        if not column.nullable:
            is_many = column.sql_type.endswith("[]") or column.sql_type.startswith("MAP(")
            row[column.name] = [[] if is_many else blanks.get(column.sql_type, 99)]
    return {**row, "kind": ["heap"]}


def _location(rng: np.random.Generator, ids: UInt64s, function_ids: UInt64s) -> dict[str, Any]:
    """Every fifth location has a second line: a function inlined into another."""
    counts = np.where(np.arange(len(ids)) % 5 == 0, 2, 1)
    total = int(counts.sum())
    kind = tables()["location"].schema.field("lines").type.value_type
    columns = [
        function_ids[rng.integers(0, len(function_ids), total)],
        rng.integers(1, 3000, total),
        np.zeros(total, np.int64),
    ]
    lines = pa.StructArray.from_arrays([pa.array(column) for column in columns], fields=list(kind))
    return {
        "location_id": ids,
        "mapping_id": np.full(len(ids), 77, np.uint64),
        "address": rng.integers(0x400000, 0x2000000, len(ids), dtype=np.uint64),
        "is_folded": np.zeros(len(ids), np.bool_),
        "lines": pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), lines),
    }


def _mapping_value(sql_type: str) -> object:
    return {"UBIGINT": 77, "VARCHAR": "/bin/app", "BOOLEAN": True}[sql_type]


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


def _ids(rng: np.random.Generator, count: int) -> UInt64s:
    return rng.integers(1, 2**64, count, dtype=np.uint64)


def _words(codes: Int64s | Int32s, words: list[str]) -> pa.Array[Any]:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else ".")
