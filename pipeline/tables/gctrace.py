"""What the runtime wrote into logs, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.tables.source import label_columns, label_maps
from pipeline.tables.table import declared
from pipeline.values import Blob, Column, Decoded

_TIMES = ("logged_at", "started_at")


def gctrace_tables(decoded: Decoded, blobs: Sequence[Blob]) -> Mapping[str, pa.Table]:
    """Every table that logs fill; `blobs` are those that were decoded."""
    source_hash = np.array([blob.source.source_hash for blob in blobs], np.int64)
    built = {}
    for name, columns in decoded.columns.items():
        of = np.asarray(columns["blob_index"])
        own: dict[str, Column] = {key: column for key, column in columns.items() if key != "blob_index"}
        own |= {key: pa.array(own[key]).cast(pa.timestamp("us", "UTC")) for key in _TIMES if key in own}
        own["source_hash"] = source_hash[of]
        if name == "process":
            labels = [blobs[index].source.origin.labels for index in of.tolist()]
            own |= {**label_columns(labels, ("service", "instance", "build")), "labels": label_maps(labels)}
        built[name] = declared(name, own)
    return built
