"""Profiles as a trace for Perfetto: what stacks hold as heap profiles, CPU samples as samples.

A profile does not say when its CPU samples were taken: they stand one after the other, evenly over its duration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import perfetto
from pipeline.outputs.sampled_tables import Places, column, in_order_of_use, values_of
from pipeline.values import Int64s, Sampled

# One packet each: a trace of more is no file that Perfetto opens.
_MOST_SAMPLES: Final = 10_000_000
_AT_A_TIME: Final = 1 << 16
# What counts samples of the processor, by name and unit.
_COUNTED: Final = ("samples", "count")


def pieces(sampled: Sampled, *, name: str) -> Iterator[bytes]:
    """The trace, a piece at a time; raises UsageError for more samples than can be told one by one.

    name  what the process is called
    """
    sampled = in_order_of_use(sampled)
    stack = Places(sampled.stacks["stack_id"]).of(column(sampled.samples, "stack_id")) + 1
    values, time_ns = values_of(sampled), max(sampled.header["time_ns"], 0)
    is_cpu = _COUNTED in sampled.sample_types
    clocks = (perfetto.REALTIME, perfetto.MONOTONIC_COARSE, perfetto.BOOTTIME)
    yield from perfetto.head([(clock, time_ns) for clock in clocks])
    yield perfetto.process(name)
    yield from perfetto.interned_stacks(sampled)
    if is_cpu:
        counts = values[:, sampled.sample_types.index(_COUNTED)]
        yield from _cpu(stack, counts, time_ns=time_ns, duration_ns=max(sampled.header["duration_ns"], 0))
        return
    for place, (sample_type, _) in enumerate(sampled.sample_types):
        weighs = np.flatnonzero(values[:, place])
        yield perfetto.heap_profile(time_ns, sample_type, stack[weighs], values[weighs, place])


def _cpu(stacks: Int64s, counts: Int64s, *, time_ns: int, duration_ns: int) -> Iterator[bytes]:
    total = sum(np.maximum(counts, 0).tolist())
    if total > _MOST_SAMPLES:
        raise UsageError(
            f"{total:,} CPU samples, and Perfetto takes one packet for each: at most {_MOST_SAMPLES:,}. "
            "Choose fewer profiles, or another format"
        )
    each = np.repeat(stacks, np.maximum(counts, 0))
    # 100 a second, where the profile does not say how long it took.
    step = duration_ns // max(total, 1) or 10_000_000
    for begin in range(0, total, _AT_A_TIME):
        some = each[begin : begin + _AT_A_TIME]
        times = time_ns + step * np.arange(begin, begin + len(some))
        yield perfetto.perf_samples(times, np.full(len(some), perfetto.PID), some)
