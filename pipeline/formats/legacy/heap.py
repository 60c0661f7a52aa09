"""Heap profiles as text: Go's `debug=1`, gperftools' heap, growth and fragmentation.

    heap profile: 2: 8192 [3: 12288] @ heap/1048576
    2: 8192 [3: 12288] @ 0x4a1b2c 0x4a1d3e

In use and, in brackets, ever allocated: objects and bytes. What follows the `@` of the header says how it was sampled:
`heap/N` is Go's, N twice the rate; `heap_v2/N` and `heapz_v2/N` gperftools' with the rate; `heapprofile` counts everything;
`growthz` and `fragmentationz` too. Sampled values are scaled up as pprof does, which is also what Go's own
protobuf has. google/pprof, profile/legacy_profile.go: parseHeap.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DecodeError
from pipeline.formats.legacy.recognise import HEAP_HEADER
from pipeline.formats.legacy.records import Spelling, first_bad
from pipeline.formats.samples import Header
from pipeline.values import Bools, Int64s

_SAMPLE: Final = "-n:*-n*[*n:*n*] "
_BOTH: Final = (
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
)
_IN_USE: Final = (("objects", "count"), ("space", "bytes"))
_INT64: Final = 2.0**63
# Of more Python makes no number.
_MOST_DIGITS: Final = 30


def read_heap_header(line: bytes) -> tuple[Header, Spelling]:
    """What the first line says of all samples; raises DecodeError for a way of sampling that is not known."""
    found = HEAP_HEADER.match(line)
    assert found is not None, "it was recognised by this"
    objects, space, all_objects, all_space, sampling, number, unsampled = found.groups()
    has_alloc = not unsampled and any(
        every not in (live, b"0") for every, live in ((all_objects, objects), (all_space, space))
    )
    if len(number or b"") > _MOST_DIGITS:
        raise DecodeError("line 1: a sampling period of so many digits takes more than 64 bits")
    period = 1 if unsampled or sampling == b"heapprofile" else int(number or 0)
    if sampling == b"heap":
        period //= 2
    elif sampling not in (b"heap_v2", b"heapz_v2", b"heapprofile", None):
        raise DecodeError(
            f"line 1: {sampling.decode()!r} is no way of sampling; heap, heap_v2, heapz_v2, heapprofile are"
        )
    if period >= 2**63:
        raise DecodeError(f"line 1: a sampling period of {period} takes more than 64 bits")
    rate = period if sampling and sampling != b"heapprofile" else 0
    header = Header(_BOTH if has_alloc else _IN_USE, ("space", "bytes"), period)
    # Of allocated bytes Go tells one too many where they are as many as those in use.
    totals = (int(objects), int(space), int(all_objects)) if sampling == b"heap" else ()
    return header, Spelling(_SAMPLE, partial(_values, has_alloc=has_alloc, rate=rate), is_end=False, totals=totals)


def _values(numbers: Int64s, *, has_alloc: bool, rate: int) -> tuple[Int64s, Int64s]:
    """Values as pprof gives them, scaled up, and the size of one object as it was sampled."""
    pairs = [("allocated", numbers[:, 2], numbers[:, 3])] if has_alloc else []
    pairs.append(("in use", numbers[:, 0], numbers[:, 1]))
    block = np.zeros(len(numbers), np.int64)
    columns: list[Int64s] = []
    for words, count, size in pairs:
        first_bad((count == 0) & (size != 0), f"no object is {words}, and yet it has bytes")
        is_some = count != 0
        block[is_some] = _divided(size[is_some], count[is_some])
        columns += scaled(count, size, rate=rate)
    return np.column_stack(columns), block


def _divided(number: Int64s, by: Int64s) -> Int64s:
    """The quotient towards zero, as Go divides."""
    quotient = number // by
    return quotient + ((number % by != 0) & ((number < 0) != (by < 0)))


def scaled(count: Int64s, size: Int64s, *, rate: int) -> tuple[Int64s, Int64s]:
    """Objects and bytes that were there, of those that were sampled at this rate: scaleHeapSample.

    An object of S bytes is sampled with a probability of 1 - exp(-S/rate).
    """
    if rate <= 1:
        return count, size
    is_some = (count != 0) & (size != 0)
    objects, space = count[is_some].astype(np.float64), size[is_some].astype(np.float64)
    with np.errstate(all="ignore"):
        # The C library's: numpy's own differs in the last bit from processor to processor, and so from pprof's numbers.
        scale = 1 / (1 - pc.exp(pa.array(-(space / objects) / rate)).to_numpy())
        found = objects * scale, space * scale
    is_large: Bools = np.zeros(len(count), np.bool_)
    is_large[is_some] = ~((np.abs(found[0]) < _INT64) & (np.abs(found[1]) < _INT64))
    first_bad(is_large, "what it stands for takes more than 64 bits")
    results = np.zeros((2, len(count)), np.int64)
    results[:, is_some] = found
    return results[0], results[1]
