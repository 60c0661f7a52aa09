"""What a profile is about: what its format says, else what its sample types do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from pipeline.tables.text import texts
from pipeline.values import Decoded, Int64s

# Kinds as runtime/pprof names them, by their first sample type.
_BY_FIRST_TYPE: Mapping[str, str] = {
    "goroutine": "goroutine",
    "goroutineleak": "goroutineleak",
    "threadcreate": "threadcreate",
    "samples": "cpu",
    "cpu": "cpu",
}
# A contention profile with one of these at a leaf says who made others wait: a mutex profile. Only the
# waiting side stands in a block profile. runtime/mprof.go: mutexevent, blockevent.
_UNLOCKS = frozenset(
    {
        "sync.(*Mutex).Unlock",
        "sync.(*RWMutex).Unlock",
        "sync.(*RWMutex).RUnlock",
        "internal/sync.(*Mutex).Unlock",
        "runtime.unlock",
        "runtime._LostContendedRuntimeLock",
    }
)


def kinds(decoded: Decoded) -> list[str]:
    """The kind of each profile: heap, allocs, cpu, goroutine, mutex, block, threadcreate, goroutineleak or other.

    A format that knows it has it in `profile.kind_text`, empty where it does not.
    """
    symbols = decoded.symbols
    assert symbols is not None
    profile = decoded.columns["profile"]
    if "kind_text" in profile:
        said = texts(symbols.strings, profile["kind_text"])
    else:
        said = [""] * len(profile["sample_type_end"])
    types = texts(symbols.strings, decoded.columns["sample_type"]["type_text"])
    defaults = texts(symbols.strings, profile["default_sample_type_text"])
    period_types = texts(symbols.strings, profile["period_type_text"])
    ends = [0, *profile["sample_type_end"].tolist()]
    result = []
    for index, (begin, end) in enumerate(pairwise(ends)):
        kind = said[index] or _kind(types[begin:end], default=defaults[index], period_type=period_types[index])
        result.append(_contention_kind(decoded, index) if kind == "contention" else kind)
    return result


def _kind(types: Sequence[str], *, default: str, period_type: str) -> str:
    if not types:
        return "other"
    if "inuse_space" in types or "inuse_objects" in types:
        return "allocs" if default.startswith("alloc_") else "heap"
    if types[0] == "contentions":
        return "contention"
    if types[0] in ("objects", "alloc_objects", "alloc_space", "space"):
        return "allocs" if types[0].startswith("alloc_") else "heap"
    if types[0] == "samples" and "cpu" not in types and period_type != "cpu":
        return "other"
    return _BY_FIRST_TYPE.get(types[0], "other")


def _contention_kind(decoded: Decoded, index: int) -> str:
    symbols = decoded.symbols
    assert symbols is not None
    ends = decoded.columns["profile"]["sample_end"]
    begin, end = (int(ends[index - 1]) if index else 0), int(ends[index])
    functions = _leaf_functions(decoded, begin=begin, end=end)
    names = texts(symbols.strings, symbols.function_name_text[functions])
    return "mutex" if _UNLOCKS.intersection(names) else "block"


def _leaf_functions(decoded: Decoded, *, begin: int, end: int) -> Int64s:
    """The functions of all lines of the leaf locations of samples begin to end, each once."""
    symbols = decoded.symbols
    assert symbols is not None
    stacks = np.asarray(decoded.columns["sample"].get("stack", np.arange(end)))[begin:end]
    starts, ends = symbols.stack_offsets[stacks], symbols.stack_offsets[stacks + 1]
    leaves = np.unique(symbols.stack_locations[starts[starts < ends]])
    line_starts, line_ends = symbols.location_line_offsets[leaves], symbols.location_line_offsets[leaves + 1]
    # The outermost line too: Unlock is inlined into its slow path's caller.
    lines = np.concatenate([line_starts[line_starts < line_ends], line_ends[line_starts < line_ends] - 1])
    return np.unique(symbols.line_function[lines])
