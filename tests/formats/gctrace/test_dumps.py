"""Dumps in logs that are too large to be held: what is kept of such a log is what is read of one that is held."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gctrace import FORMAT, dumps
from pipeline.formats.gctrace.dumps import Gathered
from tests.builders.dumps import MANY
from tests.formats.gctrace.logs import gc, large, lines, read, read_blobs

OTHER = [f"2026-11-30T10:00:00Z info served {number}" for number in range(40_000)]
DUMP = MANY.decode().splitlines()


@pytest.mark.parametrize("before", ["", "web-1 | ", "2026-11-30T10:00:00.1Z stderr F "])
def test_a_dump_in_a_large_log_goes_in(before: str) -> None:
    content = lines(gc(1), *OTHER, *(f"{before}{text}" for text in DUMP), *OTHER, gc(2))

    found = read_blobs([large(lines(gc(7))), large(content)])

    assert found.rows("gctrace_cycle", "blob_index", "cycle") == [(0, 7), (1, 1), (1, 2)]
    assert found.rows("goroutine_dump", "blob_index", "goroutine") == [(1, 1), (1, 18), (1, 19), (1, 20)]
    assert found.tables["goroutine_dump"] == [row | {"blob_index": 1} for row in read(content).tables["goroutine_dump"]]


def test_a_dump_whose_lines_are_objects_goes_in() -> None:
    texts = [json.dumps({"log": f"{text}\n", "stream": "stderr"}) for text in (*OTHER, *DUMP, *OTHER)]

    found = read_blobs([large(lines(*texts))])

    assert found.rows("goroutine_dump", "goroutine") == [(1,), (18,), (19,), (20,)]


def test_a_large_log_without_a_cycle_is_one_for_its_dump() -> None:
    assert FORMAT.holds(large(lines(*OTHER, *DUMP)))
    assert not FORMAT.holds(large(lines(*OTHER, "goroutine 7 [running]:", *OTHER)))


def test_a_log_that_breaks_off_gives_the_dump_before() -> None:
    found = read_blobs([large(lines(gc(1), *OTHER, *DUMP), is_cut_off=True)])

    assert found.rows("goroutine_dump", "goroutine") == [(1,), (18,), (19,), (20,)]
    assert found.kinds["log_cut_off"] == 1


def test_what_there_is_no_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "_MOST_BYTES", 4_000)

    found = read_blobs([large(lines(gc(1), *DUMP, *OTHER, *DUMP, *OTHER, *DUMP))])

    assert 0 < len(found.tables["goroutine_dump"]) < 12
    assert found.kinds["dumps_left_out"] + len(found.tables["goroutine_dump"]) == 12


@given(
    st.lists(st.sampled_from(["goroutine 1 [running]:", "x", "", "goroutine 2"]), max_size=60),
    st.integers(1, 40),
    st.integers(1, 5),
)
def test_each_header_and_so_many_lines_from_it_on_are_kept_however_they_are_read(
    texts: list[str], size: int, count: int
) -> None:
    content = lines(*texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dumps, "_LINES", count)
        gathered = Gathered()
        for start in range(0, len(content), size):
            gathered.take(content[start : start + size])
        gathered.take(b"")

    wanted = [any("[" in text for text in texts[max(0, at - count + 1) : at + 1]) for at in range(len(texts))]
    assert gathered.text == b"".join(lines(text) for text, is_wanted in zip(texts, wanted, strict=True) if is_wanted)
