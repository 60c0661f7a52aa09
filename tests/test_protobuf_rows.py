"""Messages of many rows at once, against protobuf's own runtime."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.generated.profile_pb2 import Label, Profile, Sample
from pipeline.protobuf_rows import Rows, grouped, joined, messages, number, numbers, taken, texts, varints

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)
SAMPLES = st.lists(
    st.tuples(st.lists(UINT64, max_size=4), st.lists(INT64, max_size=3), st.lists(st.tuples(INT64, INT64), max_size=3)),
    max_size=5,
)


def ragged(lists: list[list[int]], kind: type) -> Rows:
    flat = np.array([number for one in lists for number in one], kind)
    return grouped(varints(flat), np.cumsum([0, *map(len, lists)]))


def each(rows: Rows) -> list[bytes]:
    return [rows.data[begin:end].tobytes() for begin, end in zip(rows.offsets, rows.offsets[1:], strict=False)]


@given(SAMPLES)
def test_samples_are_what_protobuf_writes(samples: list[tuple[list[int], list[int], list[tuple[int, int]]]]) -> None:
    labels = [label for _, _, labels in samples for label in labels]
    keys, nums = (np.array([label[place] for label in labels], np.int64) for place in (0, 1))
    of_each = grouped(
        messages(3, joined(number(1, keys), number(3, nums))), np.cumsum([0, *(len(one[2]) for one in samples)])
    )

    got = joined(
        numbers(1, ragged([one[0] for one in samples], np.uint64)),
        numbers(2, ragged([one[1] for one in samples], np.int64)),
        of_each,
    )

    assert each(got) == [
        Sample(
            location_id=ids, value=values, label=[Label(key=key, num=num) for key, num in labels]
        ).SerializeToString()
        for ids, values, labels in samples
    ]


@given(st.lists(st.text(max_size=200), max_size=5), st.integers(0, 5))
def test_texts_are_written_as_they_are_wherever_their_array_begins(values: list[str], begin: int) -> None:
    rows = messages(6, texts(pa.array(values, pa.string()).slice(begin)))

    assert rows.data.tobytes() == Profile(string_table=values[begin:]).SerializeToString()


@given(st.lists(UINT64, min_size=1, max_size=9), st.data())
def test_rows_are_taken_from_any_place_any_number_of_times(values: list[int], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=9))
    rows = varints(np.array(values, np.uint64))

    assert each(taken(rows, np.array(places, np.int64))) == [each(rows)[place] for place in places]
