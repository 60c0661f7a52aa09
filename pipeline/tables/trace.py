"""Execution traces as tables. A trace is also a profile of kind `trace`, whose samples weigh stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.kernels.ids import encode
from pipeline.kernels.trace import columns as c
from pipeline.kernels.validity import looked_up, unlike
from pipeline.schema import Table, tables
from pipeline.tables.labels import label_sets
from pipeline.tables.sample import value_columns
from pipeline.tables.source import label_columns, label_maps, series_hashes
from pipeline.tables.symbols import NamedSymbols
from pipeline.tables.table import as_type, declared, words
from pipeline.tables.text import text_array
from pipeline.values import Blob, Column, Decoded, Strings, Symbols, UInt64s

_NS_PER_US = 1_000
_NS_PER_DAY = 86_400_000_000_000
_G_STATES = ("undetermined", "not exist", "runnable", "running", "waiting", "syscall")
_P_STATES = ("undetermined", "not exist", "running", "idle")
_EXISTENCE = ("exists", "alloc", "free")
_RANGES = {
    c.GC_END: "GC concurrent mark phase",
    c.GC_SWEEP_END: "GC incremental sweep",
    c.GC_MARK_ASSIST_END: "GC mark assist",
}
_METRICS = {
    c.PROCS_CHANGE: "/sched/gomaxprocs:threads",
    c.HEAP_ALLOC: "/memory/classes/heap/objects:bytes",
    c.HEAP_GOAL: "/gc/heap/goal:bytes",
}
# Sample types of a trace's profile, in the order of formats/gotrace/columns.py.
SAMPLE_TYPES = (
    ("samples", "count"),
    ("net_contentions", "count"),
    ("net_delay", "nanoseconds"),
    ("sync_contentions", "count"),
    ("sync_delay", "nanoseconds"),
    ("select_contentions", "count"),
    ("select_delay", "nanoseconds"),
    ("syscall_contentions", "count"),
    ("syscall_delay", "nanoseconds"),
    ("sched_contentions", "count"),
    ("sched_delay", "nanoseconds"),
)
_DEFAULT_SAMPLE_TYPE = "sync_delay"
# What a part of a trace holds besides rows of single events.
_NOT_OF_EVENTS = frozenset({"trace_part", "trace", "trace_generation", "sample"})
_NOTHING = Strings(np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64))
# Columns that hold the word for a number.
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("goroutine_transition", "from_state"): _G_STATES,
    ("goroutine_transition", "to_state"): _G_STATES,
    ("proc_transition", "from_state"): _P_STATES,
    ("proc_transition", "to_state"): _P_STATES,
    ("trace_task", "event"): ("begin", "end"),
    ("trace_region", "event"): ("begin", "end"),
    ("heap_object", "event"): _EXISTENCE,
    ("heap_span", "event"): _EXISTENCE,
    ("goroutine_stack", "event"): _EXISTENCE,
}


def trace_tables(decoded: Decoded, blobs: Sequence[Blob], *, named: NamedSymbols) -> Mapping[str, pa.Table]:
    """Every table that one part of a trace fills; `blobs` are those that were decoded."""
    part = decoded.columns["trace_part"]
    blob = blobs[int(np.asarray(part["blob_index"])[0])]
    started_ns = int(np.asarray(part["started_ns"])[0])
    trace_hash = blob.source.source_hash
    symbols = decoded.symbols
    built: dict[str, pa.Table] = {}
    ids = np.zeros(1, np.uint64)
    if symbols is not None:
        symbol_rows, found = named.new_rows(symbols)
        built.update(symbol_rows)
        ids = found.stack
    for name, columns in decoded.columns.items():
        if name not in _NOT_OF_EVENTS:
            built[name] = _events(tables()[name], columns, symbols=symbols, stack_hashes=ids, trace_hash=trace_hash)
    if "sample" in decoded.columns:
        built.update(_samples(decoded.columns["sample"], ids, trace_hash=trace_hash, started_ns=started_ns))
    if "trace" in decoded.columns:
        built.update(_whole(decoded, blob, started_ns=started_ns))
    return built


def _events(
    table: Table, columns: Mapping[str, Column], *, symbols: Symbols | None, stack_hashes: UInt64s, trace_hash: int
) -> pa.Table:
    """A table of events: numbers of stacks become ids, numbers of texts the texts, -1 NULL where a column may be."""
    n = len(next(iter(columns.values())))
    found: dict[str, Column] = {"trace_hash": np.full(n, trace_hash, np.int64)}
    strings = symbols.strings if symbols is not None else _NOTHING
    schema = table.schema
    for name, column in columns.items():
        values = np.asarray(column)
        if name == "wire":
            found["name"] = _names(values, columns, strings)
        elif name.endswith("_text") and name != "kind_text":
            found[name.removesuffix("_text")] = _dictionary(strings, values)
        elif name == "stack" or name.endswith("_stack"):
            found[f"{name}_hash"] = _stacks(stack_hashes, values)
        elif states := _WORDS.get((table.name, name)):
            places = pa.array(values.astype(np.int32, copy=False))
            found[name] = pa.DictionaryArray.from_arrays(places, words(*states), safe=False)
        elif name != "kind_text":
            found[name] = _nullable(values, schema.field(name))
    return declared(table.name, found)


def _nullable(values: np.ndarray, field: pa.Field) -> pa.Array:
    """The values as the column has them; -1 is NULL where it may be."""
    values = np.ascontiguousarray(values)
    if not field.nullable or values.dtype != np.int64:
        return as_type(values, field.type)
    bits, nulls = unlike(values, -1)
    array = pa.Array.from_buffers(pa.int64(), len(values), [pa.py_buffer(bits), pa.py_buffer(values)], nulls)
    return array.cast(field.type)


def _stacks(stack_hashes: UInt64s, numbers: np.ndarray) -> pa.Array:
    """The ids of numbered stacks, NULL for number 0."""
    ids, bits, nulls = looked_up(stack_hashes, np.ascontiguousarray(numbers))
    return pa.Array.from_buffers(pa.uint64(), len(ids), [pa.py_buffer(bits), pa.py_buffer(ids)], nulls)


def _dictionary(strings: Strings, numbers: npt.NDArray[Any]) -> pa.DictionaryArray:
    """The texts with these numbers, each distinct one written out once; -1 is NULL."""
    found, which = encode(np.ascontiguousarray(numbers), len(strings))
    words = text_array(strings, found).dictionary_encode()
    places = pa.array(which)
    is_one_to_one = len(words.dictionary) == len(words)
    places = places if is_one_to_one else words.indices.take(places)
    # They have just been made; to look at all of them again would take longer than that.
    return pa.DictionaryArray.from_arrays(places, words.dictionary, safe=False)


def _names(wire: np.ndarray, columns: Mapping[str, Column], strings: Strings) -> pa.Array:
    """What a range or a metric is called."""
    kinds = np.asarray(columns["kind_text"]) if "kind_text" in columns else np.zeros(len(wire), np.int64)
    found, kind_of = encode(kinds, max(1, len(strings)))
    texts = text_array(strings, found).to_pylist() if len(strings) else [""]
    codes, which = encode(kind_of.astype(np.int64) * c.END_OF_TYPES + wire, max(1, len(found)) * c.END_OF_TYPES)
    fixed = {**_RANGES, **_METRICS}
    names = [
        fixed.get(code % c.END_OF_TYPES, f"stop-the-world ({texts[code // c.END_OF_TYPES]})") for code in codes.tolist()
    ]
    encoded = pa.array(names, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(pa.array(which)), encoded.dictionary)


@cache
def _no_labels() -> tuple[int, pa.Table]:
    """The id of the label set that is empty, and its row."""
    none = np.zeros(0, np.int64)
    columns = dict.fromkeys(("key_text", "str_text", "num", "num_unit_text"), none)
    ids, table = label_sets(columns, np.zeros(1, np.int64), strings=_NOTHING, text=np.zeros(0, np.uint64))
    return int(ids[0]), table


def _samples(
    columns: Mapping[str, Column], stack_hashes: UInt64s, *, trace_hash: int, started_ns: int
) -> dict[str, pa.Table]:
    label_set_hash, label_set = _no_labels()
    stack = np.asarray(columns["stack"])
    n = len(stack)
    ends = np.arange(1, n + 1) * len(SAMPLE_TYPES)
    rows: dict[str, Column] = {
        "profile_hash": np.full(n, trace_hash, np.int64),
        "sample_index": np.asarray(columns["sample_index"]).astype(np.int32),
        "stack_hash": stack_hashes[stack],
        **value_columns(ends, np.asarray(columns["values"]).reshape(-1)),
        "label_set_hash": np.full(n, label_set_hash, np.uint64),
        "kind": pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), words("trace")),
        "day": _day(started_ns, n),
    }
    return {"sample": declared("sample", rows), "label_set": label_set}


def _day(started_ns: int, n: int) -> pa.Array:
    return pa.array(np.full(n, max(0, started_ns) // _NS_PER_DAY, np.int32)).cast(pa.date32())


def _whole(decoded: Decoded, blob: Blob, *, started_ns: int) -> dict[str, pa.Table]:
    """The rows that a trace has once: of itself, of its generations, of its profile."""
    trace = {name: int(np.asarray(column)[0]) for name, column in decoded.columns["trace"].items()}
    labels = [blob.source.origin.labels]
    trace_hash = np.array([blob.source.source_hash], np.int64)
    owner = {
        "source_hash": trace_hash,
        "labels": label_maps(labels),
        **label_columns(labels, ("service", "instance", "build")),
    }
    started_at = pa.array([started_ns // _NS_PER_US if trace["has_clock"] else None], pa.int64())
    of_trace: dict[str, Column] = {
        **owner,
        "trace_hash": trace_hash,
        "wire_version": pa.array([f"1.{trace['version']}"]),
        "started_at": started_at.cast(pa.timestamp("us")),
        "clock_offset_ns": pa.array([trace["offset_ns"] if trace["has_clock"] else None], pa.int64()),
        **{name: np.array([trace[name]]) for name in ("start_ns", "end_ns", "event_count", "lost_bytes")},
    }
    return {
        "trace": declared("trace", of_trace),
        "trace_generation": _generations(decoded.columns["trace_generation"], blob.source.source_hash),
        "profile": _profile(trace, owner, labels=labels, started_ns=started_ns),
        "profile_sample_type": _sample_types(blob.source.source_hash),
    }


def _generations(columns: Mapping[str, Column], trace_hash: int) -> pa.Table:
    without_clock = ~np.asarray(columns["has_clock"])
    n = len(without_clock)
    clocks = {
        name: pa.array(np.ascontiguousarray(columns[name]), mask=without_clock)
        for name in ("clock_ns", "monotonic_ns", "wall_ns")
    }
    numbers = {name: columns[name] for name in ("generation", "start_ns", "event_count")}
    return declared("trace_generation", {"trace_hash": np.full(n, trace_hash, np.int64), **numbers, **clocks})


def _profile(
    trace: Mapping[str, int], owner: Mapping[str, Column], *, labels: Sequence[Mapping[str, str]], started_ns: int
) -> pa.Table:
    series_hash = series_hashes(["trace"], labels, [""])
    empty = pa.array([""])
    columns: dict[str, Column] = {
        **owner,
        "profile_hash": owner["source_hash"],
        "series_hash": series_hash,
        "kind": pa.array(["trace"]),
        "day": _day(started_ns, 1),
        "taken_at": pa.array([max(0, started_ns) // _NS_PER_US], pa.int64()).cast(pa.timestamp("us")),
        "time_ns": np.array([started_ns]),
        # Times of a trace that passes the end of its 64 bits begin anew.
        "duration_ns": np.array([max(0, trace["end_ns"] - trace["start_ns"])]),
        "period": np.array([0]),
        "period_type": empty,
        "period_unit": empty,
        "default_sample_type": pa.array([_DEFAULT_SAMPLE_TYPE]),
        "program": pa.array([None], pa.string()),
        "build_id": pa.array([None], pa.string()),
        "sample_count": np.array([trace["sample_count"]]),
        "drop_frames": empty,
        "keep_frames": empty,
        "comments": pa.array([[]], pa.list_(pa.string())),
        "doc_url": empty,
    }
    return declared("profile", columns)


def _sample_types(profile_hash: int) -> pa.Table:
    n = len(SAMPLE_TYPES)
    columns: dict[str, Column] = {
        "profile_hash": np.full(n, profile_hash, np.int64),
        "position": np.arange(n, dtype=np.int32),
        "sample_type": pa.array([name for name, _ in SAMPLE_TYPES]),
        "unit": pa.array([unit for _, unit in SAMPLE_TYPES]),
    }
    return declared("profile_sample_type", columns)
