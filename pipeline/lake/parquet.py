"""An answer as a Parquet file of its own, outside the lake."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.files import written_beside
from pipeline.values import Answer

# A row group: enough rows to compress well, few enough bytes to stand in memory.
_GROUP_ROWS = 1 << 17
_GROUP_BYTES = 32 << 20


def save(answer: Answer, path: str) -> None:
    """Write an answer as its rows come; the file takes its name when it is whole."""
    with written_beside(path) as draft, pq.ParquetWriter(draft, answer.schema, compression="zstd") as writer:
        for group in _groups(answer.batches):
            writer.write_table(pa.Table.from_batches(group, schema=answer.schema), row_group_size=_GROUP_ROWS)


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The batches in lots that make a row group each."""
    group: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        # The rows of one batch may fill this group and begin the next.
        while rows + batch.num_rows >= _GROUP_ROWS or size + batch.nbytes >= _GROUP_BYTES:
            room = min(_GROUP_ROWS - rows, batch.num_rows)
            yield [*group, batch.slice(0, room)]
            group, rows, size, batch = [], 0, 0, batch.slice(room)
            if not batch.num_rows:
                break
        if batch.num_rows:
            group.append(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
    if group:
        yield group
