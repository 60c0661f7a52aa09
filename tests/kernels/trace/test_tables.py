"""Tables of a generation against slow twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.window import in_memory
from pipeline.formats.gotrace.wire import generations
from tests.builders.trace import samples, stacks, strings, trace

FRAME = st.tuples(st.integers(1, 5), st.just(1), st.just(1), st.integers(0, 2**64 - 1))


def whole(*parts: bytes) -> Generation:
    found = next(generations(in_memory(trace(26, parts)), 26))
    assert isinstance(found, Generation), found
    return found


@given(st.dictionaries(st.integers(1, 2**64 - 1), st.binary(max_size=30), max_size=20))
def test_strings_of_any_ids_and_bytes(texts: dict[int, bytes]) -> None:
    found = whole(strings(texts))

    spans = zip(found.texts.starts.tolist(), found.texts.lengths.tolist(), strict=True)
    read = [found.texts.data[start : start + length].tobytes() for start, length in spans]
    assert dict(zip(found.string_ids.view(np.uint64).tolist(), read[1:], strict=True)) == texts


@given(st.dictionaries(st.integers(1, 99), st.lists(FRAME, max_size=6), max_size=10))
def test_a_stack_is_its_addresses_and_an_address_its_first_frame(
    given_stacks: dict[int, list[tuple[int, int, int, int]]],
) -> None:
    found = whole(strings({1: "f"}), stacks(given_stacks))

    first: dict[int, int] = {}
    for of_stack in given_stacks.values():
        for pc, _, _, line in of_stack:
            first.setdefault(pc, line)
    expected = {identity: [(pc, first[pc]) for pc, *_ in of_stack] for identity, of_stack in given_stacks.items()}
    offsets = found.stack_offsets
    read = {
        int(identity): [
            (int(f[0]), int(f[3]) % 2**64) for f in found.frames[found.stack_frames[offsets[i] : offsets[i + 1]]]
        ]
        for i, identity in enumerate(found.stack_ids)
    }
    assert read == expected


def test_samples_are_by_time_and_goroutine_0_is_none() -> None:
    found = whole(stacks({5: []}), samples([(9, 1, 0, 4, 5), (3, 1, -1, 0, 0), (4, 1, 0, 4, 6)]))

    assert found.samples.tolist() == [[3, 1, -1, -1, 0], [4, 1, 0, 4, -1], [9, 1, 0, 4, 1]]
