"""Folded stacks: `root;caller;leaf 42` a line, what flamegraph.pl, speedscope, inferno and Pyroscope read."""

from __future__ import annotations

from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.values import Result

_LINE_BREAKS = "[\r\n\v\f\u0085\u2028\u2029]+"


def write(result: Result) -> str:
    """The stacks of a Result, one a line.

    result  a first column of frame names, root first, and a second column with the value; for a diff a third
            with the value afterwards, as difffolded.pl has it
    The format has no escapes: `;` in a name becomes `:`, line breaks become spaces, and an empty or missing
    name `<unknown>`. A stack without frames stands as `<unknown>` too, so that the values add up to the whole.
    """
    schema = result.table.schema
    if len(schema.names) < 2 or not pa.types.is_list(schema.field(0).type):
        names = ", ".join(schema.names)
        raise UsageError(f"{result.name}: has the columns {names}; folded stacks need a list of frames, then a value.")
    if not result.table.num_rows:
        return ""
    frames, *values = result.table.columns[:3]
    counts = [column.cast(pa.int64(), safe=False).to_pylist() for column in values]
    lines = zip(_joined(frames).to_pylist(), *counts, strict=True)
    return "".join(f"{stack} {' '.join(str(count or 0) for count in counts)}\n" for stack, *counts in lines)


def _joined(frames: pa.ChunkedArray[pa.Scalar[pa.DataType]]) -> pa.ChunkedArray[pa.StringScalar]:
    """Each list of names as one string, without a Python loop over frames."""
    return pa.chunked_array([_joined_chunk(chunk) for chunk in frames.chunks], pa.string())


def _joined_chunk(chunk: pa.Array[pa.Scalar[pa.DataType]]) -> pa.StringArray:
    stacks = cast("pa.ListArray[pa.StringScalar]", chunk.cast(pa.list_(pa.string())))
    names = cast("pa.StringArray", pc.fill_null(stacks.flatten(), _text("")))
    names = pc.replace_substring_regex(names, pattern=_LINE_BREAKS, replacement=" ")
    names = pc.replace_substring(names, pattern=";", replacement=":")
    names = pc.if_else(pc.equal(names, _text("")), _text("<unknown>"), names)
    # The offsets are made anew because a NULL list may still span names, which flatten leaves out.
    lengths = np.diff(stacks.offsets.to_numpy()) * stacks.is_valid().to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, names), ";")
    return cast("pa.StringArray", pc.if_else(pa.array(lengths == 0), _text("<unknown>"), joined))


def _text(value: str) -> pa.StringScalar:
    return pa.scalar(value, pa.string())
