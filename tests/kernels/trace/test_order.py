"""The merge of threads' batches."""

from __future__ import annotations

from itertools import accumulate, chain, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.builders.trace import batch, raw_batch, trace
from tests.formats.gotrace.reading import events


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=12), min_size=1, max_size=9))
def test_independent_threads_are_merged_by_time(steps: list[list[int]]) -> None:
    # Each event's value is the time it has in the file.
    times = [list(accumulate(of_thread, initial=11))[1:] for of_thread in steps]
    batches = [
        batch(
            f"ProcStatus dt=1 p={place} pstatus=1",
            *(f"HeapAlloc dt={step} heapalloc_value={at}" for step, at in zip(of_thread, times[place], strict=True)),
            thread=place + 1,
            time=10,
        )
        for place, of_thread in enumerate(steps)
    ]

    found, fault = events(trace(26, batches))

    assert fault is None
    assert [one["value"] for one in found if one["name"] == "HeapAlloc"] == sorted(chain.from_iterable(times))
    for place, of_thread in enumerate(times, start=1):
        assert [one["value"] for one in found if one["name"] == "HeapAlloc" and one["thread"] == place] == of_thread
    assert all(int(later["time"]) > int(earlier["time"]) for earlier, later in pairwise(found))


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
