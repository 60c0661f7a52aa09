"""What lasted, numbers and messages of a trace, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.outputs.perfetto_trace import Naming, cpu_samples, opening
from tests.builders.perfetto import Read, read
from tests.outputs.test_pprof_file import SAMPLED

TRACE = {"start_ns": 5, "clock_offset_ns": 1_000}


def batch(*rows: Mapping[str, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([dict(one) for one in rows])


def span(track: str, name: str, start_ns: int, end_ns: int | None, *, group: str = "Goroutines", parent: str = "") -> dict[str, object]:  # fmt: skip
    return {"group": group, "parent": parent, "track": track, "name": name, "start_ns": start_ns, "end_ns": end_ns}


def made(*pieces: bytes, trace: Mapping[str, object] = TRACE) -> Read:
    return read(b"".join([*opening(trace, name="go.trace"), *pieces]))


def test_what_lasted_is_on_its_track_and_tracks_and_names_are_told_once() -> None:
    naming = Naming()
    first = naming.slices(batch(span("G1\0a", "running", 0, 3), span("G1\0a", "waiting", 3, 9)))
    second = naming.slices(batch(span("G1\0a", "running", 9, 12), span("Proc 0\0p", "G1", 9, 12, group="Procs")))

    found = made(*first, *second)

    assert found.lasted == {
        (("go.trace", "Goroutines", "G1"), "running"): 6,
        (("go.trace", "Goroutines", "G1"), "waiting"): 6,
        (("go.trace", "Procs", "Proc 0"), "G1"): 3,
    }


def test_a_track_in_another_is_told_after_it_even_when_nothing_happened_there() -> None:
    found = made(*Naming().slices(batch(span("runtime\0G1", "GC mark assist", 1, 2, parent="G1\0a"))))

    assert list(found.lasted) == [(("go.trace", "Goroutines", "G1", "runtime"), "GC mark assist")]


def test_what_did_not_end_stays_open() -> None:
    found = made(*Naming().slices(batch(span("GC\0", "mark", 1, None, group="Runtime"), span("GC\0", "sweep", 2, 3, group="Runtime"))))  # fmt: skip

    assert found.open == {("go.trace", "Runtime", "GC"): ["mark"]}
    assert list(found.lasted.values()) == [1]


def test_messages_are_moments_and_numbers_have_their_tracks() -> None:
    naming = Naming()
    message = {**span("log\0G1", "key: it is done", 4, 0, parent="G1\0a")}
    values = batch({"track": "heap:bytes", "time_ns": 1, "value": 0}, {"track": "goroutines running", "time_ns": 2, "value": 3})  # fmt: skip

    found = made(*naming.moments(batch(message)), *naming.values(values))

    assert found.moments == [(("go.trace", "Goroutines", "G1", "log"), "key: it is done")]
    assert found.values == {"heap:bytes": [(1, 0)], "goroutines running": [(2, 3)]}
    assert found.units == {"heap:bytes": 3, "goroutines running": 2}


def test_cpu_samples_have_their_stacks_and_threads() -> None:
    rows = [{"time_ns": 1, "thread": 7, "stack_id": 9}, {"time_ns": 2, "thread": None, "stack_id": None}]

    found = made(*cpu_samples(SAMPLED, [batch(*rows)]))

    assert found.cpu == [(("main.main", "main.main", "main.f"), 1, 7), (None, 2, 0)]


def test_the_wall_clock_is_told_where_it_is_known() -> None:
    assert made().clocks == {6: 5, 1: 1_005}
    assert made(trace={"start_ns": 0, "clock_offset_ns": None}).clocks == {6: 0}
