"""Executables as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.tables.source import label_columns, label_maps
from pipeline.tables.symbols import go_packages
from pipeline.tables.table import declared
from pipeline.values import Blob, Column, Decoded


def binary_tables(decoded: Decoded, blobs: Sequence[Blob]) -> Mapping[str, pa.Table]:
    """Every table that executables fill; `blobs` are those that were decoded."""
    source_hash = np.array([blob.source.source_hash for blob in blobs], np.int64)
    built = {}
    for name, columns in decoded.columns.items():
        of = np.asarray(columns["blob_index"])
        own: dict[str, Column] = {key: column for key, column in columns.items() if key != "blob_index"}
        own["source_hash"] = source_hash[of]
        if name == "binary_file":
            labels = [blobs[index].source.origin.labels for index in of.tolist()]
            own |= {**label_columns(labels, ("service", "build")), "labels": label_maps(labels)}
        if name in ("binary_function", "binary_inlined"):
            own["package"] = _packages(own["name"])
        built[name] = declared(name, own)
    return built


def _packages(name: pa.DictionaryArray) -> pa.DictionaryArray:
    packages = go_packages(name.dictionary).dictionary_encode()
    return pa.DictionaryArray.from_arrays(packages.indices.take(name.indices), packages.dictionary)
