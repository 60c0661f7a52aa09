"""Goroutines of dumps as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.tables.table import declared
from pipeline.values import Blob, Column, Decoded

_AS_DECODED = (
    "dump",
    "goroutine",
    "state",
    "wait_ns",
    "is_locked_to_thread",
    "is_leaked",
    "synctest_bubble",
    "labels",
    "elided_frames",
    "created_by",
    "created_file",
    "created_line",
    "creator",
)


def goroutine_tables(decoded: Decoded, blobs: Sequence[Blob], *, samples: pa.Table) -> Mapping[str, pa.Table]:
    """The goroutines of each dump; `samples` are those of the same profiles, a row each."""
    told = decoded.columns["goroutine_dump"]
    index = np.asarray(told["blob_index"])
    sources = np.array([blob.source.source_hash for blob in blobs], np.int64)
    stacks = samples["stack_hash"].to_numpy()[np.asarray(told["sample"])]
    # Those of one blob follow one another.
    first = np.searchsorted(index, index)
    columns: dict[str, Column] = {
        "source_hash": sources[index],
        "position": (np.arange(len(index)) - first).astype(np.int32),
        "stack_hash": pa.array(stacks, mask=~np.asarray(told["has_stack"])),
        **{name: told[name] for name in _AS_DECODED},
    }
    return {"goroutine_dump": declared("goroutine_dump", columns)}
