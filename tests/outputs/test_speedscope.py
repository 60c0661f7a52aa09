"""Files for speedscope: what its schema asks, and the totals of the samples."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa

from pipeline.outputs.speedscope import pieces
from pipeline.values import Sampled
from tests.outputs.test_pprof_file import SAMPLED


def read(sampled: Sampled) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(pieces(sampled, name="heap.pb.gz", exporter="a test")))
    return found


def test_each_sample_type_is_a_profile_of_stacks_root_first() -> None:
    found = read(SAMPLED)

    assert found["shared"]["frames"] == [
        {"name": "main.f", "file": "main.f.go", "line": 3},
        {"name": "main.main", "file": "main.main.go", "line": 3},
    ]
    objects, space = found["profiles"]
    assert objects == {
        "type": "sampled",
        "name": "objects",
        "unit": "none",
        "startValue": 0,
        "endValue": 1 << 62,
        "samples": [[1]],
        "weights": [1 << 62],
    }
    assert space == {
        "type": "sampled",
        "name": "space",
        "unit": "bytes",
        "startValue": 0,
        "endValue": 293,
        "samples": [[1, 1, 0], [1]],
        "weights": [-7, 300],
    }


def test_the_sample_type_that_pprof_shows_is_shown_first() -> None:
    named = replace(SAMPLED, header={**SAMPLED.header, "default_sample_type": "objects"})

    assert (read(SAMPLED)["activeProfileIndex"], read(named)["activeProfileIndex"]) == (1, 0)
    assert read(SAMPLED)["$schema"] == "https://www.speedscope.app/file-format-schema.json"


def test_what_has_no_symbol_is_called_by_its_address_in_its_binary() -> None:
    stacks = pa.table({"stack_id": pa.array([4, 9], pa.int32()), "location_ids": pa.array([[40], []], pa.list_(pa.int32()))})  # fmt: skip

    found = read(replace(SAMPLED, stacks=stacks))

    assert found["shared"]["frames"] == [{"name": "0x4000", "file": "/bin/server"}]
    assert found["profiles"][1]["samples"] == [[], [0]]


def test_names_of_others_are_json() -> None:
    functions = SAMPLED.functions.set_column(1, "name", pa.array(['a"\n\x1b', ""]))

    assert [one["name"] for one in read(replace(SAMPLED, functions=functions))["shared"]["frames"]] == ["<unknown>", 'a"\n\x1b']  # fmt: skip


def test_nothing_selected_is_a_file_without_samples() -> None:
    found = read(replace(SAMPLED, samples=SAMPLED.samples.slice(0, 0), values=SAMPLED.values.slice(0, 0)))

    assert [profile["samples"] for profile in found["profiles"]] == [[], []]


def test_more_stacks_than_are_spelled_at_a_time_are_all_there() -> None:
    count = (1 << 16) + 3
    samples = pa.table({"stack_id": pa.array([4] * count, pa.int32()), "label_set_id": pa.nulls(count, pa.int32())})
    values = pa.table({"row_index": pa.array(range(count)), "position": [0] * count, "value": [1] * count})

    objects, space = read(replace(SAMPLED, samples=samples, values=values))["profiles"]

    assert (len(objects["samples"]), len(objects["weights"]), objects["endValue"]) == (count, count, count)
    assert space["samples"] == []
