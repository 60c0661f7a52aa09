"""Traces that were made to do harm: a reason, or rows; never a crash, a hang or memory without bound."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace import wire
from pipeline.formats.gotrace.decode import decode
from pipeline.formats.gotrace.window import in_memory
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import order as trace_order
from pipeline.kernels.trace import tables as trace_tables
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Decoded, Origin, Source
from tests.builders.trace import BLOCKED, batch, header, raw_batch, samples, stacks, strings, sync, trace
from tests.formats.gotrace.reading import events

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def tables(content: bytes) -> list[Decoded]:
    """The parts of a trace, each of which became tables."""
    blob = Blob(Source(1, Origin("a.trace"), len(content), ""), content)
    parts = list(decode([blob]))
    for part in parts:
        build_tables(part, [blob])
    return parts


@pytest.mark.parametrize("length", range(1, 30))
def test_a_table_of_samples_that_breaks_off_stays_in_its_room(length: int) -> None:
    data = np.frombuffer((b"\x06" + b"\x07\x01\x02\x03\x04\x05" * 6)[:length], np.uint8)
    batches = np.zeros((1, c.BATCH), np.int64)
    batches[0, [c.BATCH_END, c.BATCH_KIND]] = (length, c.CPU_SAMPLES)
    room = wire.most_samples(batches)
    guarded = np.full((room + 2, c.SAMPLE), 77, np.int64)

    trace_tables.read_samples(data, batches, guarded)

    assert (guarded[room:] == 77).all()


def test_a_span_class_that_no_runtime_has_is_none() -> None:
    parts = tables(trace(26, (batch(*RUNNING, f"SpanAlloc dt=1 id=2 npages_value=1 kindclass={2**50}", thread=7),)))

    assert np.asarray(parts[0].columns["heap_span"]["size_class"]).tolist() == [-1]


@pytest.mark.parametrize(("wall_ns", "at"), [(2**63 - 5, 2**63 + 7), (2**63 - 5, 5), (5, 2**62), (2**64, 2**63 - 1)])
def test_clocks_at_the_ends_of_64_bits_are_clocks(wall_ns: int, at: int) -> None:
    content = header(26) + sync(26, wall_ns=wall_ns, time=at) + batch(*RUNNING, thread=7, time=at) + b"\x34"

    assert "trace" in tables(content)[-1].columns


def test_times_past_the_end_of_64_bits_are_times() -> None:
    late = [f"HeapAlloc dt={2**62} heapalloc_value=1"] * 5

    assert "trace" in tables(trace(26, (batch(*RUNNING, *late, thread=7),)))[-1].columns


def test_a_table_of_types_that_cannot_be_read_costs_the_types_alone() -> None:
    for broken in (b"\x00" + b"\x00" * 5, b"\x00\x01\x02", b"\x01\x80"):
        *_, last = tables(trace(26, (raw_batch(broken, experiment=1), batch(*RUNNING, thread=7))))

        assert [note.kind for note in last.notes] == ["trace_types_unreadable"]


def test_a_sample_of_a_stack_that_is_not_there_says_so() -> None:
    _, fault = events(trace(26, (*BLOCKED, samples([(105, 7, 0, 1, 9)]))))

    assert "CPUSample: its stack is not in the generation" in str(fault)
    assert "byte -1" not in str(fault)


def test_threads_that_all_wait_are_tried_within_bounds() -> None:
    # The first event waits for one that never comes, so every other event makes all threads be looked at.
    waiting = batch("GoStart dt=0 g=9 g_seq=1", thread=1, time=1)
    others = [batch(f"ProcStatus dt=1 p={n} pstatus=2", thread=n, time=2) for n in range(2, 3_000)]
    content = trace(26, (waiting, *others))

    began = time.monotonic()
    _, fault = events(content)

    assert time.monotonic() - began < 20
    assert "failed to advance" in str(fault)


def test_trying_comes_to_an_end() -> None:
    memory = mem.roomier(mem.fresh())
    memory[c.TRIES] = trace_order.MOST_TRIES
    nothing = mem.look_up(np.zeros(0, np.int64), np.zeros(0, np.int64))
    content = trace(26, (batch("GoStart dt=0 g=9 g_seq=1", thread=1), batch("GoStart dt=0 g=8 g_seq=1", thread=2)))
    generation = next(wire.generations(in_memory(content), 26))
    assert isinstance(generation, wire.Generation)
    memory = mem.for_generation(memory, threads=2, texts=nothing, stacks=nothing)
    data, batches = generation.data, generation.batches.ravel()
    trace_order.begin_generation(memory, data, batches, generation.groups, 1.0)

    _, _, status = trace_order.order(memory, data, batches, generation.samples.ravel(), 0, 1.0, 0)

    assert status == c.BROKEN
    assert memory[c.FAULT] == trace_order.TOO_MANY_TRIES


def test_more_goroutines_than_the_state_may_hold_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mem, "MOST_WORDS", 150_000)
    made = [f"GoCreate dt=1 new_g={g} new_stack=0 stack=0" for g in range(2, 9_000)]

    found, fault = events(
        trace(26, (batch(*RUNNING, *made[:4_000], thread=7), batch(*made[4_000:], thread=7, time=9_000)))
    )

    assert "more goroutines, threads, regions and tasks at a time than heapscape holds" in str(fault)
    assert found[-1]["name"] == "GoCreate"


def test_more_generations_than_any_trace_has_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_GENERATIONS", 3)
    content = trace(26, *[(batch("ProcStatus dt=1 p=0 pstatus=1", thread=7, generation=n),) for n in range(1, 6)])

    found, fault = events(content)

    assert sum(one["name"] == "ProcStatus" for one in found) == 3
    assert "more than 3 generations" in str(fault)


CHANGES = st.lists(
    st.tuples(st.integers(0, 2**16), st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)) | st.integers(0, 255)),
    min_size=1,
    max_size=4,
)


@cache
def rich(version: int) -> bytes:
    lines = (
        *RUNNING,
        "UserTaskBegin dt=1 task=5 parent_task=0 name_string=1 stack=1",
        "UserRegionBegin dt=1 task=5 name_string=1 stack=1",
        "GCBegin dt=1 gc_seq=1 stack=1",
        "SpanAlloc dt=1 id=2 npages_value=1 kindclass=22",
        "HeapObjectAlloc dt=1 id=2048 type=0",
        "GoCreate dt=1 new_g=2 new_stack=1 stack=1",
        "GoSyscallBegin dt=1 p_seq=1 stack=1",
        "GoSyscallEnd dt=1",
    )
    parts = (strings({1: "a", 2: "b"}), stacks({1: [(9, 1, 2, 3), (8, 2, 1, 3)]}), samples([(3, 7, 0, 1, 1)]))
    return trace(version, (*parts, batch(*lines, thread=7), *BLOCKED[2:]), (batch(*RUNNING, thread=7, generation=2),))


@pytest.mark.parametrize("version", [22, 25, 26])
@given(CHANGES)
def test_changed_bytes_end_in_rows_or_in_a_reason(version: int, changes: list[tuple[int, int]]) -> None:
    changed = bytearray(rich(version))
    for place, value in changes:
        changed[16 + place % (len(changed) - 16)] = value

    *_, last = tables(bytes(changed))

    assert last.refusals or "trace" in last.columns


@pytest.mark.parametrize(
    ("limit", "table"),
    [
        ("MOST_TEXTS", strings(dict.fromkeys(range(1, 12), ""))),
        ("MOST_STACKS", stacks({number: [] for number in range(1, 12)})),
        ("MOST_FRAMES", stacks({1: [(pc, 0, 0, 1) for pc in range(1, 12)]})),
        ("MOST_REFERENCES", stacks({number: [(5, 0, 0, 1), (6, 0, 0, 1)] for number in range(1, 7)})),
        ("MOST_SAMPLES", samples([(105, 7, 0, 1, 0)] * 11)),
    ],
)
def test_tables_larger_than_any_programs_take_no_memory(
    monkeypatch: pytest.MonkeyPatch, limit: str, table: bytes
) -> None:
    content = trace(26, (table, batch(*RUNNING, thread=7)))
    assert tables(content)[-1].refusals == {}

    monkeypatch.setattr(wire, limit, 10)

    assert "entries in a table of one generation, or frames in its stacks" in tables(content)[-1].refusals[0]


def test_types_larger_than_any_programs_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    types = b"\x00" + b"".join(bytes([number, 1, 8, 8, 0]) for number in range(1, 12))
    content = trace(26, (raw_batch(types, experiment=1), batch(*RUNNING, thread=7)))
    assert tables(content)[-1].notes == []

    monkeypatch.setattr(wire, "MOST_TEXTS", 10)

    assert [note.kind for note in tables(content)[-1].notes] == ["trace_types_unreadable"]


def test_more_batches_than_any_program_writes_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    content = trace(26, [raw_batch(b"", thread=7)] * 3000)
    monkeypatch.setattr(wire, "MOST_BATCHES", 2000)

    assert "more batches in a generation than any program writes" in tables(content)[-1].refusals[0]
