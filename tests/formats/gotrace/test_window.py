"""A large trace is read a generation at a time, and says the same as when it is all in memory."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import CutOff, DecodeError
from pipeline.formats.gotrace import window
from pipeline.formats.gotrace.decode import decode
from pipeline.tables.build import build_tables
from pipeline.values import Blob, Large, Note, Origin, Source
from tests.builders.trace import BLOCKED, batch, raw_batch, sync, trace

FILES = Path(__file__).resolve().parents[2] / "fixtures" / "files" / "tracer"
RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")

Read = Callable[[int], bytes]
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def reads_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "_FIRST_BYTES", 40)
    monkeypatch.setattr(window, "_PIECE_BYTES", 77)


def held(content: bytes) -> Blob:
    return Blob(Source(1, Origin("a.trace"), len(content), ""), content)


def streamed(content: bytes, *, most: int = 1 << 20, read: Read | None = None) -> Blob:
    large = Large(len(content), most, lambda: read or io.BytesIO(content).read)
    return dataclasses.replace(held(content), content=content[:16], large=large)


def rows(blob: Blob) -> Rows:
    found: Rows = {}
    for decoded in decode([blob]):
        assert not decoded.refusals
        for name, table in build_tables(decoded, [blob]).items():
            found.setdefault(name, []).extend(table.to_pylist())
        found.setdefault("note", []).extend(dataclasses.asdict(note) for note in decoded.notes)
    return found


def columns(blob: Blob) -> tuple[dict[str, pa.Table], list[Note]]:
    """The same as `rows`, of so many that Python would take long to hold them."""
    found: dict[str, list[pa.Table]] = {}
    notes: list[Note] = []
    for decoded in decode([blob]):
        assert not decoded.refusals
        for name, table in build_tables(decoded, [blob]).items():
            found.setdefault(name, []).append(table)
        notes += decoded.notes
    return {name: pa.concat_tables(parts) for name, parts in found.items()}, notes


def refusal(blob: Blob) -> str:
    (decoded,) = decode([blob])
    return decoded.refusals[0]


@pytest.mark.parametrize("path", sorted(FILES.rglob("*.trace")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_trace_says_the_same_when_it_is_not_held(path: Path) -> None:
    content = path.read_bytes()

    assert columns(streamed(content)) == columns(held(content))


@pytest.mark.parametrize("version", [22, 23, 25, 26])
def test_no_more_is_held_than_a_generation_and_what_was_read_behind_it(version: int) -> None:
    generations = [
        (batch(*RUNNING, *["HeapAlloc dt=1 heapalloc_value=5"] * 400, thread=7, generation=number, time=100 * number),)
        for number in range(1, 30)
    ]
    content = trace(version, *generations)
    open_window = window.window_of(streamed(content, most=4000))
    held_bytes = []

    while open_window.rest is not None:
        window.read_on(open_window)
        held_bytes.append(len(open_window.data))
        window.leave_behind(open_window, len(open_window.data) - 10)

    assert len(content) > 30_000
    assert max(held_bytes) <= 4000
    assert len(rows(streamed(content, most=4000))["trace_metric"]) == 29 * 400


def test_a_generation_larger_than_what_may_be_held_ends_the_trace() -> None:
    small = (batch(*RUNNING, thread=7),)
    large = (batch(*RUNNING, *["HeapAlloc dt=1 heapalloc_value=5"] * 900, thread=7, generation=2, time=50),)
    content = trace(26, small, large)

    found = rows(streamed(content, most=2000))

    assert [row["generation"] for row in found["trace_generation"]] == [1]
    (note,) = found["note"]
    assert (
        "a generation of more than 2,000 bytes, which are all that may be held; give more --memory" in note["example"]
    )
    assert note["count"] == found["trace"][0]["lost_bytes"] == len(large[0]) + len(sync(26, generation=2)) + 1


def test_a_first_generation_that_is_too_large_is_a_refusal() -> None:
    content = trace(26, (batch(*RUNNING, *["HeapAlloc dt=1 heapalloc_value=5"] * 900, thread=7),))

    assert "byte 16: a generation of more than 2,000 bytes" in refusal(streamed(content, most=2000))


@pytest.mark.parametrize("error", [DecodeError("gzip member at byte 0: corrupt"), OSError(5, "Input/output error")])
def test_a_file_that_cannot_be_read_to_its_end_any_more_is_kept_up_to_there(error: Exception) -> None:
    content = trace(26, BLOCKED, (batch(*RUNNING, thread=7, generation=2, time=500),))
    readable = io.BytesIO(content[:-20])

    def read(size: int) -> bytes:
        piece = readable.read(size)
        if not piece:
            raise error
        return piece

    found = rows(streamed(content, read=read))

    assert [row["generation"] for row in found["trace_generation"]] == [1]
    assert "to read it a second time failed: " in found["note"][0]["example"]
    assert str(error) in found["note"][0]["example"]


def test_what_is_compressed_and_breaks_off_is_kept_up_to_there() -> None:
    content = trace(26, BLOCKED, (batch(*RUNNING, thread=7, generation=2, time=500),))
    readable = io.BytesIO(content[:-20])

    def read(size: int) -> bytes:
        if piece := readable.read(size):
            return piece
        raise CutOff("gzip member at byte 0: cut off")

    found = rows(streamed(content[:-20], read=read))

    assert [row["generation"] for row in found["trace_generation"]] == [1]
    assert found["note"][0]["example"].endswith(": gzip member at byte 0: cut off")
    assert "second time" not in found["note"][0]["example"]


def test_a_file_that_was_changed_says_so_though_nothing_is_lost() -> None:
    content = trace(26, BLOCKED, (batch(*RUNNING, thread=7, generation=2, time=500),))
    readable = io.BytesIO(content)

    def read(size: int) -> bytes:
        piece = readable.read(size)
        if not piece:
            raise DecodeError("it was changed")
        return piece

    found = rows(streamed(content, read=read))

    assert [row["generation"] for row in found["trace_generation"]] == [1, 2]
    assert [(note["kind"], note["count"]) for note in found["note"]] == [("trace_cut_off", 0)]
    assert found["note"][0]["example"].endswith("to read it a second time failed: it was changed")


def test_a_file_that_became_shorter_is_cut_off() -> None:
    content = trace(26, BLOCKED, (batch(*RUNNING, thread=7, generation=2, time=500),))

    found = rows(streamed(content, read=io.BytesIO(content[:-20]).read))

    assert found["trace"][0]["lost_bytes"] > 20
    assert [note["kind"] for note in found["note"]] == ["trace_cut_off"]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (batch(*RUNNING, "GoStart dt=1 g=99 g_seq=1", thread=7, generation=2, time=500), "failed to advance"),
        (
            batch(
                *RUNNING,
                "UserTaskBegin dt=1 task=1 parent_task=0 name_string=9 stack=0",
                thread=7,
                generation=2,
                time=500,
            ),
            "string ID",
        ),
        (raw_batch(b"\x04\x05\x01\x99\x99", generation=2), "does not end"),
        (raw_batch(b"\x00\x01\x01\x01\x01\x99", generation=2, experiment=1), "table of Go types"),
    ],
    ids=["order", "text", "table", "types"],
)
def test_places_in_faults_behind_the_first_generation_are_those_of_the_file(part: bytes, says: str) -> None:
    content = trace(26, BLOCKED, (batch(*RUNNING, thread=8, generation=2, time=400), part))

    found = rows(streamed(content))["note"]

    assert found == rows(held(content))["note"]
    (note,) = found
    assert says in note["example"]
    assert int(note["example"].partition("byte ")[2].partition(":")[0]) > len(trace(26, BLOCKED))


def test_a_window_on_everything_stays_as_it_is() -> None:
    found = window.in_memory(b"0123456789")

    window.leave_behind(found, 5)

    assert not window.read_on(found)
    assert found.data.tobytes() == b"0123456789"
    assert found.base == 0
    assert np.shares_memory(found.data, window.in_memory(found.data).data)
