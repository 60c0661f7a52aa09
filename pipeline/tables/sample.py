"""Values of samples as columns: one for each of the first sample types, which is what Go's profiles have."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.values import Column, Int64s

# As `sample` in schemas/profile.sql has them.
_OWN: Final = 4


def value_columns(value_end: Int64s, values: Int64s) -> dict[str, Column]:
    """Columns `value_0` to `value_3` and `more_values` of `sample`; NULL where a sample has no value of that position.

    value_end  int64 (n,)  where each sample's values end
    values     int64 (m,)  those of each sample, one sample after the other; each has one at least
    """
    starts = np.concatenate([np.zeros(1, np.int64), value_end[:-1]])[: len(value_end)]
    counts = value_end - starts
    if len(counts) and (counts == _OWN).all():
        # As every heap profile has them.
        own = {f"value_{position}": np.ascontiguousarray(values[position::_OWN]) for position in range(_OWN)}
        return {**own, "more_values": _more(starts, counts, values)}
    columns: dict[str, Column] = {}
    for position in range(_OWN):
        is_missing = counts <= position
        places = np.minimum(starts + position, len(values) - 1)
        columns[f"value_{position}"] = pa.array(values[places], mask=is_missing) if is_missing.any() else values[places]
    return {**columns, "more_values": _more(starts, counts, values)}


def _more(starts: Int64s, counts: Int64s, values: Int64s) -> pa.Array:
    beyond = np.maximum(counts - _OWN, 0)
    if not beyond.any():
        return pa.nulls(len(counts), pa.list_(pa.int64()))
    ends = np.cumsum(beyond)
    places = np.arange(ends[-1]) + np.repeat(starts + _OWN - (ends - beyond), beyond)
    offsets = np.concatenate([np.zeros(1, np.int64), ends]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[places]), mask=pa.array(beyond == 0))
