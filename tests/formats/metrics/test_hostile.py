"""No input breaks the reading, and none harms another."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats.metrics.decode import decode
from tests.builders.memstats import EXPOSITION, lines, metrics
from tests.formats.rows import blobs, rows_of

DEEP = 100_000
GOOD = EXPOSITION.encode()
GOOD_JSON = lines(metrics(), metrics())
HOSTILE = {
    "deep": b'{"/gc/heap/live:bytes": 1, "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a deep histogram": b'{"/gc/pauses:seconds": ' + b'{"counts":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "many names": json.dumps({f"/gc/n{number}:bytes": number for number in range(2_000)}).encode(),
    "many digits": b'{"/gc/heap/live:bytes": ' + b"9" * 100_000 + b"}",
    "constants": b'{"/gc/heap/live:bytes": NaN, "/gc/heap/goal:bytes": -Infinity, "/gc/gogc:percent": 1e999}',
    "half a character": b'{"/gc/heap/live:bytes": 1, "time": "\\ud800", "/gc/\\ud800:bytes": 1}',
    "names twice": b'{"/gc/heap/live:bytes": 1, "/gc/heap/live:bytes": 2}',
    "a wide histogram": json.dumps(
        {"/gc/pauses:seconds": {"counts": [1] * 20_000, "buckets": [*range(20_001)]}}
    ).encode(),
    "text of many digits": b"go_threads " + b"9" * 100_000 + b"\ngo_goroutines 1",
    "text of many labels": b"go_threads{" + b'a="b",' * 20_000 + b"} 1\ngo_goroutines 1",
    "text that never closes": b'go_threads{a="' + b'\\"' * 50_000 + b"\ngo_goroutines 1",
    "text of many processes": b"\n".join(b'go_threads{a="%d"} 1' % number for number in range(10_000)),
    "text with odd bounds": b"\n".join(
        b'go_sched_h_bucket{le="%s"} 1' % one for one in (b"-Inf", b"+Inf", b"1e999", b"5")
    )
    + b"\ngo_threads 1",
    "text with odd times": b"go_threads 1 " + b"9" * 30 + b"\ngo_threads 2 NaN\ngo_threads 3 -1\ngo_threads 4 +Inf\n",
    "text that is not UTF-8": b'go_threads{a="\xff"} 1\n',
    "text with an odd start": b"process_start_time_seconds +Inf\ngo_threads 1\nprocess_start_time_seconds NaN\ngo_threads 1\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_harms_nobody(name: str) -> None:
    for good in (GOOD, GOOD_JSON):
        alone = rows_of(decode(blobs([good]))).tables["runtime_metric"]

        found = rows_of(decode(blobs([good, HOSTILE[name], HOSTILE[name] + b"\n" + good, good])))

        for index in (0, 3):
            own = [{**row, "blob_index": 0} for row in found.tables["runtime_metric"] if row["blob_index"] == index]
            assert own == alone
            assert index not in found.refusals
        keys = found.of("runtime_metric", "blob_index", "position", "metric")
        assert len(keys) == len(set(keys))
        buckets = found.of("runtime_metric_bucket", "blob_index", "position", "metric", "bucket")
        assert len(buckets) == len(set(buckets))


@pytest.mark.parametrize("content", [GOOD[-900:], GOOD_JSON])
def test_a_file_cut_anywhere_is_rows_or_a_refusal(content: bytes) -> None:
    found = rows_of(decode(blobs([content[:end] for end in range(len(content) + 1)])))

    assert {row["blob_index"] for row in found.tables["runtime_metric"]} | found.refusals.keys() == set(
        range(len(content) + 1)
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([GOOD, GOOD_JSON]), st.integers(0, 9_999), st.integers(0, 20), st.binary(max_size=8))
def test_bytes_changed_anywhere_never_break_the_reading(content: bytes, at: int, cut: int, put: bytes) -> None:
    at %= len(content)

    found = rows_of(decode(blobs([content[:at] + put + content[at + cut :], GOOD, GOOD_JSON])))

    assert {1, 2} & found.refusals.keys() == set()
    assert len({row["position"] for row in found.tables["runtime_metric"] if row["blob_index"] == 2}) == 2
    keys = found.of("runtime_metric", "blob_index", "position", "metric")
    assert len(keys) == len(set(keys))
