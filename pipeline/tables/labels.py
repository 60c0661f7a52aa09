"""Sample labels to label sets: equal sets fold together across files.

A label's hash is the XXH64 of the words h(key), h(text) or 0, number, h(unit) or 0 and a word that says
which of text (1) and unit (2) are there. A label set's id is the XXH64 of its labels' hashes in key order.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from pipeline.kernels.ids import first_of_each
from pipeline.kernels.pprof.labels import hash_labels
from pipeline.kernels.xxh64 import hash_rows
from pipeline.tables.symbols import hash_texts
from pipeline.tables.table import in_declared_order
from pipeline.tables.text import spans, text_array
from pipeline.values import Column, Int64s, Strings, UInt64s


def label_sets(
    label: Mapping[str, Column], label_end: Int64s, *, strings: Strings, text: UInt64s
) -> tuple[UInt64s, pa.Table]:
    """The label set of every sample, and the table of the distinct ones.

    label_end  int64 (n_samples,)  where each sample's labels end
    text       uint64              hash of every string
    """
    key, value, num, unit = (np.asarray(label[name]) for name in _LABEL_COLUMNS)
    order, offsets = _in_key_order(key, _has_value(value, num, unit), label_end, strings=strings, text=text)
    ids = hash_rows(hash_labels(text, key, value, num, unit)[order], offsets)
    first, _ = first_of_each(ids)
    sizes = np.diff(offsets)[first]
    rows = order[_ranges(offsets[first], sizes)]
    number = pa.array(num[rows], mask=(value[rows] >= 0) & (num[rows] == 0))
    struct = pa.StructArray.from_arrays(
        [text_array(strings, key[rows]), text_array(strings, value[rows]), number, text_array(strings, unit[rows])],
        names=["key", "str", "num", "num_unit"],
    )
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32()), struct)
    return ids, in_declared_order("label_set", ids[first], lists)


_LABEL_COLUMNS = ("key_text", "str_text", "num", "num_unit_text")


def _has_value(value: Int64s, num: Int64s, unit: Int64s) -> np.ndarray:
    # pprof leaves out a label with neither; see google/pprof profile/encode.go, postDecode.
    return (value >= 0) | (num != 0) | (unit >= 0)


def _in_key_order(
    key: Int64s, kept: np.ndarray, label_end: Int64s, *, strings: Strings, text: UInt64s
) -> tuple[Int64s, Int64s]:
    """Label rows sample by sample and by key within one, and where each sample's rows begin (n + 1)."""
    offsets = np.concatenate([[0], np.cumsum(kept)])[np.concatenate([[0], label_end])]
    rows = np.flatnonzero(kept)
    # Go's profiles have one label a sample, the size of its objects.
    if np.diff(offsets).max(initial=0) <= 1:
        return rows, offsets
    sample = np.repeat(np.arange(len(label_end)), np.diff(offsets))
    first, inverse = first_of_each(hash_texts(text, key[rows]))
    # By bytes: keys that are not UTF-8 may look the same as text, and an id may not depend on who came first.
    names = np.array(spans(strings, key[rows][first]), dtype=object)
    rank = np.argsort(np.argsort(names, kind="stable"), kind="stable")[inverse]
    same_sample = sample[1:] == sample[:-1]
    if (same_sample & (rank[1:] < rank[:-1])).any():
        rows = rows[np.lexsort((np.arange(len(rows)), rank, sample))]
    return rows, offsets


def _ranges(starts: Int64s, sizes: Int64s) -> Int64s:
    """start, start + 1, ... of each range, one range after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)
