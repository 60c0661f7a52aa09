"""What is told of Go processes and their moments, as tables: by the runtime in logs, by MemStats, by metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.tables.source import label_columns, label_maps
from pipeline.tables.table import declared
from pipeline.values import Blob, Column, Decoded

TABLES: Final = (
    *("process", "gctrace_cycle", "gctrace_scan", "gctrace_pacer", "scavenge", "schedtrace", "inittrace"),
    *("memstats", "memstats_size_class", "memstats_pause", "runtime_metric", "runtime_metric_bucket"),
)


def process_tables(decoded: Decoded, blobs: Sequence[Blob]) -> Mapping[str, pa.Table]:
    """Those of `TABLES` that are there; `blobs` are those that were decoded. A process has the labels of its file."""
    source_hash = np.array([blob.source.source_hash for blob in blobs], np.int64)
    built = {}
    for name in TABLES:
        if name in decoded.columns:
            own: dict[str, Column] = dict(decoded.columns[name])
            of = np.asarray(own.pop("blob_index"), np.int64)
            own["source_hash"] = source_hash[of]
            if name == "process":
                labels = [blobs[index].source.origin.labels for index in of.tolist()]
                own |= {**label_columns(labels, ("service", "instance", "build")), "labels": label_maps(labels)}
            built[name] = declared(name, own)
    return built
