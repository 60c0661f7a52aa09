"""Samples as a pprof file that `go tool pprof` and everything else with pprof's format reads.

The format is schemas/profile.proto. Ids are those of the file alone, from 1 on. Bytes are plain: pprof's readers take them as they
are, and gzipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.protobuf_rows import Rows, grouped, joined, messages, number, numbers, taken, texts, varints
from pipeline.values import Int64s, Sampled

# Samples that are encoded at a time, which bounds what stands beside the file in memory.
_AT_A_TIME: Final = 1 << 16


def write(sampled: Sampled) -> bytes:
    """The file. What is in it does not depend on the ids of the database: things stand in the order in which samples need them."""
    sampled, table = _in_order_of_use(sampled), _Texts()
    parts = [
        _sample_types(sampled.sample_types, table),
        *_samples(sampled, table),
        _mappings(sampled.mappings, table),
        _locations(sampled),
        _functions(sampled.functions, table),
    ]
    header = _header(sampled.header, table)
    return b"".join(part.data.tobytes() for part in (*parts, table.rows(), header))


def _in_order_of_use(sampled: Sampled) -> Sampled:
    stacks = _used(sampled.stacks, "stack_id", _column(sampled.samples, "stack_id"))
    locations = _used(sampled.locations, "location_id", _lists(stacks, "location_ids")[1].to_numpy())
    functions = _used(sampled.functions, "function_id", _lists(locations, "lines")[1].field("function_id").to_numpy())
    labelled = _one(sampled.samples["label_set_id"]).drop_null().to_numpy()
    label_sets = _used(sampled.label_sets, "label_set_id", labelled)
    return replace(sampled, stacks=stacks, locations=locations, functions=functions, label_sets=label_sets)


def _used(table: pa.Table, key: str, ids: np.ndarray) -> pa.Table:
    """The rows that some ids name, in the order of the ids."""
    # As they come first.
    distinct = pa.array(ids).unique().to_numpy()
    return table.take(pa.array(_Places(table[key]).of(distinct)))


class _Texts:
    """The table of all texts: each once, the empty one first."""

    def __init__(self) -> None:
        self._known = pa.array([""], pa.string())

    def numbers(self, values: pa.Array | pa.ChunkedArray | Sequence[str]) -> Int64s:
        """The place of each text; that of NULL is the empty one's."""
        added = pa.array(values, pa.string()) if not isinstance(values, (pa.Array, pa.ChunkedArray)) else _one(values)
        added = added.cast(pa.string()).fill_null("").dictionary_encode()
        both = pa.concat_arrays([self._known, added.dictionary]).dictionary_encode()
        place = both.indices.to_numpy().astype(np.int64)[len(self._known) :]
        self._known = both.dictionary
        return place[added.indices.to_numpy()]

    def rows(self) -> Rows:
        return messages(6, texts(self._known))


class _Places:
    """Where each id of a table is among its rows; of one that is there twice, the first."""

    def __init__(self, ids: pa.ChunkedArray) -> None:
        self._ids = _one(ids).cast(pa.int64())

    def of(self, ids: np.ndarray) -> Int64s:
        found = pc.index_in(pa.array(ids, pa.int64()), value_set=self._ids)
        assert not found.null_count, "an id without a row"
        return found.to_numpy().astype(np.int64)


def _one(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _column(table: pa.Table, name: str) -> np.ndarray:
    return _one(table[name]).to_numpy(zero_copy_only=False)


def _lists(table: pa.Table, name: str) -> tuple[Int64s, pa.Array]:
    """Where each row's list begins, and what is in all of them."""
    column = _one(table[name])
    offsets = column.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[0], column.flatten()


def _sample_types(types: Sequence[tuple[str, str]], table: _Texts) -> Rows:
    names, units = table.numbers([name for name, _ in types]), table.numbers([unit for _, unit in types])
    return messages(1, joined(number(1, names), number(2, units)))


def _samples(sampled: Sampled, table: _Texts) -> Iterator[Rows]:
    offsets, ids = _lists(sampled.stacks, "location_ids")
    location = _Places(sampled.locations["location_id"]).of(ids.to_numpy()) + 1
    stacks, stack = numbers(1, grouped(varints(location), offsets)), _Places(sampled.stacks["stack_id"])
    # Behind the last set stands the empty one, of samples without labels.
    labels, label_set = _labels(sampled.label_sets, table), _Places(sampled.label_sets["label_set_id"])
    stack_of = stack.of(_column(sampled.samples, "stack_id"))
    is_labelled = _one(sampled.samples["label_set_id"]).is_valid().to_numpy(zero_copy_only=False)
    labels_of = np.full(len(stack_of), len(labels) - 1, np.int64)
    labels_of[is_labelled] = label_set.of(_one(sampled.samples["label_set_id"]).drop_null().to_numpy())
    width = len(sampled.sample_types)
    values = np.zeros(len(stack_of) * width, np.int64)
    values[_column(sampled.values, "row_index") * width + _column(sampled.values, "position")] = _column(
        sampled.values, "value"
    )
    for begin in range(0, len(stack_of), _AT_A_TIME):
        some = slice(begin, begin + _AT_A_TIME)
        plain = values[begin * width : (begin + _AT_A_TIME) * width]
        each = grouped(varints(plain), np.arange(0, len(plain) + 1, width))
        yield messages(2, joined(taken(stacks, stack_of[some]), numbers(2, each), taken(labels, labels_of[some])))


def _labels(label_sets: pa.Table, table: _Texts) -> Rows:
    """The labels of each set, and at last those of none."""
    offsets, labels = _lists(label_sets, "labels")
    each = joined(
        number(1, table.numbers(labels.field("key"))),
        number(2, table.numbers(labels.field("str"))),
        number(3, labels.field("num").fill_null(0).to_numpy()),
        number(4, table.numbers(labels.field("num_unit"))),
    )
    return grouped(messages(3, each), np.append(offsets, offsets[-1]))


def _mappings(mappings: pa.Table, table: _Texts) -> Rows:
    fields = [
        number(1, np.arange(1, len(mappings) + 1)),
        number(2, _column(mappings, "memory_start")),
        number(3, _column(mappings, "memory_limit")),
        number(4, _column(mappings, "file_offset_bytes")),
        number(5, table.numbers(mappings["file"])),
        number(6, table.numbers(mappings["build_id"])),
    ]
    flags = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
    fields += [number(field, _column(mappings, flag)) for field, flag in enumerate(flags, start=7)]
    return messages(3, joined(*fields))


def _locations(sampled: Sampled) -> Rows:
    locations = sampled.locations
    offsets, lines = _lists(locations, "lines")
    function = _Places(sampled.functions["function_id"]).of(lines.field("function_id").to_numpy()) + 1
    each = joined(
        number(1, function), number(2, lines.field("line").to_numpy()), number(3, lines.field("column").to_numpy())
    )
    ids = _one(locations["mapping_id"])
    is_mapped = ids.is_valid().to_numpy(zero_copy_only=False)
    place = _Places(sampled.mappings["mapping_id"]).of(ids.drop_null().to_numpy())
    mapping, address = np.zeros(len(locations), np.int64), _column(locations, "address").astype(np.uint64)
    mapping[is_mapped] = place + 1
    # Addresses of the database begin with the mapping, those of a file with the process; they go around at 64 bits.
    address[is_mapped] += _column(sampled.mappings, "memory_start").astype(np.uint64)[place]
    return messages(
        4,
        joined(
            number(1, np.arange(1, len(locations) + 1)),
            number(2, mapping),
            number(3, address),
            grouped(messages(4, each), offsets),
            number(5, _column(locations, "is_folded")),
        ),
    )


def _functions(functions: pa.Table, table: _Texts) -> Rows:
    fields = [number(1, np.arange(1, len(functions) + 1))]
    columns = ("name", "system_name", "file")
    fields += [number(field, table.numbers(functions[column])) for field, column in enumerate(columns, start=2)]
    return messages(5, joined(*fields, number(5, _column(functions, "start_line"))))


def _header(header: Mapping[str, Any], table: _Texts) -> Rows:
    def text(value: str) -> Int64s:
        return table.numbers([value])

    def plain(value: int) -> Int64s:
        return np.array([value], np.int64)

    comments = table.numbers(header["comments"])
    return joined(
        number(7, text(header["drop_frames"])),
        number(8, text(header["keep_frames"])),
        number(9, plain(header["time_ns"])),
        number(10, plain(header["duration_ns"])),
        messages(11, joined(number(1, text(header["period_type"])), number(2, text(header["period_unit"])))),
        number(12, plain(header["period"])),
        numbers(13, grouped(varints(comments), np.array([0, len(comments)]))),
        number(14, text(header["default_sample_type"])),
        number(15, text(header["doc_url"])),
    )
