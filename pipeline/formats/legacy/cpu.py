"""gperftools' CPU profile, which Java's older agents write too: words of 32 or 64 bits in either order of bytes.

The header is 0, 3, 0 (1 for Java), the sampling period in microseconds, 0. Then samples: how often, how many addresses,
the addresses, leaf first. `0 1 0` ends them; text follows, `/proc/PID/maps` or Java's names of the addresses.
google/pprof, profile/legacy_profile.go: parseCPU, cpuProfile, parseCPUSamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.legacy.recognise import CPU_HEADER_WORDS, cpu_header, word_type
from pipeline.formats.legacy.stacks import Stacks, gathered, without_doubled_leaf
from pipeline.formats.samples import Header
from pipeline.values import Int64s, UInt64s

_TYPES: Final = (("samples", "count"), ("cpu", "nanoseconds"))
_NS_PER_US: Final = 1_000
# A frame that the signal handler pushed is the second of nearly all samples: one in so many may lack it.
_SIMILAR: Final = 32
_MOST_HANDLER_FRAMES: Final = 2


@dataclass(frozen=True, slots=True)
class Samples:
    """What a profile's words say.

    values    int64 (n, 2)
    is_ended  whether the mark was there that ends them
    rest      the text behind it
    """

    header: Header
    stacks: Stacks
    values: Int64s
    is_ended: bool
    rest: bytes


def is_java(content: bytes) -> bool:
    """Whether the profile, which is one, is of a Java program."""
    header = cpu_header(content, word_type(content))
    return header is not None and header[2] == 1


def read_cpu(content: bytes) -> Samples:
    """All samples, as they stand there; raises DecodeError where one reaches past the end."""
    kind = word_type(content)
    header = cpu_header(content, kind)
    assert header is not None, "it was recognised by this"
    period_ns = header[3] * _NS_PER_US
    if period_ns >= 2**63:
        raise DecodeError(f"header: a period of {header[3]} microseconds takes more than 64 bits in nanoseconds")
    size = np.dtype(kind).itemsize
    words = np.frombuffer(content[: len(content) // size * size], kind)
    starts, end, is_ended = _samples(words, n_bytes=len(content), word_bytes=size)
    counts, sizes = (words[starts + place].astype(np.uint64) for place in (0, 1))
    if (too_large := counts > np.uint64((2**63 - 1) // period_ns)).any():
        sample = int(np.argmax(too_large))
        raise DecodeError(f"sample {sample}: {int(counts[sample])} times take more than 64 bits in nanoseconds")
    values = np.column_stack([counts, counts * np.uint64(period_ns)]).astype(np.int64)
    stacks = gathered(words, starts + 2, sizes.astype(np.int64))
    profile = Header(_TYPES, ("cpu", "nanoseconds"), period_ns)
    return Samples(profile, stacks, values, is_ended, content[end * size :] if is_ended else b"")


def _samples(words: UInt64s, *, n_bytes: int, word_bytes: int) -> tuple[Int64s, int, bool]:
    """Where each sample begins, where they end, and whether by the mark that says so."""
    starts: list[int] = []
    at = CPU_HEADER_WORDS
    total = len(words)
    while at < total or at * word_bytes < n_bytes:
        left = total - at - 2
        size = int(words[at + 1]) if left >= 0 else 0
        if left < 0 or size > left:
            raise DecodeError(
                f"sample {len(starts)}, byte {at * word_bytes}: it has {size} addresses, and {max(left, 0)} words are left; the file is cut off"
            )
        if size == 1 and not words[at] and not words[at + 2]:
            return np.array(starts, np.int64), at + 3, True
        starts.append(at)
        at += 2 + size
    return np.array(starts, np.int64), total, False


def calls(stacks: Stacks) -> Stacks:
    """The stacks of a program in C or C++: of calls, and without what the signal handler left there."""
    found = stacks.less_one()
    for _ in range(_MOST_HANDLER_FRAMES):
        found = _without_handler(found)
    return without_doubled_leaf(found)


def _without_handler(stacks: Stacks) -> Stacks:
    """Those without the second frame that nearly all of them have."""
    second = stacks.second()
    n_samples = len(stacks.offsets) - 1
    address, count = np.unique(stacks.addresses[second], return_counts=True)
    common = address[count >= n_samples - n_samples // _SIMILAR]
    if not len(common):
        return stacks
    is_gone = np.zeros(len(stacks.addresses), np.bool_)
    is_gone[second[stacks.addresses[second] == common[0]]] = True
    return stacks.without(is_gone)
