"""What makes a batch one step over many tables: it is written down first, then added to each table, by whoever comes next.

Table `batch` has a row per batch with all that is to be added. To append that row is the commit: it fails when another
writer was faster, and from then on the batch counts for every reader of heapscape. Adding its files to the tables, each under the
batch's number, can be done by anybody any number of times. Other engines see a batch table by table as that happens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import LakeError
from pipeline.lake import delta, durable
from pipeline.lake.datafile import read_rows
from pipeline.lake.layout import BATCH, batch_number, batch_path, is_inside
from pipeline.lake.store import store_of
from pipeline.schema import tables
from pipeline.values import DataFile, Int64s

SCHEMA = pa.schema(
    [
        pa.field("batch", pa.int64(), nullable=False, metadata={"doc": "Number of the batch, from 1."}),
        pa.field(
            "applied", pa.int64(), nullable=False, metadata={"doc": "Batches up to here were in all tables by then."}
        ),
        pa.field("committed_at", pa.timestamp("us", "UTC"), nullable=False, metadata={"doc": "When, UTC."}),
        pa.field("written_by", pa.string(), nullable=False, metadata={"doc": "What wrote it."}),
        pa.field(
            "source_hashes", pa.list_(pa.int64()), nullable=False, metadata={"doc": "The sources that went in with it."}
        ),
        pa.field("files", pa.string(), nullable=False, metadata={"doc": "What is added to which table, as JSON."}),
        pa.field("gone", pa.string(), nullable=False, metadata={"doc": "What no longer counts, as JSON."}),
    ]
)
# Batches that every table has are kept for a while, for those who look at what happened lately.
_KEPT = 50
_TABLES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """One committed batch.

    applied  batches up to here were in all tables when it was committed
    sources  int64  hashes of what went in with it
    gone     files that no longer count
    """

    number: int
    applied: int
    committed_at: datetime
    written_by: str
    sources: Int64s
    files: tuple[DataFile, ...]
    gone: tuple[DataFile, ...] = ()


def latest(lake: str) -> int:
    """The number of the latest batch; 0 for a lake that is empty or not there."""
    return max(_numbers(lake), default=0)


def fingerprint(lake: str) -> str:
    """What tells one lake from another at the same path; empty for one without a batch."""
    return delta.fingerprint(delta.opened(lake, BATCH))


def append(lake: str, batch: Batch) -> bool:
    """Commit a batch; False when another writer has taken its number."""
    path = f"{BATCH}/{batch_path(batch.number, token=durable.token())}"
    content = _encoded(batch)
    store_of(lake).write(path, memoryview(content))
    try:
        # What is looked at is what the commit follows on: a batch that comes in between makes it fail.
        table = delta.opened(lake, BATCH)
        numbers = _numbered(table)
        if max(numbers, default=0) != batch.number - 1:
            raise delta.Moved
        written = DataFile(BATCH, path, 1, len(content))
        old = [file for number, file in numbers.items() if number <= batch.applied - _KEPT]
        delta.commit(table, lake, BATCH, [written], old, schema=SCHEMA)
    except delta.Moved:
        store_of(lake).remove(path)
        return False
    return True


def since(lake: str, number: int) -> list[Batch]:
    """The batches after a number, in order; raises LakeError when they are no longer written down."""
    numbers = _numbers(lake)
    last = max(numbers, default=0)
    if last < number:
        raise LakeError(
            f"{lake}: its latest batch is {last}, and it was at {number} before; another lake took its place. "
            "Start again, and build a database that was loaded from the old one anew"
        )
    return [_read(lake, numbers[one]) for one in range(number + 1, last + 1) if one in numbers]


def pending(lake: str) -> list[Batch]:
    """The latest batches, of which some table may have none of the files yet."""
    numbers = _numbers(lake)
    if not numbers:
        return []
    last = _read(lake, numbers[max(numbers)])
    return [*since(lake, last.applied)[:-1], last]


def roll_forward(lake: str, batches: Sequence[Batch]) -> None:
    """Add to every table what these batches, given in order, have for it and it does not have yet."""
    names = sorted({file.table for batch in batches for file in (*batch.files, *batch.gone)})
    # Side by side: each waits for its log to be on the disk, or for a bucket. Which is first does not matter.
    with ThreadPoolExecutor(_TABLES_AT_ONCE) as pool:
        list(pool.map(partial(_apply, lake, batches=batches), names))


def _apply(lake: str, name: str, *, batches: Sequence[Batch]) -> None:
    while not _is_applied(lake, name, batches):
        pass


def _is_applied(lake: str, name: str, batches: Sequence[Batch]) -> bool:
    """Add to one table what it does not have yet; False when another was about it at the same time."""
    table = delta.opened(lake, name)
    later = [batch for batch in batches if batch.number > delta.applied(table)]
    files, gone = _changes(later, name)
    if not files and not gone:
        return True
    schema, partition = tables()[name].schema, tables()[name].partition
    try:
        delta.commit(table, lake, name, files, gone, schema=schema, partition=partition, batch=later[-1].number)
    except delta.Moved:
        return False
    return True


def counting(table: delta.Log | None, name: str, batches: Iterable[Batch]) -> tuple[DataFile, ...]:
    """The files of a table that count after these batches, of which its own log may not have some yet."""
    files, gone = _changes([batch for batch in batches if batch.number > delta.applied(table)], name)
    found = {file.path: file for file in (*delta.listed(table, name), *files)}
    for file in gone:
        found.pop(file.path, None)
    return tuple(found.values())


def _changes(batches: Iterable[Batch], name: str) -> tuple[list[DataFile], list[DataFile]]:
    """What of a table begins to count, and what no longer does, after all of these batches."""
    files: dict[str, DataFile] = {}
    gone: dict[str, DataFile] = {}
    for batch in batches:
        for file in (file for file in batch.gone if file.table == name):
            files.pop(file.path, None)
            gone[file.path] = file
        for file in (file for file in batch.files if file.table == name):
            gone.pop(file.path, None)
            files[file.path] = file
    return list(files.values()), list(gone.values())


def _numbers(lake: str) -> dict[int, DataFile]:
    return _numbered(delta.opened(lake, BATCH))


def _numbered(table: delta.Log | None) -> dict[int, DataFile]:
    return {batch_number(file.path.rpartition("/")[2]): file for file in delta.listed(table, BATCH)}


def _encoded(batch: Batch) -> pa.Buffer:
    row = {
        "batch": batch.number,
        "applied": batch.applied,
        "committed_at": batch.committed_at,
        "written_by": batch.written_by,
        "source_hashes": batch.sources.tolist(),
        "files": json.dumps([_document(file) for file in batch.files], separators=(",", ":")),
        "gone": json.dumps([_document(file) for file in batch.gone], separators=(",", ":")),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([row], schema=SCHEMA), sink, compression="zstd")
    return sink.getvalue()


def _document(file: DataFile) -> Mapping[str, object]:
    return {
        "table": file.table,
        "path": file.path,
        "rows": file.rows,
        "size_bytes": file.size_bytes,
        "statistics": file.statistics,
    }


def _read(lake: str, file: DataFile) -> Batch:
    rows = read_rows(lake, file.path)
    try:
        (row,) = rows.to_pylist()
        files, gone = (tuple(map(_file, json.loads(row[name]))) for name in ("files", "gone"))
        sources = rows["source_hashes"].combine_chunks().flatten().to_numpy()
        return Batch(row["batch"], row["applied"], row["committed_at"], row["written_by"], sources, files, gone)
    except (ValueError, LookupError, TypeError) as error:
        raise LakeError(
            f"{store_of(lake).address(file.path)}: not a batch as this heapscape writes them: {error}; a newer one wrote it, or it was changed: "
            "upgrade, or restore it from a copy"
        ) from error


def _file(document: Mapping[str, Any]) -> DataFile:
    """The file that `_document` wrote; raises ValueError for what is in no table of this release."""
    file = DataFile(**document)
    if file.table not in tables() or not is_inside(file.path, file.table):
        raise ValueError(f"{file.path!r} is not in a table")
    return file
