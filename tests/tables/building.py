"""Bytes to tables in one call."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.formats.pprof.decode import decode
from pipeline.tables.build import build_tables
from pipeline.values import Blob
from tests.builders.profile import blob


def built(*contents: bytes) -> Mapping[str, pa.Table]:
    """The tables of some profiles decoded together; profile n has the id n."""
    return built_from(*(blob(content, source_hash=place) for place, content in enumerate(contents)))


def built_from(*blobs: Blob) -> Mapping[str, pa.Table]:
    """The same of blobs with labels or ids of their own."""
    (decoded,) = decode(blobs)
    assert decoded.refusals == {}
    return build_tables(decoded, blobs)


def by_id(table: pa.Table) -> dict[int, dict[str, object]]:
    """Rows by their id, which is the first column; each id must be there once."""
    key = table.column_names[0]
    rows = {row.pop(key): row for row in table.to_pylist()}
    assert len(rows) == table.num_rows
    return rows
