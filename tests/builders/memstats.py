"""MemStats and metrics of a few readable numbers, as Go writes them."""

from __future__ import annotations

import json
from typing import Any

RING = 256


def memstats(cycles: int = 3, **fields: Any) -> dict[str, Any]:
    """MemStats after so many cycles: the pause of cycle n took n ns and ended at 1000 + n."""
    pauses, ends = [0] * RING, [0] * RING
    for cycle in range(max(1, cycles - RING + 1), cycles + 1):
        pauses[(cycle - 1) % RING], ends[(cycle - 1) % RING] = cycle, 1000 + cycle
    numbers = {
        "Alloc": 100,
        "TotalAlloc": 1_000 + cycles,
        "Sys": 8_000,
        "Lookups": 0,
        "Mallocs": 50 + cycles,
        "Frees": 20,
        "HeapAlloc": 100,
        "HeapSys": 4_000,
        "HeapIdle": 1_000,
        "HeapInuse": 3_000,
        "HeapReleased": 500,
        "HeapObjects": 30,
        "StackInuse": 11,
        "StackSys": 12,
        "MSpanInuse": 13,
        "MSpanSys": 14,
        "MCacheInuse": 15,
        "MCacheSys": 16,
        "BuckHashSys": 17,
        "GCSys": 18,
        "OtherSys": 19,
        "NextGC": 4_194_304,
        "LastGC": 1_767_225_600_123_456_789 if cycles else 0,
        "PauseTotalNs": 77,
        "PauseNs": pauses,
        "PauseEnd": ends,
        "NumGC": cycles,
        "NumForcedGC": 1,
        "GCCPUFraction": 0.25,
        "EnableGC": True,
        "DebugGC": False,
        "BySize": [{"Size": size, "Mallocs": size + 1, "Frees": size} for size in (0, 8, 16)],
    }
    return numbers | fields


def lines(*objects: Any) -> bytes:
    """An object a line."""
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def metrics(**fields: Any) -> dict[str, Any]:
    """Some metrics of runtime/metrics, as docs/formats.md has them written."""
    return {
        "time": "2026-01-01T00:00:00.5Z",
        "metrics": {
            "/gc/heap/live:bytes": 4096,
            "/gc/heap/allocs:bytes": 9000,
            "/cpu/classes/idle:cpu-seconds": 1.5,
            "/gc/gogc:percent": 18446744073709551615,
            "/gc/pauses:seconds": {"counts": [0, 2, 3], "buckets": [None, 0, 1e-6, None]},
        },
    } | fields


EXPOSITION = """# HELP go_gc_duration_seconds A summary of the wall-time pause (stop-the-world) duration in garbage collection cycles.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 1.5e-05
go_gc_duration_seconds{quantile="1"} NaN
go_gc_duration_seconds_sum 0.002218696
go_gc_duration_seconds_count 5
# TYPE go_goroutines gauge
go_goroutines 7
# TYPE go_info gauge
go_info{version="go1.27.3"} 1
# TYPE go_memstats_alloc_bytes gauge
go_memstats_alloc_bytes 287312
# TYPE go_memstats_alloc_bytes_total counter
go_memstats_alloc_bytes_total 1.2345e+07
# TYPE go_memstats_last_gc_time_seconds gauge
go_memstats_last_gc_time_seconds 1.7672256001234567e+09
# TYPE go_sched_latencies_seconds histogram
go_sched_latencies_seconds_bucket{le="1e-06"} 2
go_sched_latencies_seconds_bucket{le="0.001"} 2
go_sched_latencies_seconds_bucket{le="+Inf"} 5
go_sched_latencies_seconds_sum 0.25
go_sched_latencies_seconds_count 5
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.76722560012e+09
# TYPE process_virtual_memory_max_bytes gauge
process_virtual_memory_max_bytes 1.8446744073709552e+19
"""
