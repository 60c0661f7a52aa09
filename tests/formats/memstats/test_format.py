"""The format as the corridor sees it: its tables, and real dumps."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.formats.memstats import FORMAT
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from tests.builders.memstats import memstats
from tests.formats.rows import blob, rows_of

FILES = Path(__file__).parents[2] / "fixtures" / "files"
DUMPS = sorted(path for name in ("memstats.json", "memstats.jsonl", "vars.json") for path in FILES.rglob(name))


def test_every_filled_table_is_as_declared() -> None:
    blobs = [blob(json.dumps(memstats(3)).encode())]
    (decoded,) = FORMAT.decode(blobs)

    built = build_tables(decoded, blobs)

    assert set(built) == set(FORMAT.fills)
    for name, table in built.items():
        assert table.schema == tables()[name].schema
        assert table.num_rows
        for column in table.schema:
            assert column.nullable or not table[column.name].null_count
            assert isinstance(table[column.name], pa.ChunkedArray)


def test_dumps_are_there_to_be_read() -> None:
    assert len(DUMPS) >= 7


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: f"{path.parent.name}, {path.name}")
def test_a_real_dump_keeps_what_the_runtime_promises(path: Path) -> None:
    assert FORMAT.recognise(path.read_bytes())
    found = rows_of(FORMAT.decode([blob(path.read_bytes())]))

    assert found.refusals == {}
    assert found.notes == []
    for row in found.tables["memstats"]:
        assert row["heap_objects"] == row["mallocs"] - row["frees"]
        assert row["heap_sys_bytes"] == row["heap_inuse_bytes"] + row["heap_idle_bytes"]
        parts = ("heap", "stack", "mspan", "mcache", "bucket_hash", "gc", "other")
        assert row["sys_bytes"] == sum(row[f"{part}_sys_bytes"] for part in parts)
    last = found.tables["memstats"][-1]
    assert found.column("memstats_pause", "cycle") == list(range(1, last["cycles"] + 1))
    assert sum(found.column("memstats_pause", "pause_ns")) == last["pause_total_ns"]
    assert len(found.tables["memstats_size_class"]) == 60 * len(found.tables["memstats"])
