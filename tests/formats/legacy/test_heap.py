from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.formats.legacy.heap import read_heap_header, scaled
from pipeline.formats.legacy.recognise import HEAP_HEADER
from pipeline.formats.legacy.records import BadRecord
from tests.builders.legacy import heap
from tests.formats.legacy.reading import read, refusal

HEADERS = {
    "1: 1 [2: 2] @ heap/1048576": (524288, 4),
    "1: 1 [2: 2] @ heap_v2/524288": (524288, 4),
    "1: 1 [2: 2] @ heapz_v2/524288": (524288, 4),
    "1: 1 [2: 2] @ heapprofile": (1, 4),
    "1: 1 [1: 1] @ heapprofile": (1, 2),
    "1: 1 [0: 0] @ heap_v2/4096": (4096, 2),
    "1: 1 [1: 2] @ growthz": (1, 2),
    "1: 1 [1: 2] @ fragmentationz": (1, 2),
}


@pytest.mark.parametrize("header", HEADERS)
def test_the_header_tells_rate_and_values(header: str) -> None:
    found, _ = read_heap_header(f"heap profile: {header}".encode())

    assert (found.period, len(found.sample_types)) == HEADERS[header]


def test_a_header_without_numbers_is_none() -> None:
    assert not HEAP_HEADER.match(b"heap profile: 12 objects")


def test_values_are_scaled_as_the_runtime_scales_them() -> None:
    # One object of 48 bytes at a rate of 512 KiB: 1/(1-exp(-48/524288)) = 10923.17.
    assert [values for _, values, _ in read(heap("1: 48 [2: 96] @ 0x1")).samples] == [(21846, 1048624, 10923, 524312)]


def test_numbers_are_the_same_on_every_processor() -> None:
    # Near zero all digits are in the last bits of the exponential, for which numpy has instructions of its own.
    sizes = np.arange(1, 4_001)
    objects, size = scaled(np.full(4_000, 3), sizes, rate=524_288)

    scale = [1 / (1 - math.exp(-(size / 3) / 524_288)) for size in sizes.tolist()]
    assert objects.tolist() == [int(3 * by) for by in scale]
    assert size.tolist() == [int(size * by) for size, by in zip(sizes.tolist(), scale, strict=True)]


def test_a_rate_of_one_scales_nothing() -> None:
    found = read(heap("1: 48 [2: 96] @ 0x1", header="heap profile: 1: 48 [2: 96] @ heap/2"))

    assert [values for _, values, _ in found.samples] == [(2, 96, 1, 48)]


def test_objects_without_bytes_are_none() -> None:
    assert [values for _, values, _ in read(heap("0: 0 [2: 0] @ 0x1")).samples] == [(0, 0, 0, 0)]


def test_bytes_without_objects_are_refused() -> None:
    assert "no object is in use, and yet it has bytes" in refusal(heap("0: 5 [1: 5] @ 0x1"))


def test_what_would_not_fit_is_refused() -> None:
    assert "more than 64 bits" in refusal(heap("9000000000000000000: 9000000000000000000 [1: 1] @ 0x1"))
    with pytest.raises(BadRecord):
        scaled(np.array([1]), np.array([1]), rate=2**62)


def test_sizes_of_what_shrank_are_rounded_towards_zero() -> None:
    found = read(heap("-3: 100 [1: 1] @ 0x1", header="heap profile: 1: 1 [2: 2] @ heapprofile"))

    assert [labels[0].num for *_, labels in found.samples] == [-33]
