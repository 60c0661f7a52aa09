"""Whole traces to Decoded."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.formats.gotrace.decode import decode
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Decoded, Origin, Source
from tests.builders.trace import BLOCKED, NO_THREAD, batch, header, stacks, strings, trace


def decoded(*contents: bytes) -> list[Decoded]:
    blobs = [Blob(Source(i, Origin(f"{i}"), len(one), ""), one) for i, one in enumerate(contents, start=1)]
    return list(decode(blobs))


def test_a_trace_ends_with_its_own_row() -> None:
    *_, last = decoded(trace(26, BLOCKED))

    row = {name: np.asarray(column).tolist() for name, column in last.columns["trace"].items()}
    assert row["event_count"] == [7]
    assert row["lost_bytes"] == [0]
    assert row["offset_ns"] == [1_700_000_000_000_000_000 - 1]
    assert np.asarray(last.columns["trace_generation"]["event_count"]).tolist() == [7]
    assert last.notes == []


def test_a_trace_that_breaks_off_keeps_what_came_before_and_says_what_is_lost() -> None:
    whole = trace(26, BLOCKED)

    *_, last = decoded(whole + b"\x01\x02\x07")

    assert np.asarray(last.columns["trace"]["lost_bytes"]).tolist() == [3]
    assert [(note.kind, note.count) for note in last.notes] == [("trace_cut_off", 3)]
    assert "no whole number" in last.notes[0].example
    assert "% of the file was lost" in last.notes[0].example


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header(26), "the trace has no events"),
        (header(22), "no clock frequency"),
        (trace(26, BLOCKED)[:40], "byte "),
        (header(21), "no frequency event"),
        (header(27), "unknown trace version go 1.27"),
        (trace(26, (batch("GoDestroy dt=1", thread=7),)), "GoDestroy: it needs a proc"),
    ],
)
def test_a_trace_without_an_event_is_refused_with_a_reason_and_leaves_no_symbols(content: bytes, says: str) -> None:
    (refused,) = decoded(content)

    assert list(refused.refusals) == [0]
    assert says in refused.refusals[0]
    assert (refused.columns, refused.symbols) == ({}, None)


def test_a_broken_trace_does_not_keep_others_out() -> None:
    parts = decoded(header(26), trace(26, BLOCKED))

    assert sum("trace" in part.columns for part in parts) == 1
    assert [index for part in parts for index in part.refusals] == [0]


def test_ranges_and_samples_are_numbered_through_the_whole_trace() -> None:
    running = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")
    assist = ("GCMarkAssistBegin dt=1 stack=0", "GCMarkAssistEnd dt=1")
    generations = [(batch(*running, *assist, thread=7, generation=n, time=100 * n),) for n in (1, 2)]

    parts = decoded(trace(26, *generations))

    assert [np.asarray(part.columns["trace_range"]["range_index"]).tolist() for part in parts] == [[0], [1], []]


def test_a_clock_that_runs_for_years_is_noted() -> None:
    late = batch("GoUnblock dt=0 g=1 g_seq=1 stack=0", thread=NO_THREAD, time=2**57)

    *_, last = decoded(trace(26, (*BLOCKED[:-1], late)))

    assert [(note.kind, note.count) for note in last.notes] == [("clock_out_of_range", 1)]
    assert last.notes[0].example == f"from 1 to {2**57 + 2} ns"


def test_texts_that_are_not_utf8_are_noted() -> None:
    names = strings({1: b"caf\xe9", 2: "café", 3: b"\xff"})

    *_, last = decoded(trace(26, (names, batch("ProcStatus dt=1 p=0 pstatus=1", thread=7))))

    assert [(note.kind, note.count) for note in last.notes] == [("text_not_utf8", 2)]


def _rows(bare: int) -> dict[str, list[dict[str, object]]]:
    """The rows of a trace in which a goroutine waits while so many generations have nothing but a clock."""
    last = 2 + bare
    first = (
        strings({1: "main.f", 2: b"caf\xe9", 3: "chan receive"}),
        stacks({1: [(100, 1, 2, 7)]}),
        batch(
            "ProcStatus dt=1 p=0 pstatus=1",
            "GoStatus dt=1 g=1 m=7 gstatus=2",
            "GoBlock dt=1 reason_string=3 stack=1",
            thread=7,
            time=100,
        ),
    )
    behind = (
        batch("ProcStatus dt=1 p=0 pstatus=1", "GoStart dt=20 g=1 g_seq=2", thread=7, generation=last, time=200),
        batch(
            f"GoStatus dt=1 g=1 m={NO_THREAD} gstatus=4",
            "GoUnblock dt=1 g=1 g_seq=1 stack=0",
            thread=NO_THREAD,
            generation=last,
            time=205,
        ),
    )
    content = trace(26, first, *[()] * bare, behind)
    blob = Blob(Source(1, Origin("a"), 1, ""), content)
    rows: dict[str, list[dict[str, object]]] = {}
    for part in decode([blob]):
        assert not part.refusals
        for note in part.notes:
            rows.setdefault("note", []).append({"kind": note.kind, "count": note.count})
        for name, table in build_tables(part, [blob]).items():
            new = [row for row in table.to_pylist() if row not in rows.get(name, [])]
            rows.setdefault(name, []).extend(new)
    return rows


def test_generations_with_a_clock_alone_change_no_row_but_their_own() -> None:
    plain, stretched = _rows(0), _rows(50)

    assert [row["generation"] for row in stretched.pop("trace_generation")] == list(range(1, 53))
    assert len(plain.pop("trace_generation")) == 2
    assert (plain.pop("trace")[0]["event_count"], stretched.pop("trace")[0]["event_count"]) == (10, 60)
    assert stretched == plain
    assert {row["from_reason"] for row in plain["goroutine_transition"]} >= {"chan receive"}


def test_many_generations_with_a_clock_alone_become_rows_together() -> None:
    assert len(decoded(trace(26, BLOCKED, *[()] * 200))) <= 3
