"""A trace for Perfetto as its own classes read it: what lasted on each track, numbers, samples, heap profiles."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent


@dataclass
class Read:
    """What Perfetto's trace processor makes of a trace, as far as it is ours.

    lasted  (path of the track, name of the slice) -> ns in all
    open    slices that did not end, by track
    values  track -> its numbers, in time order
    cpu     stack, root first, of each CPU sample, or None; when; and on which thread
    heaps   heap -> stack, root first, and bytes
    """

    clocks: dict[int, int] = field(default_factory=dict)
    tracks: dict[int, tuple[str, ...]] = field(default_factory=dict)
    lasted: Counter[tuple[tuple[str, ...], str]] = field(default_factory=Counter)
    open: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    moments: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    values: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    units: dict[str, int] = field(default_factory=dict)
    cpu: list[tuple[tuple[str, ...] | None, int, int]] = field(default_factory=list)
    heaps: dict[str, list[tuple[tuple[str, ...], int]]] = field(default_factory=dict)


def read(content: bytes) -> Read:
    """The trace; fails where Perfetto would complain."""
    found, trace = Read(), Trace.FromString(content)
    names: dict[int, str] = {}
    interned: dict[str, dict[int, object]] = {"functions": {}, "frames": {}, "callstacks": {}, "mappings": {}}
    events: list[tuple[int, TrackEvent]] = []
    for packet in trace.packet:
        assert packet.trusted_packet_sequence_id == 1
        assert packet.sequence_flags in (1, 2)
        data = packet.interned_data
        names |= {one.iid: one.name for one in data.event_names}
        interned["functions"] |= {one.iid: one.str.decode() for one in data.function_names}
        interned["mappings"] |= {one.iid: one for one in data.mappings}
        interned["frames"] |= {one.iid: one for one in data.frames}
        interned["callstacks"] |= {one.iid: one for one in data.callstacks}
        found.clocks |= {one.clock_id: one.timestamp for one in packet.clock_snapshot.clocks}
        if packet.HasField("track_descriptor"):
            about = packet.track_descriptor
            assert about.uuid not in found.tracks
            above = found.tracks[about.parent_uuid] if about.parent_uuid else ()
            found.tracks[about.uuid] = (*above, about.name or about.process.process_name)
            if about.HasField("counter"):
                found.units[about.name] = about.counter.unit
        if packet.HasField("track_event"):
            assert packet.HasField("timestamp")
            events.append((packet.timestamp, packet.track_event))
        if packet.HasField("perf_sample"):
            iid = packet.perf_sample.callstack_iid
            found.cpu.append((_stack(interned, iid) if iid else None, packet.timestamp, packet.perf_sample.tid))
        for dump in packet.profile_packet.process_dumps:
            found.heaps[dump.heap_name] = [
                (_stack(interned, one.callstack_id), one.self_allocated - one.self_freed) for one in dump.samples
            ]
    _replay(found, events, names)
    return found


def _stack(interned: dict[str, dict[int, object]], iid: int) -> tuple[str, ...]:
    frames = [interned["frames"][id] for id in interned["callstacks"][iid].frame_ids]  # type: ignore[attr-defined]
    assert all(one.mapping_id in interned["mappings"] for one in frames)  # type: ignore[attr-defined]
    return tuple(str(interned["functions"].get(one.function_name_id, hex(one.rel_pc))) for one in frames)  # type: ignore[attr-defined]


def _replay(found: Read, events: list[tuple[int, TrackEvent]], names: dict[int, str]) -> None:
    """Perfetto sorts by time, and what has the same time stays as it stands."""
    running: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for time, event in sorted(events, key=lambda one: one[0]):
        track = found.tracks[event.track_uuid]
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            running[event.track_uuid].append((time, names[event.name_iid]))
        elif event.type == TrackEvent.TYPE_SLICE_END:
            begun, name = running[event.track_uuid].pop()
            found.lasted[track, name] += time - begun
        elif event.type == TrackEvent.TYPE_INSTANT:
            found.moments.append((track, event.name))
        else:
            assert event.HasField("counter_value")
            found.values[track[-1]].append((time, event.counter_value))
    found.open = {found.tracks[track]: [name for _, name in left] for track, left in running.items() if left}
