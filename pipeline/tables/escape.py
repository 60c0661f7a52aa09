"""Escape reports as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.kernels.ids import first_of_each
from pipeline.kernels.xxh64 import hash_spans
from pipeline.schema import tables
from pipeline.tables.source import label_columns, label_maps
from pipeline.tables.symbols import hash_columns
from pipeline.tables.table import declared
from pipeline.values import Blob, Column, Decoded, Int64s, UInt64s

# What makes two verdicts the same in every spelling of a report and in every build.
_IDENTITY = ("package", "base_name", "line", "column", "kind", "expression", "result")


class Told:
    """What was said of a report in sections of it that are tables already: no key may be there twice."""

    def __init__(self) -> None:
        self._keys: dict[str, UInt64s] = {}

    def first(self, table: str, keys: UInt64s) -> Int64s:
        """The rows that nothing before them has the key of, in order; their keys are remembered."""
        first = np.sort(first_of_each(keys)[0])
        known = self._keys.get(table, np.zeros(0, np.uint64))
        if len(known) and len(first):
            wanted = keys[first]
            at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
            first = first[known[at] != wanted]
        # Two sorted runs are merged by a stable sort.
        self._keys[table] = np.sort(np.concatenate([known, np.sort(keys[first])]), kind="stable")
        return first


def escape_tables(decoded: Decoded, blobs: Sequence[Blob], *, told: Told) -> Mapping[str, pa.Table]:
    """Every table that escape reports fill; `blobs` are those that were decoded, of which some is `told` already."""
    source_hash = np.array([blob.source.source_hash for blob in blobs], np.int64)
    sites = decoded.columns["escape_site"]
    site_source = source_hash[np.asarray(sites["blob_index"])]
    site_hash = escape_site_hashes(sites)
    first = told.first("escape_site", hash_columns(site_hash, site_source))
    is_first = np.zeros(len(site_hash), np.bool_)
    is_first[first] = True
    owner = {"site_hash": site_hash, "source": site_source, "kept": is_first}
    return {
        "escape_report": _reports(decoded, blobs),
        "escape_package": _of_sources(decoded, "escape_package", source_hash=source_hash),
        "inlined_call": _calls(decoded, source_hash=source_hash, told=told),
        "escape_site": declared(
            "escape_site",
            {
                **{
                    name: pa.array(column).take(pa.array(first))
                    for name, column in sites.items()
                    if name != "blob_index"
                },
                "escape_site_hash": site_hash[first],
                "source_hash": site_source[first],
            },
        ),
        **{name: _of_sites(decoded, name, **owner) for name in ("escape_step", "escape_inline")},
    }


def escape_site_hashes(sites: Mapping[str, Column]) -> UInt64s:
    """XXH64 of the words h(package), h(file's base name), line, column, h(kind), h(expression), h(result)."""
    base_name = pc.replace_substring_regex(sites["file"], r"^.*[/\\]", "")
    columns = {**sites, "base_name": base_name}
    return hash_columns(*(_words(columns[name]) for name in _IDENTITY))


def _words(column: Column) -> Int64s | UInt64s:
    array = pa.array(column)
    if not pa.types.is_string(array.type) and not pa.types.is_large_string(array.type):
        return np.asarray(array).astype(np.int64)
    text = array.cast(pa.large_string()).fill_null("")
    _, offsets, data = text.buffers()
    spans = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    return hash_spans(np.frombuffer(data or b"", np.uint8), spans[:-1], np.diff(spans))


def _reports(decoded: Decoded, blobs: Sequence[Blob]) -> pa.Table:
    reports = dict(decoded.columns["escape_report"])
    of = [blobs[index] for index in np.asarray(reports.pop("blob_index")).tolist()]
    labels = [blob.source.origin.labels for blob in of]
    ids = pa.array([blob.source.source_hash for blob in of], pa.int64())
    labelled = {**label_columns(labels, ("service", "build")), "labels": label_maps(labels)}
    return declared("escape_report", {**reports, "source_hash": ids, **labelled})


def _of_sources(decoded: Decoded, name: str, *, source_hash: Int64s) -> pa.Table:
    columns = dict(decoded.columns[name])
    source = source_hash[np.asarray(columns.pop("blob_index"))]
    table = declared(name, {**columns, "source_hash": source})
    key = list(tables()[name].key)
    return table.group_by(key, use_threads=False).aggregate([]).select(table.column_names).cast(table.schema)


def _calls(decoded: Decoded, *, source_hash: Int64s, told: Told) -> pa.Table:
    columns = dict(decoded.columns["inlined_call"])
    columns["source_hash"] = source_hash[np.asarray(columns.pop("blob_index"))]
    keys = hash_columns(columns["source_hash"], *(_words(columns[name]) for name in tables()["inlined_call"].key[1:]))
    first = pa.array(told.first("inlined_call", keys))
    return declared("inlined_call", {name: pa.array(column).take(first) for name, column in columns.items()})


def _of_sites(decoded: Decoded, name: str, *, site_hash: UInt64s, source: UInt64s, kept: np.ndarray) -> pa.Table:
    columns = dict(decoded.columns[name])
    site = np.asarray(columns.pop("site_index"))
    wanted = np.flatnonzero(kept[site])
    rows = {column: pa.array(values).take(pa.array(wanted)) for column, values in columns.items()}
    return declared(name, {**rows, "escape_site_hash": site_hash[site[wanted]], "source_hash": source[site[wanted]]})
