"""Moments of metrics to rows, whatever they are written in."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.formats.metrics.decode import decode
from tests.builders.memstats import EXPOSITION, lines, metrics
from tests.formats.rows import Rows, blobs, large, rows_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def read(*contents: bytes | str, portion_bytes: int = 1 << 24) -> Rows:
    plain = [content if isinstance(content, bytes) else content.encode() for content in contents]
    return rows_of(decode(blobs(plain), portion_bytes=portion_bytes))


def test_json_is_rows() -> None:
    found = read(lines(metrics()))

    assert found.of("runtime_metric", "position", "process", "metric", "value_integer", "value", "sample_count") == [
        (0, 0, "/cpu/classes/idle:cpu-seconds", None, 1.5, None),
        (0, 0, "/gc/gogc:percent", None, 2.0**64, None),
        (0, 0, "/gc/heap/allocs:bytes", 9000, 9000.0, None),
        (0, 0, "/gc/heap/live:bytes", 4096, 4096.0, None),
        (0, 0, "/gc/pauses:seconds", None, None, 5),
    ]
    assert found.of("runtime_metric_bucket", "position", "metric", "bucket", "lower", "upper", "count") == [
        (0, "/gc/pauses:seconds", 1, 0.0, 1e-6, 2),
        (0, "/gc/pauses:seconds", 2, 1e-6, math.inf, 3),
    ]
    assert set(found.column("runtime_metric", "taken_at")) == {START + timedelta(milliseconds=500)}
    assert found.of("process", "process", "prefix", "started_at", "started_by") == [(0, "", None, None)]
    assert "memstats" not in found.tables


@pytest.mark.parametrize("infinite", [[None, None], ["-Inf", "+Inf"], ["-Infinity", "Infinity"]])
def test_bounds_that_are_infinite_have_several_spellings(infinite: list[str | None]) -> None:
    histogram = {"counts": [4, 0, 6], "buckets": [infinite[0], 1, 2, infinite[1]]}

    found = read(*[json.dumps({"/gc/pauses:seconds": histogram})] * 1, lines(*[{"/gc/pauses:seconds": histogram}] * 9))

    assert set(found.of("runtime_metric_bucket", "bucket", "lower", "upper", "count")) == {
        (0, -math.inf, 1.0, 4),
        (2, 2.0, math.inf, 6),
    }
    assert len(found.tables["runtime_metric_bucket"]) == 20


@pytest.mark.parametrize(
    "histogram",
    [
        {},
        {"counts": [1]},
        {"counts": [1], "buckets": [1]},
        {"counts": [-1], "buckets": [0, 1]},
        {"counts": ["x"], "buckets": [0, 1]},
        {"counts": [1, 1], "buckets": [0, None, 1]},
        {"counts": [2**63], "buckets": [0, 1]},
        {"counts": 5, "buckets": 6},
        {"counts": [1], "buckets": [1, 0]},
        {"counts": [1], "buckets": [0, "NaN"]},
    ],
)
def test_a_histogram_that_is_none_is_counted(histogram: object) -> None:
    found = read(lines(*[{"/gc/pauses:seconds": histogram, "/gc/heap/live:bytes": 1}] * 9))

    assert found.tables["runtime_metric_bucket"] == []
    assert [kind for _, kind, _ in found.notes] == ["value_out_of_range"]
    assert found.column("runtime_metric", "metric").count("/gc/heap/live:bytes") == 9


@pytest.mark.parametrize("portion_bytes", [1, 1 << 24])
def test_a_counter_that_falls_is_another_process(portion_bytes: int) -> None:
    moments = [{"/gc/heap/allocs:bytes": number} for number in (5, 9, 3, 4)]

    found = read(lines(*moments), portion_bytes=portion_bytes)

    assert found.of("runtime_metric", "position", "process", "value_integer") == [
        (0, 0, 5),
        (1, 0, 9),
        (2, 1, 3),
        (3, 1, 4),
    ]
    assert found.column("process", "process") == [0, 1]


def test_text_is_rows() -> None:
    found = read(EXPOSITION)

    rows = {
        row["metric"]: (row["value_integer"], row["value"], row["sample_count"])
        for row in found.tables["runtime_metric"]
    }
    assert rows == {
        'go_gc_duration_seconds{quantile="0"}': (None, 1.5e-05, None),
        'go_gc_duration_seconds{quantile="1"}': (None, None, None),
        "go_gc_duration_seconds_sum": (None, 0.002218696, None),
        "go_gc_duration_seconds_count": (5, 5.0, None),
        "go_goroutines": (7, 7.0, None),
        'go_info{version="go1.27.3"}': (1, 1.0, None),
        "go_memstats_alloc_bytes": (287312, 287312.0, None),
        "go_memstats_alloc_bytes_total": (12345000, 12345000.0, None),
        "go_memstats_last_gc_time_seconds": (None, 1767225600.1234567, None),
        "go_sched_latencies_seconds": (None, None, 5),
        "go_sched_latencies_seconds_sum": (None, 0.25, None),
        "process_start_time_seconds": (None, 1767225600.12, None),
        "process_virtual_memory_max_bytes": (None, 1.8446744073709552e19, None),
    }
    assert found.of("runtime_metric_bucket", "metric", "bucket", "lower", "upper", "count") == [
        ("go_sched_latencies_seconds", 0, -math.inf, 1e-6, 2),
        ("go_sched_latencies_seconds", 2, 0.001, math.inf, 3),
    ]
    assert found.of("process", "process", "prefix", "started_at", "started_by") == [
        (0, "", START + timedelta(milliseconds=120), "metric")
    ]


def test_text_is_memstats_too() -> None:
    (row,) = read(EXPOSITION).tables["memstats"]

    assert {name: value for name, value in row.items() if value is not None} == {
        "blob_index": 0,
        "position": 0,
        "process": 0,
        "heap_alloc_bytes": 287_312,
        "total_alloc_bytes": 12_345_000,
        "last_gc_at": START + timedelta(microseconds=123_457),
        "pause_total_ns": 2_218_696,
        "cycles": 5,
    }


def test_processes_of_a_federation_are_moments_of_their_own() -> None:
    text = "".join(
        f'go_memstats_alloc_bytes{{instance="{name}"}} {number} {at}\nprocess_start_time_seconds{{instance="{name}"}} {start} {at}\n'
        for at in (1767225660000, 1767225720000)
        for name, number, start in (("a", 5, 1767225600), ("b", 6, 1767225601))
    )

    found = read(text)

    assert found.of("process", "process", "prefix", "started_at") == [
        (0, 'instance="a"', START),
        (1, 'instance="b"', START + timedelta(seconds=1)),
    ]
    minute = timedelta(minutes=1)
    assert found.of("memstats", "position", "process", "taken_at", "heap_alloc_bytes") == [
        *((0, 0, START + minute, 5), (1, 1, START + minute, 6)),
        *((2, 0, START + 2 * minute, 5), (3, 1, START + 2 * minute, 6)),
    ]


def test_labels_with_another_start_are_another_process() -> None:
    text = "".join(
        f"go_threads 1\nprocess_start_time_seconds {start}\n" for start in (1767225600, 1767225600, 1767225700)
    )

    found = read(text + "go_threads 1\n")

    assert found.column("process", "started_at") == [START, START + timedelta(seconds=100)]
    go = [row["process"] for row in found.tables["runtime_metric"] if row["metric"] == "go_threads"]
    assert go == [0, 0, 1, 1]


def test_a_time_of_openmetrics_is_in_seconds() -> None:
    found = read("go_threads 1 1767225600.5\n# EOF\n")

    assert found.column("runtime_metric", "taken_at") == [START + timedelta(milliseconds=500)]


def test_a_histogram_that_falls_is_counted() -> None:
    found = read('go_sched_h_bucket{le="1"} 5\ngo_sched_h_bucket{le="+Inf"} 3\ngo_sched_h_count 3\ngo_threads 1\n')

    assert found.column("runtime_metric", "metric") == ["go_threads"]
    assert found.notes == [(0, "value_out_of_range", 1)]


def test_a_large_file_is_as_it_is_when_held() -> None:
    json_text = lines(
        *({"ts": 1767225600 + at, "m": metrics()["metrics"] | {"/gc/heap/allocs:bytes": at}} for at in range(90))
    )
    text = (EXPOSITION * 50).encode()

    for content in (json_text, text):
        whole = read(content)
        assert rows_of(decode([large(content)], portion_bytes=9_000)).tables == whole.tables
        assert len(set(whole.column("runtime_metric", "position"))) >= 50


def test_files_that_are_decoded_together_have_nothing_of_each_other() -> None:
    contents: list[bytes] = [
        EXPOSITION.encode(),
        lines(metrics(), metrics()),
        b'{"/gc/heap/live:bytes": 1',
        b"go_threads 1\ngo_threads 2\n",
        b"go_threads{ 1",
    ]

    together = read(*contents)

    for index, content in enumerate(contents):
        alone = read(content)
        for name, rows in alone.tables.items():
            assert [row | {"blob_index": index} for row in rows] == [
                row for row in together.tables[name] if row["blob_index"] == index
            ]
        assert together.refusals.get(index) == alone.refusals.get(0)
    assert sorted(together.refusals) == [2, 4]


@pytest.mark.parametrize(
    "content", [b'{"/gc/heap/live:bytes": 1', b"# TYPE go_threads gauge\ngo_threads{\n", b"process_x 1\n"]
)
def test_a_file_without_a_whole_moment_is_refused(content: bytes) -> None:
    assert "no whole moment" in read(content).refusals[0]
    assert "no whole moment" in rows_of(decode([large(content)])).refusals[0]
