"""XXH64, the hash behind every content id.

Specification: xxHash fast digest algorithm, "XXH64 Algorithm Description" (Yann Collet), seed 0. Taken
because anyone can recompute an id with any xxhash library: the canonical bytes of each id are in the
docstrings of tables/symbols.py.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int64s, UInt64s

_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


@kernel
def _rotate(value: np.uint64, bits: int) -> np.uint64:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


@kernel
def _round(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotate(lane + word * _P2, 31) * _P1


@kernel
def _merge(state: np.uint64, lane: np.uint64) -> np.uint64:
    return (state ^ _round(np.uint64(0), lane)) * _P1 + _P4


@kernel
def _avalanche(state: np.uint64) -> np.uint64:
    state = (state ^ (state >> np.uint64(33))) * _P2
    state = (state ^ (state >> np.uint64(29))) * _P3
    return state ^ (state >> np.uint64(32))


@kernel
def _word(data: Bytes, at: int) -> np.uint64:
    # Unsigned, or each byte would be asked whether it stands before the end: then eight are no word to the compiler.
    start, value = np.uint64(at), np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[start + np.uint64(byte)]) << np.uint64(8 * byte)
    return value


@kernel
def hash_bytes(data: Bytes, start: int, length: int) -> np.uint64:
    """XXH64 of data[start : start + length]; the caller has checked the range."""
    at = start
    end = start + length
    if length >= 32:
        a, b, c, d = _P1 + _P2, _P2, np.uint64(0), np.uint64(0) - _P1
        while at + 32 <= end:
            a = _round(a, _word(data, at))
            b = _round(b, _word(data, at + 8))
            c = _round(c, _word(data, at + 16))
            d = _round(d, _word(data, at + 24))
            at += 32
        state = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        state = _merge(_merge(_merge(_merge(state, a), b), c), d)
    else:
        state = _P5
    state += np.uint64(length)
    while at + 8 <= end:
        state = _rotate(state ^ _round(np.uint64(0), _word(data, at)), 27) * _P1 + _P4
        at += 8
    if at + 4 <= end:
        half = np.uint64(0)
        for byte in range(4):
            half |= np.uint64(data[at + byte]) << np.uint64(8 * byte)
        state = _rotate(state ^ half * _P1, 23) * _P2 + _P3
        at += 4
    while at < end:
        state = _rotate(state ^ np.uint64(data[at]) * _P5, 11) * _P1
        at += 1
    return _avalanche(state)


@kernel
def hash_words(words: UInt64s, start: int, count: int) -> np.uint64:
    """XXH64 of words[start : start + count] as little-endian bytes; the caller has checked the range."""
    at = start
    end = start + count
    if count >= 4:
        a, b, c, d = _P1 + _P2, _P2, np.uint64(0), np.uint64(0) - _P1
        while at + 4 <= end:
            a = _round(a, words[at])
            b = _round(b, words[at + 1])
            c = _round(c, words[at + 2])
            d = _round(d, words[at + 3])
            at += 4
        state = _rotate(a, 1) + _rotate(b, 7) + _rotate(c, 12) + _rotate(d, 18)
        state = _merge(_merge(_merge(_merge(state, a), b), c), d)
    else:
        state = _P5
    state += np.uint64(8 * count)
    while at < end:
        state = _rotate(state ^ _round(np.uint64(0), words[at]), 27) * _P1 + _P4
        at += 1
    return _avalanche(state)


@kernel
def hash_spans(data: Bytes, starts: Int64s, lengths: Int64s) -> UInt64s:
    """XXH64 of each span of `data`; spans have been checked to lie inside it."""
    out = np.empty(len(starts), np.uint64)
    for index in range(len(starts)):
        out[index] = hash_bytes(data, starts[index], lengths[index])
    return out


@kernel
def hash_gathered(words: UInt64s, places: Int64s, offsets: Int64s) -> UInt64s:
    """XXH64 of words[places[offsets[i] : offsets[i + 1]]] for each i, without a copy of all those words.

    Places have been checked; offsets rise from 0 to len(places).
    """
    out = np.empty(len(offsets) - 1, np.uint64)
    row = np.empty(64, np.uint64)
    for index in range(len(out)):
        start, count = offsets[index], offsets[index + 1] - offsets[index]
        if count > len(row):
            row = np.empty(2 * count, np.uint64)
        for at in range(count):
            row[at] = words[np.uint64(places[start + at])]
        out[index] = hash_words(row, 0, count)
    return out


@kernel
def hash_rows(words: UInt64s, offsets: Int64s) -> UInt64s:
    """XXH64 of words[offsets[i] : offsets[i + 1]] for each i; offsets rise from 0 to len(words)."""
    out = np.empty(len(offsets) - 1, np.uint64)
    for index in range(len(out)):
        out[index] = hash_words(words, offsets[index], offsets[index + 1] - offsets[index])
    return out
