"""Whole old traces: what they become, and what is not taken."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
import pytest

from pipeline.errors import CutOff, DecodeError
from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace import v1
from pipeline.formats.gotrace.decode import decode
from pipeline.formats.gotrace.order import Chunk
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace_v1 import wire as w
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Decoded, Large, Origin, Source
from tests.builders.trace import header
from tests.builders.trace_v1 import BEGUN, FREQUENCY, NAMES, RICH, batch, stacks, strings, trace
from tests.formats.gotrace.reading import events


def blob(content: bytes, large: Large | None = None) -> Blob:
    return Blob(Source(1, Origin("a.trace"), len(content), ""), content, large)


def decoded(content: bytes) -> list[Decoded]:
    """The parts of a trace, each of which became tables."""
    parts = list(decode([blob(content)]))
    for part in parts:
        build_tables(part, [blob(content)])
    return parts


def table(content: bytes, name: str) -> list[dict[str, object]]:
    of_all = [build_tables(part, [blob(content)]).get(name) for part in decode([blob(content)])]
    return [row for found in of_all if found is not None for row in found.to_pylist()]


def stack_of(content: bytes, name: str) -> list[str]:
    """The functions of the only stack in a table."""
    (stack_hash,) = {row["stack_hash"] for row in table(content, name)} - {None}
    names = {row["function_hash"]: row["name"] for row in table(content, "function")}
    lines = {row["location_hash"]: row["lines"] for row in table(content, "location")}
    stack = next(row for row in table(content, "stack") if row["stack_hash"] == stack_hash)
    assert isinstance(stack["location_hashes"], list)
    return [names[line["function_hash"]] for location in stack["location_hashes"] for line in lines[location]]


def test_a_trace_is_one_generation_without_a_clock() -> None:
    *_, last = decoded(RICH)

    row = {name: np.asarray(column).tolist() for name, column in last.columns["trace"].items()}
    assert (row["version"], row["has_clock"], row["lost_bytes"]) == ([21], [False], [0])
    assert row["event_count"] == [len(events(RICH)[0])]
    assert np.asarray(last.columns["trace_generation"]["event_count"]).tolist() == row["event_count"]
    assert last.notes == []


def test_its_rows_have_the_columns_of_any_trace() -> None:
    of = "goroutine_transition"
    rows = [row for row in table(RICH, of) if row["goroutine"] == 1]

    assert [(row["from_state"], row["to_state"]) for row in rows] == [
        ("undetermined", "running"),
        ("running", "syscall"),
        ("syscall", "running"),
        ("running", "syscall"),
        ("syscall", "runnable"),
    ]
    assert [row["duration_ns"] for row in rows] == [None, 7, 1, 12, 22]
    assert table(RICH, "trace_log")[0]["message"] == "hello"
    assert table(RICH, "trace_label")[0]["label"] == "name"
    assert [row["name"] for row in table(RICH, "trace_range")] == [
        "stop-the-world (GC sweep termination)", "GC mark assist", "GC concurrent mark phase", "GC incremental sweep",
    ]  # fmt: skip
    assert stack_of(RICH, "trace_cpu_sample") == ["main.f"]


def test_what_only_gos_reader_has_is_in_no_table() -> None:
    found = table(RICH, "goroutine_transition")
    task = [row["parent"] for row in table(RICH, "trace_task")]

    assert {row["proc"] for row in found} == {None, 0, 1}
    assert task == [None, None]
    assert any(one["proc"] == 1_000_003 for one in events(RICH)[0])


def test_the_last_stack_of_an_id_and_the_first_frame_of_an_address_hold() -> None:
    names = strings({1: "a", 2: "b"})
    content = trace(
        21,
        batch(0, *BEGUN, "GoSched dt=1 stack=7"),
        names + stacks({7: [(5, 1, 0, 1)]}) + stacks({7: [(5, 2, 0, 2), (6, 2, 0, 3)]}),
    )

    assert stack_of(content, "goroutine_transition") == ["a", "b"]


def test_a_stack_that_is_not_there_is_none() -> None:
    content = trace(
        21, batch(0, *BEGUN, "GoSched dt=1 stack=70"), batch(0, "GoCreate dt=1 g=9 new_stack=71 stack=0", time=200)
    )

    assert {row["stack_hash"] for row in table(content, "goroutine_transition")} == {None}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header(21), "no frequency event"),
        (trace(21), "the trace has no events"),
        (header(21) + batch(0, *BEGUN), "no frequency event"),
        (trace(21, batch(0, *BEGUN), strings({1: "a"}) * 2), "the trace has two of string 1"),
        (trace(21, batch(0, *BEGUN), stacks({1: [(1, 5, 0, 1)]})), "a stack names string 5"),
        (trace(21, batch(0, *BEGUN), b"\x3f"), "found event type 63"),
        (header(20), "unknown trace version go 1.20; heapscape knows 1.11, 1.19, 1.21, 1.22"),
        (header(10), "a trace of Go 1.10, in a format that Go itself has given up"),
        (b"go 1.9 trace\0\0\0\0", "a trace of Go 1.9, in a format that Go itself has given up"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(content: bytes, says: str) -> None:
    (part,) = decoded(content)

    assert says in part.refusals[0]


def test_what_may_not_be_held_is_refused_with_what_to_do() -> None:
    def unread() -> Callable[[int], bytes]:
        raise AssertionError("it is read")

    large = Large(size_bytes=5_000_000, most_held_bytes=1_000_000, open=unread)
    (part,) = decode([blob(RICH[:100], large)])

    assert "5,000,000 bytes, and 1,000,000 may be held; give more --memory" in part.refusals[0]


def test_what_is_compressed_and_breaks_off_is_refused_with_what_is_wrong() -> None:
    readable = io.BytesIO(RICH[:500])

    def read(size: int) -> bytes:
        if piece := readable.read(size):
            return piece
        raise CutOff("gzip member at byte 0: cut off at byte 300")

    (part,) = decode([blob(RICH[:100], Large(500, 1_000_000, open=lambda: read))])

    assert part.refusals[0].startswith("gzip member at byte 0: cut off at byte 300. Of a trace before Go 1.22 nothing")


def changed(size: int) -> bytes:
    raise DecodeError("the file was changed meanwhile")


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (changed, "to read it a second time failed: the file was changed meanwhile"),
        (io.BytesIO().read, "it broke off before and now does not; offer it again"),
    ],
)
def test_what_cannot_be_read_again_is_refused_with_what_is_wrong(read: Callable[[int], bytes], says: str) -> None:
    (part,) = decode([blob(RICH[:100], Large(500, 1_000_000, open=lambda: read))])

    assert part.refusals[0] == says


def test_more_events_than_can_be_sorted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v1, "MOST_EVENTS", 9)

    assert "37 events, and a trace before Go 1.22 may have 9" in str(events(RICH)[1])


def test_more_goroutines_than_the_state_may_hold_end_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mem, "MOST_WORDS", 150_000)
    made = [f"GoCreate dt=1 g={g} new_stack=0 stack=0" for g in range(10, 9_000)]

    found, fault = events(trace(21, batch(0, *BEGUN, *made)))

    assert "more goroutines, regions and tasks at a time" in str(fault)
    assert found[-1]["name"] == "GoCreate"


def test_rows_are_told_in_chunks_of_one_generation() -> None:
    many = ["HeapAlloc dt=1 bytes=1"] * 10_000
    content = trace(21, batch(0, *BEGUN, *many))

    found = list(v1.ordered(np.frombuffer(content, np.uint8), 21))

    chunks = [part for part in found if isinstance(part, Chunk)]
    assert len({id(part.generation) for part in chunks}) == 1
    assert max(len(part.rows) for part in chunks) <= mem.CHUNK_ROWS
    assert sum(np.count_nonzero(part.rows[:, c.WIRE] == c.HEAP_ALLOC) for part in chunks[-2:]) < len(many)


def test_cut_off_anywhere_it_is_refused_or_whole() -> None:
    for length in range(16, len(RICH)):
        *_, last = decoded(RICH[:length])

        assert list(last.refusals) == [0], length
        assert "byte " in last.refusals[0]


def test_without_its_last_stacks_it_is_the_same_without_them() -> None:
    whole = trace(21, batch(0, *BEGUN, "GoSched dt=1 stack=1"))
    cut = whole + NAMES

    for length in range(len(whole), len(cut)):
        *_, last = decoded(cut[:length])
        assert last.refusals or "trace" in last.columns


def test_changed_bytes_end_in_rows_or_in_a_reason() -> None:
    draw = random.Random(20261125)
    taken = 0
    for _ in range(2_000):
        changed = bytearray(RICH)
        for _ in range(draw.randint(1, 4)):
            changed[draw.randrange(16, len(changed))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
        *_, last = decoded(bytes(changed))

        assert last.refusals or "trace" in last.columns
        taken += not last.refusals
    assert 50 < taken < 1_950


def test_a_second_clock_takes_the_place_of_the_first() -> None:
    slow = trace(21, batch(0, *BEGUN)) + batch(0, FREQUENCY.replace("1000000000", "500000000"))

    assert events(slow)[0][-1]["time"] == 17


@pytest.mark.parametrize(
    ("kind", "what", "part"),
    [
        (w.STRING, "strings", strings(dict.fromkeys(range(20, 32), "s"))),
        (w.STACK, "stacks", stacks({number: [(5, 1, 1, 1)] for number in range(20, 32)})),
        (w.FRAMES, "frames in its stacks", stacks({20: [(pc, 1, 1, 1) for pc in range(20, 32)]})),
        (w.BATCH, "batches", b"".join(batch(number) for number in range(20, 32))),
    ],
    ids=["strings", "stacks", "frames", "batches"],
)
def test_tables_larger_than_any_programs_take_no_memory(
    monkeypatch: pytest.MonkeyPatch, kind: int, what: str, part: bytes
) -> None:
    content = trace(21, batch(0, *BEGUN), NAMES, part)
    assert decoded(content)[-1].refusals == {}

    monkeypatch.setitem(v1._MOST, kind, (10, what))

    assert f" {what}, and a trace may have 10; no program has so many" in decoded(content)[-1].refusals[0]


def test_more_goroutines_and_tasks_than_any_program_has_are_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded(RICH)[-1].refusals == {}

    monkeypatch.setattr(v1, "MOST_IDS", 3)

    assert "more than 3 goroutines and tasks; no program has so many" in decoded(RICH)[-1].refusals[0]
