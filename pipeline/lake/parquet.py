"""An answer as a Parquet file of its own, outside the lake."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UsageError


def save(table: pa.Table, path: str) -> None:
    """Write a table; raises UsageError when the path cannot be written."""
    try:
        pq.write_table(table, path, compression="zstd")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
