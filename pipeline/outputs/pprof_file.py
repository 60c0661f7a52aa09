"""Profiles as pprof files that `go tool pprof` and everything else with pprof's format reads.

The format is schemas/profile.proto. Bytes are plain: pprof's readers take them as they are, and gzipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from pipeline.outputs.sampled_tables import (
    Places,
    Texts,
    addresses,
    column,
    in_order_of_use,
    lists,
    one_piece,
    values_of,
)
from pipeline.protobuf_rows import Rows, grouped, joined, messages, number, numbers, taken, varints
from pipeline.values import Int64s, Sampled

# Samples that are encoded at a time, which bounds what stands beside the file in memory.
_AT_A_TIME: Final = 1 << 16

# Numbers, or texts.
Column: TypeAlias = np.ndarray | pa.Array | pa.ChunkedArray | Sequence[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file holds. A group of columns has the fields of its message, in the order of their numbers from 1 on.

    values      int64 (samples, sample types)
    stack       int64 (samples,)  place of the stack of each
    stacks      where each begins, and the ids of locations in all of them
    label_set   int64 (samples,)  place of the labels of each
    label_sets  where each begins, and the labels of all of them
    location    id, id of its mapping, address
    lines       where those of each location begin, and all of them
    """

    header: Mapping[str, Any]
    sample_types: Sequence[tuple[str, str]]
    values: Int64s
    stack: Int64s
    stacks: tuple[Int64s, np.ndarray]
    label_set: Int64s
    label_sets: tuple[Int64s, Sequence[Column]]
    mapping: Sequence[Column]
    location: Sequence[Column]
    is_folded: np.ndarray
    lines: tuple[Int64s, Sequence[Column]]
    function: Sequence[Column]


def write(columns: Columns) -> bytes:
    """The file, whole."""
    return b"".join(pieces(columns))


def pieces(columns: Columns) -> Iterator[bytes]:
    """The file, a piece at a time."""
    table = Texts()
    yield _messages(1, list(zip(*columns.sample_types, strict=True)) or [(), ()], table).data.tobytes()
    for some in _samples(columns, table):
        yield some.data.tobytes()
    rows = (_messages(3, columns.mapping, table), _locations(columns, table), _messages(5, columns.function, table))
    header = _header(columns.header, table)
    for part in (*rows, messages(6, table.rows()), header):
        yield part.data.tobytes()


def columns_of(sampled: Sampled) -> Columns:
    """Samples of the database, with ids of the file alone.

    What is in it does not depend on the ids of the database: things stand in the order in which samples need them.
    """
    sampled = in_order_of_use(sampled)
    stack_offsets, ids = lists(sampled.stacks, "location_ids")
    label_offsets, labels = lists(sampled.label_sets, "labels")
    line_offsets, lines = lists(sampled.locations, "lines")
    label_set_id = one_piece(sampled.samples["label_set_id"])
    # Behind the last set stands the empty one, of samples without labels.
    label_set = np.full(len(label_set_id), len(label_offsets) - 1, np.int64)
    is_labelled = label_set_id.is_valid().to_numpy(zero_copy_only=False)
    label_set[is_labelled] = Places(sampled.label_sets["label_set_id"]).of(label_set_id.drop_null().to_numpy())
    mapping = ("memory_start", "memory_limit", "file_offset_bytes", "file", "build_id")
    flags = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
    number_of_line = (lines.field(name).to_numpy() for name in ("line", "column"))
    return Columns(
        header=sampled.header,
        sample_types=sampled.sample_types,
        values=values_of(sampled),
        stack=Places(sampled.stacks["stack_id"]).of(column(sampled.samples, "stack_id")),
        stacks=(stack_offsets, Places(sampled.locations["location_id"]).of(ids.to_numpy()) + 1),
        label_set=label_set,
        label_sets=(
            np.append(label_offsets, label_offsets[-1]),
            [
                *(labels.field("key"), labels.field("str")),
                *(labels.field("num").fill_null(0).to_numpy(), labels.field("num_unit")),
            ],
        ),
        mapping=_numbered(sampled.mappings, (*mapping, *flags)),
        location=(np.arange(1, len(sampled.locations) + 1), *addresses(sampled)),
        is_folded=column(sampled.locations, "is_folded"),
        lines=(
            line_offsets,
            [Places(sampled.functions["function_id"]).of(lines.field("function_id").to_numpy()) + 1, *number_of_line],
        ),
        function=_numbered(sampled.functions, ("name", "system_name", "file", "start_line")),
    )


def _numbered(table: pa.Table, names: Sequence[str]) -> list[Column]:
    """Ids from 1 on, and some columns of a table."""
    texts = (pa.types.is_string(table.schema.field(name).type) for name in names)
    found = [table[name] if is_text else column(table, name) for name, is_text in zip(names, texts, strict=True)]
    return [np.arange(1, len(table) + 1), *found]


def _fields(columns: Sequence[Column], table: Texts) -> Rows:
    plain = (each if isinstance(each, np.ndarray) else table.numbers(each) for each in columns)
    return joined(*(number(field, each) for field, each in enumerate(plain, start=1)))


def _messages(field: int, columns: Sequence[Column], table: Texts) -> Rows:
    return messages(field, _fields(columns, table))


def _samples(columns: Columns, table: Texts) -> Iterator[Rows]:
    stack_offsets, ids = columns.stacks
    stacks = numbers(1, grouped(varints(ids), stack_offsets))
    label_offsets, each_label = columns.label_sets
    labels = grouped(_messages(3, each_label, table), label_offsets)
    values, width = columns.values.ravel(), len(columns.sample_types)
    for begin in range(0, len(columns.stack), _AT_A_TIME):
        some = slice(begin, begin + _AT_A_TIME)
        stack, label_set = columns.stack[some], columns.label_set[some]
        plain = varints(values[begin * width : (begin + _AT_A_TIME) * width])
        each = grouped(plain, np.arange(len(stack) + 1) * width)
        yield messages(2, joined(taken(stacks, stack), numbers(2, each), taken(labels, label_set)))


def _locations(columns: Columns, table: Texts) -> Rows:
    offsets, lines = columns.lines
    each = grouped(_messages(4, lines, table), offsets)
    return messages(4, joined(_fields(columns.location, table), each, number(5, columns.is_folded)))


def _header(header: Mapping[str, Any], table: Texts) -> Rows:
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
