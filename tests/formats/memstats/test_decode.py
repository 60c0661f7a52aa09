"""Moments to rows: times, processes, pauses, size classes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipeline.errors import CutOff, DecodeError
from pipeline.formats.memstats.decode import decode
from pipeline.values import Blob, Large, Origin, Source
from tests.builders.memstats import lines, memstats
from tests.formats.rows import Rows, blobs, large, rows_of


def read(*contents: bytes, portion_bytes: int = 1 << 24) -> Rows:
    return rows_of(decode(blobs(contents), portion_bytes=portion_bytes))


def test_every_column_is_its_field() -> None:
    (row,) = read(json.dumps(memstats(3)).encode()).tables["memstats"]

    assert row == {
        "blob_index": 0,
        "position": 0,
        "process": 0,
        "taken_at": None,
        "heap_alloc_bytes": 100,
        "total_alloc_bytes": 1_003,
        "sys_bytes": 8_000,
        "mallocs": 53,
        "frees": 20,
        "heap_sys_bytes": 4_000,
        "heap_idle_bytes": 1_000,
        "heap_inuse_bytes": 3_000,
        "heap_released_bytes": 500,
        "heap_objects": 30,
        "stack_inuse_bytes": 11,
        "stack_sys_bytes": 12,
        "mspan_inuse_bytes": 13,
        "mspan_sys_bytes": 14,
        "mcache_inuse_bytes": 15,
        "mcache_sys_bytes": 16,
        "bucket_hash_sys_bytes": 17,
        "gc_sys_bytes": 18,
        "other_sys_bytes": 19,
        "next_gc_bytes": 4_194_304,
        "last_gc_at": datetime(2026, 1, 1, 0, 0, 0, 123_456, UTC),
        "pause_total_ns": 77,
        "cycles": 3,
        "forced_cycles": 1,
        "gc_cpu_fraction": 0.25,
        "max_rss_bytes": None,
    }


def test_before_the_first_cycle_there_was_no_last() -> None:
    found = read(json.dumps(memstats(0)).encode())

    assert found.column("memstats", "last_gc_at") == [None]
    assert found.tables["memstats_pause"] == []


def test_what_is_missing_is_null() -> None:
    (row,) = read(b'{"Alloc": 5, "TotalAlloc": 6, "NumGC": 7}').tables["memstats"]

    assert {name for name, value in row.items() if value is not None} == {
        *("blob_index", "position", "process", "heap_alloc_bytes", "total_alloc_bytes", "cycles")
    }
    assert row["heap_alloc_bytes"] == 5


def test_other_spellings_are_no_fields() -> None:
    (row,) = read(b'{"heapAlloc": 5, "heap_sys": 1, "TotalAlloc": 6, "NumGC": 7, "Sys": 8}').tables["memstats"]

    assert (row["heap_alloc_bytes"], row["heap_sys_bytes"]) == (None, None)


def test_a_time_beside_is_when_it_was_taken() -> None:
    found = read(
        lines(
            {"time": "2026-01-01T00:00:00Z", "m": memstats()},
            memstats(ts=1767225600.5),
            {"a": {"m": memstats()}, "t": 3},
        )
    )

    half = datetime(2026, 1, 1, 0, 0, 0, 500_000, UTC)
    assert found.column("memstats", "taken_at") == [half.replace(microsecond=0), half, None]


def test_the_first_pauses_stand_in_order() -> None:
    found = read(json.dumps(memstats(3)).encode())

    assert found.of("memstats_pause", "cycle", "pause_ns", "ended_ns") == [(1, 1, 1001), (2, 2, 1002), (3, 3, 1003)]


def test_a_full_ring_has_the_last_256_cycles() -> None:
    found = read(json.dumps(memstats(1_000)).encode())

    assert found.of("memstats_pause", "cycle", "pause_ns", "ended_ns") == [
        (cycle, cycle, 1_000 + cycle) for cycle in range(745, 1_001)
    ]


@pytest.mark.parametrize("portion_bytes", [1, 20_000, 1 << 24])
def test_every_pause_is_told_once(portion_bytes: int) -> None:
    cycles = (3, 3, 5, 200, 256, 257, 900, 901)

    found = read(lines(*map(memstats, cycles)), portion_bytes=portion_bytes)

    assert found.column("memstats_pause", "cycle") == [*range(1, 258), *range(645, 902)]
    first = dict(found.of("memstats_pause", "cycle", "position"))
    assert (first[3], first[4], first[6], first[257], first[645], first[901]) == (0, 2, 3, 5, 6, 7)


def test_pauses_that_one_moment_has_not_are_told_by_the_next() -> None:
    found = read(lines(memstats(2), memstats(4, PauseNs=[1, 2]), memstats(5, PauseEnd=None)))

    assert found.of("memstats_pause", "position", "cycle", "ended_ns") == [
        *((0, 1, 1001), (0, 2, 1002)),
        *((2, 3, None), (2, 4, None), (2, 5, None)),
    ]


def test_a_pause_without_a_number_is_left_out_and_counted() -> None:
    found = read(json.dumps(memstats(3, PauseNs=[1, -2, 3] + [0] * 253)).encode())

    assert found.column("memstats_pause", "cycle") == [1, 3]
    assert found.notes == [(0, "value_out_of_range", 1)]


def test_absurd_numbers_of_cycles_take_no_memory() -> None:
    found = read(json.dumps(memstats(3, NumGC=2**63 - 1)).encode())

    assert len(found.tables["memstats_pause"]) == 256


@pytest.mark.parametrize("portion_bytes", [1, 1 << 24])
def test_a_counter_that_falls_is_another_process(portion_bytes: int) -> None:
    found = read(lines(memstats(5), memstats(6), memstats(2), memstats(4)), portion_bytes=portion_bytes)

    assert found.of("memstats", "position", "process") == [(0, 0), (1, 0), (2, 1), (3, 1)]
    assert found.of("process", "process", "prefix", "started_at") == [(0, "", None), (1, "", None)]
    assert found.of("memstats_pause", "process", "cycle") == [
        *((0, cycle) for cycle in range(1, 7)),
        *((1, cycle) for cycle in range(1, 5)),
    ]


def test_a_file_that_has_the_latest_first_is_of_one_process() -> None:
    found = read(lines(memstats(9, time="2026-01-01T00:00:09Z"), memstats(2, time="2026-01-01T00:00:02Z")))

    assert found.of("memstats", "position", "process", "cycles") == [(0, 0, 9), (1, 0, 2)]
    assert sorted(found.of("memstats_pause", "cycle", "position")) == [
        *((cycle, 1) for cycle in (1, 2)),
        *((cycle, 0) for cycle in range(3, 10)),
    ]


def test_size_classes_are_all_but_that_of_nothing() -> None:
    found = read(json.dumps(memstats(3)).encode())

    assert found.of("memstats_size_class", "position", "size_bytes", "mallocs", "frees") == [
        (0, 8, 9, 8),
        (0, 16, 17, 16),
    ]


def test_a_size_class_that_is_odd_or_there_twice_is_counted() -> None:
    classes = [
        {"Size": 8, "Mallocs": 1, "Frees": 1},
        {"Size": 8, "Mallocs": 2, "Frees": 2},
        {"Size": 16, "Mallocs": -1},
    ]

    found = read(json.dumps(memstats(3, BySize=classes)).encode())

    assert found.of("memstats_size_class", "size_bytes", "mallocs") == [(8, 1)]
    assert found.notes == [(0, "value_out_of_range", 2)]


def test_files_that_are_decoded_together_have_nothing_of_each_other() -> None:
    contents = [
        lines(memstats(9), memstats(10)),
        b'{"HeapAlloc": 1, "Hea',
        lines(memstats(1)),
        json.dumps([memstats(2)]).encode(),
    ]

    together = read(*contents)

    for index, content in enumerate(contents):
        alone = read(content)
        for name, rows in alone.tables.items():
            assert [row | {"blob_index": index} for row in rows] == [
                row for row in together.tables[name] if row["blob_index"] == index
            ]
        assert together.refusals.get(index) == alone.refusals.get(0)
    assert list(together.refusals) == [1]


def test_a_file_without_a_whole_object_is_refused() -> None:
    content = json.dumps(memstats(3)).encode()

    assert "no whole object" in read(content[:-1]).refusals[0]
    assert "no whole object" in rows_of(decode([large(content[:-1])])).refusals[0]


def test_gc_stats_are_refused_with_what_to_do() -> None:
    text = (
        b'{"LastGC":"2026-01-01T00:00:00Z","NumGC":3,"PauseTotal":5,"Pause":[1],"PauseEnd":["x"],"PauseQuantiles":null}'
    )

    assert "runtime.ReadMemStats" in read(text).refusals[0]


def test_a_large_file_is_as_it_is_when_held() -> None:
    content = lines(*({"time": f"2026-01-01T00:00:{second:02}Z", "m": memstats(second * 9)} for second in range(60)))

    assert rows_of(decode([large(content)], portion_bytes=50_000)).tables == read(content).tables


def test_a_large_file_that_breaks_off_is_refused() -> None:
    content = lines(*map(memstats, range(20)))

    def opened(whole: int) -> Blob:
        def read_pieces() -> object:
            at = [0]

            def read(size: int) -> bytes:
                if at[0] >= whole:
                    raise CutOff("breaks off")
                at[0] += size
                return content[at[0] - size : at[0]]

            return read

        return Blob(Source(0, Origin("x"), 1, ""), content[:4000], Large(len(content), 1 << 20, read_pieces))  # type: ignore[arg-type]

    assert rows_of(decode([opened(0)])).refusals == {0: "breaks off"}
    with pytest.raises(DecodeError):
        list(decode([opened(40_000)], portion_bytes=10_000))
