"""Packets of a trace, read again with Perfetto's own classes."""

from __future__ import annotations

import numpy as np
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace

from pipeline.outputs import perfetto
from pipeline.outputs.sampled_tables import in_order_of_use
from pipeline.protobuf_rows import number
from tests.builders.perfetto import read
from tests.outputs.test_pprof_file import SAMPLED


def test_the_first_packet_begins_a_sequence_and_the_clocks_follow() -> None:
    first, second = Trace.FromString(b"".join(perfetto.head([(6, 0), (1, 9)]))).packet

    assert (first.sequence_flags, second.sequence_flags) == (1, 2)
    assert [(one.clock_id, one.timestamp) for one in second.clock_snapshot.clocks] == [(6, 0), (1, 9)]
    assert second.clock_snapshot.clocks[0].HasField("timestamp")


def test_a_slice_begins_and_ends_on_its_track_at_time_zero_too() -> None:
    track = number(11, np.array([8]))
    begin = perfetto.events(np.array([0]), 1, track, number(10, np.array([3])))
    end = perfetto.events(np.array([5]), 2, track)
    content = [
        *perfetto.head(),
        perfetto.process("a program"),
        perfetto.tracks(np.array([8]), np.array([1]), ["G1"]),
        perfetto.event_names(np.array([3]), ["running"]),
        perfetto.packets(perfetto.interleaved(begin, end)),
    ]

    assert read(b"".join(content)).lasted == {(("a program", "G1"), "running"): 5}


def test_stacks_are_told_with_inlined_frames_root_first_in_a_mapping() -> None:
    stacks = b"".join(perfetto.interned_stacks(in_order_of_use(SAMPLED)))
    samples = perfetto.perf_samples(np.array([7, 8]), np.array([4, 4]), np.array([1, 0]))

    found = read(b"".join([*perfetto.head(), stacks, samples]))

    assert found.cpu == [(("main.main", "main.main", "main.f"), 7, 4), (None, 8, 4)]
    frames = [one for packet in Trace.FromString(stacks).packet for one in packet.interned_data.frames]
    assert [(one.mapping_id, one.rel_pc, one.line_number) for one in frames] == [
        *((4, 0x10, 4), (4, 0x10, 0), (2, 2**64 - 1, 0)),
    ]


def test_what_is_less_than_nothing_on_a_heap_was_given_back() -> None:
    content = [*perfetto.head(), *perfetto.interned_stacks(in_order_of_use(SAMPLED))]
    content.append(perfetto.heap_profile(9, "space", np.array([1, 2]), np.array([-7, 300])))

    assert read(b"".join(content)).heaps == {
        "space": [(("main.main", "main.main", "main.f"), -7), (("main.main",), 300)]
    }


def test_numbers_are_on_tracks_with_a_unit() -> None:
    value = perfetto.always(30, np.array([0, -4]))
    events = perfetto.events(np.array([1, 2]), 4, number(11, np.array([9, 9])), value)
    content = [*perfetto.head(), perfetto.process("p"), perfetto.counters(np.array([9]), ["heap:bytes"], np.array([3]))]

    found = read(b"".join([*content, perfetto.packets(events)]))

    assert (found.values, found.units) == ({"heap:bytes": [(1, 0), (2, -4)]}, {"heap:bytes": 3})
