"""Samples as a pprof file, read again with protobuf's own runtime."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from pipeline.generated.profile_pb2 import Profile
from pipeline.outputs.pprof_file import columns_of, write
from pipeline.values import Sampled

_LINE = pa.struct([("function_id", pa.int32()), ("line", pa.int64()), ("column", pa.int64())])
_LABEL = pa.struct([("key", pa.string()), ("str", pa.string()), ("num", pa.int64()), ("num_unit", pa.string())])
_HEADER = {
    **dict.fromkeys(("drop_frames", "keep_frames", "default_sample_type", "doc_url"), ""),
    "time_ns": 5,
    "duration_ns": 0,
    "period": 512,
    "period_type": "space",
    "period_unit": "bytes",
    "comments": [],
}


def mapping(mapping_id: int, begin: int) -> dict[str, object]:
    flags = dict.fromkeys(("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames"), True)
    return {
        "mapping_id": mapping_id,
        "memory_start": begin,
        "memory_limit": begin + 100,
        "file": "/bin/server",
        "build_id": "b1",
        "size_bytes": 100,
        "file_offset_bytes": 7,
        **flags,
    }


def function(function_id: int, name: str) -> dict[str, object]:
    return {"function_id": function_id, "name": name, "system_name": name, "file": f"{name}.go", "start_line": 3}


SAMPLED = Sampled(
    header=_HEADER,
    sample_types=[("objects", "count"), ("space", "bytes")],
    samples=pa.table({"stack_id": pa.array([9, 4], pa.int32()), "label_set_id": pa.array([None, 2], pa.int32())}),
    values=pa.table({"row_index": [0, 1, 1], "position": [1, 0, 1], "value": [-7, 1 << 62, 300]}),
    stacks=pa.table({"stack_id": pa.array([4, 9]), "location_ids": pa.array([[30], [20, 30]], pa.list_(pa.int32()))}),
    label_sets=pa.table(
        {
            "label_set_id": [2],
            "labels": pa.array(
                [[{"key": "tenant", "str": "north"}, {"key": "bytes", "num": 48, "num_unit": "b"}]], pa.list_(_LABEL)
            ),
        }
    ),
    locations=pa.table(
        {
            "location_id": [20, 30, 40],
            "mapping_id": pa.array([None, 5, 5], pa.int32()),
            "address": pa.array([0x10, 2**64 - 1, 0], pa.uint64()),
            "is_folded": [False, True, False],
            "lines": pa.array(
                [
                    [{"function_id": 8, "line": 4, "column": 2}, {"function_id": 3, "line": -1, "column": 0}],
                    [{"function_id": 3, "line": 0, "column": 0}],
                    [],
                ],
                pa.list_(_LINE),
            ),
        }
    ),
    functions=pa.Table.from_pylist([function(3, "main.main"), function(8, "main.f")]),
    mappings=pa.Table.from_pylist([mapping(6, 0x1000), mapping(5, 0x4000), mapping(5, 0x9000)]),
)


def read(sampled: Sampled) -> Profile:
    made = Profile.FromString(write(columns_of(sampled)))
    assert made.string_table[0] == ""
    assert len(set(made.string_table)) == len(made.string_table)
    return made


def test_samples_have_a_value_of_every_type_their_stack_and_their_labels() -> None:
    made = read(SAMPLED)
    text = made.string_table

    assert [(text[one.type], text[one.unit]) for one in made.sample_type] == [("objects", "count"), ("space", "bytes")]
    assert [list(sample.value) for sample in made.sample] == [[0, -7], [1 << 62, 300]]
    assert [list(sample.location_id) for sample in made.sample] == [[1, 2], [2]]
    labels = [
        [(text[one.key], text[one.str], one.num, text[one.num_unit]) for one in sample.label] for sample in made.sample
    ]
    assert labels == [[], [("tenant", "north", 0, ""), ("bytes", "", 48, "b")]]


def test_addresses_are_those_of_the_process_and_go_around_at_64_bits() -> None:
    made = read(SAMPLED)

    assert [(one.id, one.mapping_id, one.address, one.is_folded) for one in made.location] == [
        (1, 0, 0x10, False),
        (2, 2, 0x3FFF, True),
    ]
    assert [one.memory_start for one in made.mapping] == [0x1000, 0x4000, 0x9000]


def test_inlined_lines_are_kept_in_order() -> None:
    made = read(SAMPLED)
    name = {one.id: made.string_table[one.name] for one in made.function}

    assert [[(name[line.function_id], line.line, line.column) for line in one.line] for one in made.location] == [
        [("main.f", 4, 2), ("main.main", -1, 0)],
        [("main.main", 0, 0)],
    ]


def test_the_header_is_kept() -> None:
    header = {
        **_HEADER,
        "comments": ["one", "", "one"],
        "default_sample_type": "space",
        "doc_url": "https://x",
        "duration_ns": -1,
    }
    made = read(replace(SAMPLED, header=header))
    text = made.string_table

    assert (made.time_nanos, made.duration_nanos, made.period) == (5, -1, 512)
    assert (text[made.period_type.type], text[made.period_type.unit]) == ("space", "bytes")
    assert [text[place] for place in made.comment] == ["one", "", "one"]
    assert (text[made.default_sample_type], text[made.doc_url], text[made.drop_frames]) == ("space", "https://x", "")


def test_nothing_selected_is_a_file_that_says_what_would_have_been_measured() -> None:
    made = read(replace(SAMPLED, samples=SAMPLED.samples.slice(0, 0), values=SAMPLED.values.slice(0, 0)))

    assert (len(made.sample), len(made.location), len(made.function), len(made.sample_type)) == (0, 0, 0, 2)


def test_more_samples_than_are_encoded_at_a_time_are_all_there() -> None:
    count = (1 << 16) + 3
    samples = pa.table({"stack_id": pa.array([4] * count, pa.int32()), "label_set_id": pa.nulls(count, pa.int32())})
    values = pa.table({"row_index": pa.array(range(count)), "position": [0] * count, "value": pa.array(range(count))})

    assert [one.value[0] for one in read(replace(SAMPLED, samples=samples, values=values)).sample] == list(range(count))
