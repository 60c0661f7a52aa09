"""Samples as a file for speedscope: each sample type one profile of it, all of the same stacks.

The format is https://www.speedscope.app/file-format-schema.json. Frames are functions, inlined ones too; a location without
symbols is called by its address. A stack of no weight is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.sampled_tables import (
    Frames,
    Places,
    addresses,
    column,
    in_order_of_use,
    one_piece,
    unfolded,
    values_of,
)
from pipeline.values import Int64s, Sampled

# Stacks that are spelled at a time, which bounds what stands in memory beside the samples.
_AT_A_TIME: Final = 1 << 16
_SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"
# Those it knows; everything else is a plain number.
_UNITS: Final = ("bytes", "nanoseconds", "microseconds", "milliseconds", "seconds")


def pieces(sampled: Sampled, *, name: str, exporter: str) -> Iterator[bytes]:
    """The file, a piece at a time.

    name      what the profile is called
    exporter  who made it
    """
    sampled = in_order_of_use(sampled)
    unfold = unfolded(sampled)
    frames, frame_of = _frames(sampled, unfold)
    about = {"$schema": _SCHEMA, "exporter": exporter, "name": name, "activeProfileIndex": _shown_first(sampled)}
    yield json.dumps(about)[:-1].encode() + b', "shared": {"frames": '
    yield json.dumps(frames).encode() + b'}, "profiles": ['
    values = values_of(sampled)
    stack = Places(sampled.stacks["stack_id"]).of(column(sampled.samples, "stack_id"))
    for place, (sample_type, unit) in enumerate(sampled.sample_types):
        weighs = np.flatnonzero(values[:, place])
        head = {
            "type": "sampled",
            "name": sample_type,
            "unit": unit if unit in _UNITS else "none",
            "startValue": 0,
            "endValue": sum(values[weighs, place].tolist()),
        }
        yield (b", " if place else b"") + json.dumps(head)[:-1].encode() + b', "samples": ['
        yield from _listed(unfold, frame_of, stack[weighs])
        yield b'], "weights": ['
        for begin in range(0, len(weighs), _AT_A_TIME):
            some = values[weighs[begin : begin + _AT_A_TIME], place]
            yield (b"," if begin else b"") + ",".join(map(str, some.tolist())).encode()
        yield b"]}"
    yield b"]}\n"


def _shown_first(sampled: Sampled) -> int:
    """The sample type that pprof shows, too."""
    names = [name for name, _ in sampled.sample_types]
    wanted = sampled.header["default_sample_type"]
    return names.index(wanted) if wanted in names else max(len(names) - 1, 0)


def _frames(sampled: Sampled, unfold: Frames) -> tuple[list[dict[str, Any]], Int64s]:
    """Frames as speedscope has them, and which of them each row is."""
    columns = (sampled.functions[name].to_pylist() for name in ("name", "file", "start_line"))
    found: list[dict[str, Any]] = [
        {"name": name or "<unknown>", **({"file": file} if file else {}), **({"line": line} if line > 0 else {})}
        for name, file, line in zip(*columns, strict=True)
    ]
    bare = np.flatnonzero(unfold.function < 0)
    mapping, address = addresses(sampled)
    files = ["", *one_piece(sampled.mappings["file"]).to_pylist()]
    at = unfold.location[bare]
    for of, where in zip(mapping[at].tolist(), address[at].tolist(), strict=True):
        found.append({"name": f"{where:#x}", **({"file": files[of]} if files[of] else {})})
    frame_of = unfold.function.copy()
    frame_of[bare] = sampled.functions.num_rows + np.arange(len(bare))
    return found, frame_of


def _listed(unfold: Frames, frame_of: Int64s, stacks: Int64s) -> Iterator[bytes]:
    """Stacks as lists of frames, root first, with commas between."""
    each = pa.array(frame_of[unfold.frames]).cast(pa.string())
    spelled = pa.ListArray.from_arrays(pa.array(unfold.offsets.astype(np.int32)), each)
    lists = pc.binary_join_element_wise("[", pc.binary_join(spelled, ","), "]", "")
    for begin in range(0, len(stacks), _AT_A_TIME):
        some = lists.take(pa.array(stacks[begin : begin + _AT_A_TIME]))
        yield (b"," if begin else b"") + ",".join(some.to_pylist()).encode()
