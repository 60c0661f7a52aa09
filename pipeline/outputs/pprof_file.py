"""Samples as a pprof file that `go tool pprof` and everything else with pprof's format reads.

The format is schemas/profile.proto. Ids are those of the file alone, from 1 on. Bytes are plain: pprof's readers take them as they
are, and gzipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.outputs.protobuf_rows import Rows, grouped, joined, messages, number, numbers, taken, varints
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
from pipeline.values import Int64s, Sampled

# Samples that are encoded at a time, which bounds what stands beside the file in memory.
_AT_A_TIME: Final = 1 << 16


def write(sampled: Sampled) -> bytes:
    """The file, whole."""
    return b"".join(pieces(sampled))


def pieces(sampled: Sampled) -> Iterator[bytes]:
    """The file, a piece at a time.

    What is in it does not depend on the ids of the database: things stand in the order in which samples need them.
    """
    sampled, table = in_order_of_use(sampled), Texts()
    yield _sample_types(sampled.sample_types, table).data.tobytes()
    for some in _samples(sampled, table):
        yield some.data.tobytes()
    rows = (_mappings(sampled.mappings, table), _locations(sampled), _functions(sampled.functions, table))
    header = _header(sampled.header, table)
    for part in (*rows, messages(6, table.rows()), header):
        yield part.data.tobytes()


def _sample_types(types: Sequence[tuple[str, str]], table: Texts) -> Rows:
    names, units = table.numbers([name for name, _ in types]), table.numbers([unit for _, unit in types])
    return messages(1, joined(number(1, names), number(2, units)))


def _samples(sampled: Sampled, table: Texts) -> Iterator[Rows]:
    offsets, ids = lists(sampled.stacks, "location_ids")
    location = Places(sampled.locations["location_id"]).of(ids.to_numpy()) + 1
    stacks, stack = numbers(1, grouped(varints(location), offsets)), Places(sampled.stacks["stack_id"])
    # Behind the last set stands the empty one, of samples without labels.
    labels, label_set = _labels(sampled.label_sets, table), Places(sampled.label_sets["label_set_id"])
    stack_of = stack.of(column(sampled.samples, "stack_id"))
    is_labelled = one_piece(sampled.samples["label_set_id"]).is_valid().to_numpy(zero_copy_only=False)
    labels_of = np.full(len(stack_of), len(labels) - 1, np.int64)
    labels_of[is_labelled] = label_set.of(one_piece(sampled.samples["label_set_id"]).drop_null().to_numpy())
    values, width = values_of(sampled).ravel(), len(sampled.sample_types)
    for begin in range(0, len(stack_of), _AT_A_TIME):
        some = slice(begin, begin + _AT_A_TIME)
        plain = values[begin * width : (begin + _AT_A_TIME) * width]
        each = grouped(varints(plain), np.arange(0, len(plain) + 1, width))
        yield messages(2, joined(taken(stacks, stack_of[some]), numbers(2, each), taken(labels, labels_of[some])))


def _labels(label_sets: pa.Table, table: Texts) -> Rows:
    """The labels of each set, and at last those of none."""
    offsets, labels = lists(label_sets, "labels")
    each = joined(
        number(1, table.numbers(labels.field("key"))),
        number(2, table.numbers(labels.field("str"))),
        number(3, labels.field("num").fill_null(0).to_numpy()),
        number(4, table.numbers(labels.field("num_unit"))),
    )
    return grouped(messages(3, each), np.append(offsets, offsets[-1]))


def _mappings(mappings: pa.Table, table: Texts) -> Rows:
    fields = [
        number(1, np.arange(1, len(mappings) + 1)),
        number(2, column(mappings, "memory_start")),
        number(3, column(mappings, "memory_limit")),
        number(4, column(mappings, "file_offset_bytes")),
        number(5, table.numbers(mappings["file"])),
        number(6, table.numbers(mappings["build_id"])),
    ]
    flags = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
    fields += [number(field, column(mappings, flag)) for field, flag in enumerate(flags, start=7)]
    return messages(3, joined(*fields))


def _locations(sampled: Sampled) -> Rows:
    locations = sampled.locations
    offsets, lines = lists(locations, "lines")
    function = Places(sampled.functions["function_id"]).of(lines.field("function_id").to_numpy()) + 1
    each = joined(
        number(1, function), number(2, lines.field("line").to_numpy()), number(3, lines.field("column").to_numpy())
    )
    mapping, address = addresses(sampled)
    return messages(
        4,
        joined(
            number(1, np.arange(1, len(locations) + 1)),
            number(2, mapping),
            number(3, address),
            grouped(messages(4, each), offsets),
            number(5, column(locations, "is_folded")),
        ),
    )


def _functions(functions: pa.Table, table: Texts) -> Rows:
    fields = [number(1, np.arange(1, len(functions) + 1))]
    columns = ("name", "system_name", "file")
    fields += [number(field, table.numbers(functions[column])) for field, column in enumerate(columns, start=2)]
    return messages(5, joined(*fields, number(5, column(functions, "start_line"))))


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
