"""Profiles for Perfetto: heaps as heap profiles, CPU samples one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.perfetto_profile import pieces
from pipeline.values import Sampled
from tests.builders.perfetto import Read, read
from tests.outputs.test_pprof_file import SAMPLED

CPU = replace(
    SAMPLED,
    sample_types=[("samples", "count"), ("cpu", "nanoseconds")],
    values=SAMPLED.values.set_column(2, "value", [[10_000_000, 3, 30_000_000]]),
    header={**SAMPLED.header, "time_ns": 100, "duration_ns": 30},
)


def perfetto(sampled: Sampled) -> Read:
    return read(b"".join(pieces(sampled, name="heap.pb.gz")))


def test_each_sample_type_is_a_heap_whose_stacks_weigh_what_they_weigh() -> None:
    found = perfetto(SAMPLED)

    assert {name: sum(value for _, value in stacks) for name, stacks in found.heaps.items()} == {
        "objects": 1 << 62,
        "space": 293,
    }
    # When a heap was profiled is told in a clock of its own.
    assert found.clocks == {1: 5, 4: 5, 6: 5}
    assert ("heap.pb.gz",) in found.tracks.values()


def test_cpu_samples_stand_evenly_over_the_duration() -> None:
    assert perfetto(CPU).cpu == [(("main.main",), time, 1) for time in (100, 110, 120)]
    assert perfetto(CPU).heaps == {}


def test_more_cpu_samples_than_can_be_told_are_a_usage_error() -> None:
    many = replace(CPU, values=CPU.values.set_column(2, "value", [[1, 2**62, 1]]))

    with pytest.raises(UsageError, match="CPU samples, and Perfetto takes one packet for each: at most 10,000,000"):
        perfetto(many)
