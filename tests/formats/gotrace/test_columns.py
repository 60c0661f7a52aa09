"""Events as columns of tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pipeline.formats.gotrace.columns import Columns, add, columns_of, has_room, open_ranges, part_for
from pipeline.formats.gotrace.decode import decode
from pipeline.formats.gotrace.order import Chunk, Ordered, ordered
from pipeline.formats.gotrace.window import in_memory
from pipeline.kernels.trace import rows as trace_rows
from pipeline.values import Blob, Origin, Source
from tests.builders.trace import BLOCKED, batch, raw_batch, strings, trace, uvarint

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def columns(content: bytes) -> dict[str, dict[str, list[int]]]:
    chunk = next(part for part in ordered(in_memory(content), 26) if isinstance(part, Chunk))
    built = built_of(chunk)
    return {table: {name: np.asarray(one).tolist() for name, one in of.items()} for table, of in built.items()}


def built_of(chunk: Chunk) -> Mapping[str, Columns]:
    assert chunk.generation is not None
    part = part_for(chunk.generation, room=len(chunk.rows))
    assert has_room(part, chunk.rows)
    add(part, chunk.rows)
    assert not has_room(part, chunk.rows)
    return columns_of(part)


def test_a_transition_says_what_it_ends_and_who_caused_it() -> None:
    rows = columns(trace(26, BLOCKED))["goroutine_transition"]

    assert rows["from_state"] == [0, 3, 4, 2]
    assert rows["to_state"] == [3, 4, 2, 3]
    assert rows["duration_ns"] == [-1, 1, 10, 10]
    assert rows["reason_text"] == [0, 3, 0, 0]
    assert rows["from_reason_text"] == [0, 0, 3, 0]
    assert rows["from_stack"] == [0, 0, 1, 0]
    assert rows["stack"] == [0, 1, 0, 0]
    assert rows["by_goroutine"] == [-1, -1, -1, -1]


def test_waiting_weighs_the_stack_that_waits() -> None:
    rows = columns(trace(26, BLOCKED))["sample"]
    found = {
        (kind, stack): value
        for stack, values in zip(rows["stack"], np.asarray(rows["values"]).tolist(), strict=True)
        for kind, value in enumerate(values)
        if value
    }

    sync, sched = trace_rows.SYNC, trace_rows.RUNNABLE
    assert found == {(sync, 1): 1, (sync + 1, 1): 10, (sched, 0): 1, (sched + 1, 0): 10}


def test_a_status_that_tells_nothing_new_ends_nothing() -> None:
    later = [batch(*RUNNING, thread=7, generation=2, time=50)]
    chunks = list(ordered(in_memory(trace(26, (batch(*RUNNING, thread=7),), later)), 26))
    second = chunks[1]
    assert isinstance(second, Chunk)

    rows = built_of(second)["goroutine_transition"]

    assert np.asarray(rows["duration_ns"]).tolist() == [-1]
    assert (np.asarray(rows["from_state"]) == np.asarray(rows["to_state"])).all()


def test_the_time_of_an_abandoned_proc_is_whole_although_it_is_stolen() -> None:
    blocked = ("GoSyscallBegin dt=9 p_seq=1 stack=0", "GoDestroySyscall dt=10")
    victim = batch(*RUNNING, *blocked, thread=7, time=10)
    thief = batch("ProcSteal dt=1 p=0 p_seq=2 m=7", "ProcStart dt=30 p=0 p_seq=3", thread=8, time=100)

    rows = columns(trace(26, (victim, thief)))["proc_transition"]

    assert list(zip(rows["from_state"], rows["to_state"], rows["duration_ns"], strict=True)) == [
        (0, 2, -1),
        (2, 3, 20),
        (3, 3, -1),
        (3, 2, 100),
    ]


def test_a_range_has_its_beginning_and_a_sweep_its_bytes() -> None:
    content = trace(
        26,
        (
            strings({1: "GOMAXPROCS"}),
            batch(
                *RUNNING,
                "STWBegin dt=1 kind_string=1 stack=0",
                "STWEnd dt=5",
                "GCSweepBegin dt=1 stack=0",
                "GCSweepEnd dt=2 swept_value=8192 reclaimed_value=4096",
                thread=7,
            ),
        ),
    )

    rows = columns(content)["trace_range"]

    assert [end - start for start, end in zip(rows["start_ns"], rows["end_ns"], strict=True)] == [5, 2]
    assert rows["kind_text"] == [1, 0]
    assert (rows["goroutine"], rows["proc"]) == ([1, -1], [-1, 0])
    assert (rows["swept_bytes"], rows["reclaimed_bytes"]) == ([-1, 8192], [-1, 4096])


def test_what_nothing_ends_is_open() -> None:
    content = trace(26, (batch(*RUNNING, "GCBegin dt=1 gc_seq=1 stack=0", "GCMarkAssistBegin dt=1 stack=0", thread=7),))
    last = list(ordered(in_memory(content), 26))[-1]
    assert isinstance(last, Ordered)

    rows = {name: np.asarray(column).tolist() for name, column in open_ranges(last.memory).items()}

    assert rows["wire"] == [30, 36]
    assert rows["end_ns"] == [-1, -1]
    assert rows["goroutine"] == [-1, 1]
    assert rows["start_ns"][1] - rows["start_ns"][0] == 1


def test_allocation_events_have_addresses_types_and_sizes() -> None:
    heap = b"\x01" + b"".join(map(uvarint, (0xC000000000, 8192, 8, 2048)))
    types = b"\x00" + b"".join(map(uvarint, (4, 0x1000, 48, 16, 6))) + b"main.T"
    content = trace(
        26,
        (
            raw_batch(heap, experiment=1),
            raw_batch(types, experiment=1),
            batch(
                *RUNNING,
                "SpanAlloc dt=1 id=2 npages_value=1 kindclass=22",
                "HeapObjectAlloc dt=1 id=2048 type=4",
                "HeapObjectFree dt=1 id=2048",
                "GoroutineStackAlloc dt=1 id=3 order=12",
                thread=7,
            ),
        ),
    )

    found = columns(content)

    assert found["heap_span"]["address"] == [0xC000000000 + 2 * 8192]
    assert (found["heap_span"]["size_bytes"], found["heap_span"]["size_class"]) == ([8192], [5])
    assert found["heap_span"]["is_noscan"] == [1]
    assert found["heap_object"]["address"] == [0xC000000000 + 2048 * 8] * 2
    assert found["heap_object"]["type_size_bytes"] == [48, -1]
    assert found["heap_object"]["event"] == [1, 2]
    assert found["goroutine_stack"]["size_bytes"] == [2048]


_ALLOCATIONS = (
    "SpanAlloc dt=1 id=2 npages_value=1 kindclass=22",
    "HeapObjectAlloc dt=1 id=2048 type=0",
    "GoroutineStackAlloc dt=1 id=3 order=12",
)


def _addresses(content: bytes) -> dict[str, list[int]]:
    """Addresses of each table of allocation events, of all generations."""
    found: dict[str, list[int]] = {}
    for decoded in decode([Blob(Source(1, Origin("a.trace"), len(content), ""), content)]):
        for name in ("heap_span", "heap_object", "goroutine_stack"):
            if name in decoded.columns:
                found.setdefault(name, []).extend(np.asarray(decoded.columns[name]["address"]).tolist())
    return found


@pytest.mark.parametrize(
    ("told", "span", "item", "stack"),
    [
        ((raw_batch(b"\x01" + b"".join(map(uvarint, (1 << 38, 16384, 16, 4096))), experiment=1),), 16384, 16, 4096),
        ((), 8192, 8, 2048),
    ],
)
def test_addresses_of_every_generation_are_written_as_the_first_one_tells(
    told: tuple[bytes, ...], span: int, item: int, stack: int
) -> None:
    content = trace(
        26,
        (*told, batch(*RUNNING, *_ALLOCATIONS, thread=7)),
        (batch(*RUNNING, *_ALLOCATIONS, thread=7, generation=2, time=500),),
    )
    first = (1 << 38) * bool(told)

    assert _addresses(content) == {
        "heap_span": [first + 2 * span] * 2,
        "heap_object": [first + 2048 * item] * 2,
        "goroutine_stack": [first + 3 * stack] * 2,
    }
