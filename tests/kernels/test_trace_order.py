"""The merge of threads' batches."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.builders.trace import batch, raw_batch, trace
from tests.formats.gotrace.reading import events


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=12), min_size=1, max_size=9))
def test_independent_threads_are_merged_by_time(steps: list[list[int]]) -> None:
    batches = [
        batch(
            f"ProcStatus dt=1 p={place} pstatus=1",
            *(f"HeapAlloc dt={step} heapalloc_value={place}" for step in of_thread),
            thread=place + 1,
            time=10,
        )
        for place, of_thread in enumerate(steps)
    ]
    expected = sorted(
        (11 + sum(of_thread[: at + 1]), place) for place, of_thread in enumerate(steps) for at in range(len(of_thread))
    )

    found, fault = events(trace(26, batches))

    assert fault is None
    rows = [(one["thread"], one["value"]) for one in found if one["name"] == "HeapAlloc"]
    assert len(rows) == len(expected)
    for place in range(len(steps)):
        assert sum(value == place for _, value in rows) == len(steps[place])
    times = [int(one["time"]) for one in found]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


def test_a_batch_of_no_bytes_is_no_event() -> None:
    found, fault = events(trace(26, (raw_batch(b"", thread=3), batch("ProcStatus dt=1 p=0 pstatus=1", thread=4))))

    assert fault is None
    assert [one["name"] for one in found] == ["Sync", "ProcStatus", "Sync"]


def test_the_time_starts_anew_with_every_batch() -> None:
    first = batch("ProcStatus dt=5 p=0 pstatus=1", thread=3, time=100)
    second = batch("HeapAlloc dt=5 heapalloc_value=1", thread=3, time=200)

    found, _ = events(trace(26, (first, second)))

    assert [one["time"] for one in found[1:3]] == [105, 205]


@given(st.binary(max_size=60))
def test_any_bytes_in_a_batch_end_in_order_or_in_a_fault(data: bytes) -> None:
    found, fault = events(trace(26, (raw_batch(data, thread=3), batch("ProcStatus dt=1 p=0 pstatus=1", thread=3))))

    assert fault is not None or found[-1]["name"] == "Sync"
