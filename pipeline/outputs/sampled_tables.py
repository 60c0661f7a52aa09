"""The tables of a Sampled as files want them: in the order in which samples need them, ids as places, texts as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.protobuf_rows import Rows, texts
from pipeline.values import Int64s, Sampled, UInt64s


def in_order_of_use(sampled: Sampled) -> Sampled:
    """The same with stacks, locations, functions and label sets in the order in which samples name them first; mappings stay."""
    stacks = _used(sampled.stacks, "stack_id", column(sampled.samples, "stack_id"))
    locations = _used(sampled.locations, "location_id", lists(stacks, "location_ids")[1].to_numpy())
    functions = _used(sampled.functions, "function_id", lists(locations, "lines")[1].field("function_id").to_numpy())
    labelled = one_piece(sampled.samples["label_set_id"]).drop_null().to_numpy()
    label_sets = _used(sampled.label_sets, "label_set_id", labelled)
    return replace(sampled, stacks=stacks, locations=locations, functions=functions, label_sets=label_sets)


def _used(table: pa.Table, key: str, ids: np.ndarray) -> pa.Table:
    """The rows that some ids name, in the order of the ids."""
    # As they come first.
    distinct = pa.array(ids).unique().to_numpy()
    return table.take(pa.array(Places(table[key]).of(distinct)))


class Texts:
    """The table of all texts: each once, the empty one first."""

    def __init__(self) -> None:
        self._known = pa.array([""], pa.string())

    def numbers(self, values: pa.Array | pa.ChunkedArray | Sequence[str]) -> Int64s:
        """The place of each text; that of NULL is the empty one's."""
        is_plain = not isinstance(values, (pa.Array, pa.ChunkedArray))
        added = pa.array(values, pa.string()) if is_plain else one_piece(values)
        added = added.cast(pa.string()).fill_null("").dictionary_encode()
        both = pa.concat_arrays([self._known, added.dictionary]).dictionary_encode()
        place = both.indices.to_numpy().astype(np.int64)[len(self._known) :]
        self._known = both.dictionary
        return place[added.indices.to_numpy()]

    def rows(self) -> Rows:
        """The bytes of each text, in the order of their numbers."""
        return texts(self._known)


class Places:
    """Where each id of a table is among its rows; of one that is there twice, the first."""

    def __init__(self, ids: pa.ChunkedArray) -> None:
        self._ids = one_piece(ids).cast(pa.int64())

    def of(self, ids: np.ndarray) -> Int64s:
        found = pc.index_in(pa.array(ids, pa.int64()), value_set=self._ids)
        assert not found.null_count, "an id without a row"
        return found.to_numpy().astype(np.int64)


def values_of(sampled: Sampled) -> Int64s:
    """Each sample's values: int64 (samples, sample types)."""
    values = np.zeros((sampled.samples.num_rows, len(sampled.sample_types)), np.int64)
    place = column(sampled.values, "row_index"), column(sampled.values, "position")
    values[place] = column(sampled.values, "value")
    return values


def addresses(sampled: Sampled) -> tuple[Int64s, UInt64s]:
    """The number of each location's mapping, from 1, 0 for none; and its address in the process."""
    ids = one_piece(sampled.locations["mapping_id"])
    is_mapped = ids.is_valid().to_numpy(zero_copy_only=False)
    place = Places(sampled.mappings["mapping_id"]).of(ids.drop_null().to_numpy())
    mapping, address = np.zeros(len(ids), np.int64), column(sampled.locations, "address").astype(np.uint64)
    mapping[is_mapped] = place + 1
    # Addresses of the database begin with the mapping, those of a file with the process; they go around at 64 bits.
    address[is_mapped] += column(sampled.mappings, "memory_start").astype(np.uint64)[place]
    return mapping, address


def one_piece(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def column(table: pa.Table, name: str) -> np.ndarray:
    """A column in numpy's words."""
    return one_piece(table[name]).to_numpy(zero_copy_only=False)


def lists(table: pa.Table, name: str) -> tuple[Int64s, pa.Array]:
    """Where each row's list begins, and what is in all of them."""
    whole = one_piece(table[name])
    offsets = whole.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], whole.flatten()


@dataclass(frozen=True, slots=True)
class Frames:
    """What stacks are made of once inlining is unfolded: a row for each line of a location, one for a location without lines.

    location  int64  place of its location
    function  int64  place of its function, -1 where the location has no line
    line      int64
    column    int64
    offsets   int64 (stacks + 1)  where each stack begins in `frames`
    frames    int64  rows, root first
    """

    location: Int64s
    function: Int64s
    line: Int64s
    column: Int64s
    offsets: Int64s
    frames: Int64s


def unfolded(sampled: Sampled) -> Frames:
    """The frames of every stack."""
    line_offsets, lines = lists(sampled.locations, "lines")
    sizes = np.diff(line_offsets)
    rows = np.maximum(sizes, 1)
    ends = np.cumsum(rows)
    location = np.repeat(np.arange(len(sizes)), rows)
    has_lines = sizes[location] > 0
    function, line, col = (np.zeros(len(location), np.int64) for _ in range(3))
    function[~has_lines] = -1
    function[has_lines] = Places(sampled.functions["function_id"]).of(lines.field("function_id").to_numpy())
    line[has_lines], col[has_lines] = lines.field("line").to_numpy(), lines.field("column").to_numpy()
    stack_offsets, ids = lists(sampled.stacks, "location_ids")
    # Leaf first, and the innermost line first, as they stand: turned around it is root first.
    place = Places(sampled.locations["location_id"]).of(ids.to_numpy())
    frame_ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows[place])])
    leaf_first = np.arange(frame_ends[-1]) + np.repeat(ends[place] - frame_ends[1:], rows[place])
    offsets = frame_ends[stack_offsets]
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    frames = leaf_first[offsets[owner] + offsets[owner + 1] - 1 - np.arange(len(leaf_first))]
    return Frames(location, function, line, col, offsets, frames)
