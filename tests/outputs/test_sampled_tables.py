"""The tables of a Sampled as files want them."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from pipeline.outputs.sampled_tables import Places, Texts, addresses, in_order_of_use, unfolded, values_of
from tests.outputs.test_pprof_file import SAMPLED


def test_things_stand_in_the_order_in_which_samples_need_them_and_what_none_needs_is_left_out() -> None:
    found = in_order_of_use(SAMPLED)

    assert found.stacks["stack_id"].to_pylist() == [9, 4]
    assert found.locations["location_id"].to_pylist() == [20, 30]
    assert found.functions["name"].to_pylist() == ["main.f", "main.main"]
    assert found.mappings.num_rows == 3


def test_values_that_are_not_there_are_zero() -> None:
    assert values_of(SAMPLED).tolist() == [[0, -7], [1 << 62, 300]]


def test_each_text_has_one_number_and_none_has_that_of_the_empty_one() -> None:
    texts = Texts()

    assert texts.numbers(["a", "", "b", "a"]).tolist() == [1, 0, 2, 1]
    assert texts.numbers(pa.array(["b", None])).tolist() == [2, 0]
    assert texts.rows().data.tobytes() == b"ab"


def test_of_an_id_that_is_there_twice_the_first_place_counts() -> None:
    assert Places(pa.chunked_array([[5, 7], [5]])).of(pa.array([7, 5]).to_numpy()).tolist() == [1, 0]


def test_addresses_are_those_of_the_process() -> None:
    mapping, address = addresses(in_order_of_use(SAMPLED))

    assert (mapping.tolist(), address.tolist()) == ([0, 2], [0x10, 0x3FFF])


def test_inlining_is_unfolded_and_frames_stand_root_first() -> None:
    found = unfolded(in_order_of_use(SAMPLED))

    assert found.offsets.tolist() == [0, 3, 4]
    # main.f, inlined into main.main, called by main.main.
    assert found.function[found.frames].tolist() == [1, 1, 0, 1]
    assert found.line[found.frames].tolist() == [0, -1, 4, 0]
    assert found.location.tolist() == [0, 0, 1]


def test_a_location_without_lines_is_a_frame_without_a_function() -> None:
    stacks = pa.table({"stack_id": pa.array([4, 9], pa.int32()), "location_ids": pa.array([[40], [40, 30]], pa.list_(pa.int32()))})  # fmt: skip
    found = unfolded(in_order_of_use(replace(SAMPLED, stacks=stacks)))

    assert found.function[found.frames].tolist() == [0, -1, -1]
