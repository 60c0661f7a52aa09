"""The insides of JSON's strings: what is written as escapes."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bools, Bytes, Int64s

# What is escaped by one letter, and what it stands for.
_ESCAPES = np.frombuffer(b'""\\\\//b\bf\fn\nr\rt\t', np.uint8)
_FEED, _ZERO, _NINE, _BACKSLASH, _U = 10, 48, 57, 92, 117


@inlined
def escaped(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """How many bytes an escape takes, 0 for none, and what it stands for."""
    if at + 1 >= end:
        return 0, 0
    if data[at + 1] != _U:
        for place in range(0, len(_ESCAPES), 2):
            if _ESCAPES[place] == data[at + 1]:
                return 2, np.int64(_ESCAPES[place + 1])
        return 0, 0
    if at + 6 > end:
        return 0, 0
    code = np.int64(0)
    for place in range(at + 2, at + 6):
        digit = np.int64(data[place])
        if _ZERO <= digit <= _NINE:
            code = code * 16 + digit - _ZERO
        elif 97 <= digit | 32 <= 102:
            code = code * 16 + (digit | 32) - 87
        else:
            return 0, 0
    return 6, code


@kernel
def unescaped(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Bytes, Bools]:
    """What the insides of strings stand for, each ended by one line feed, and which could be told so.

    One of several lines, or with half of a letter, is an empty line.
    """
    room = np.int64(0)
    for row in range(len(starts)):
        room += max(ends[row] - starts[row], 0) + 1
    out, to = np.empty(room, np.uint8), 0
    is_read = np.zeros(len(starts), np.bool_)
    for row in range(len(starts)):
        begun, feeds, is_whole = to, 0, True
        at = starts[row]
        while at < ends[row]:
            letter, size = int(data[at]), 1
            if letter == _BACKSLASH:
                size, letter = escaped(data, at, ends[row])
                is_whole &= size > 0 and not 0xD800 <= letter < 0xE000
                size = max(size, 1)
            # What is not escaped is UTF-8 already.
            to = _encoded(letter, size > 1, out, to)
            feeds += letter == _FEED
            at += size
        ends_line = to > begun and out[to - 1] == _FEED
        is_read[row] = is_whole and feeds == ends_line
        to = to if is_read[row] else begun
        if not (is_read[row] and ends_line):
            out[to] = _FEED
            to += 1
    return out[:to], is_read


@inlined
def _encoded(letter: int, is_code: bool, out: Bytes, to: int) -> int:
    if not is_code or letter < 0x80:
        out[to] = letter
        return to + 1
    if letter < 0x800:
        out[to] = 0xC0 | letter >> 6
        out[to + 1] = 0x80 | letter & 63
        return to + 2
    out[to], out[to + 1], out[to + 2] = 0xE0 | letter >> 12, 0x80 | letter >> 6 & 63, 0x80 | letter & 63
    return to + 3
