"""What stands below the headers of a goroutine dump, less what differs between goroutines that are at the same calls."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bytes, Int64s, UInt64s

_FEED, _RETURN, _TAB, _OPEN, _CLOSE, _COLON, _BRACKET, _POINT = 10, 13, 9, 40, 41, 58, 91, 46
_MOST_DIGITS = 19
# What is left out leaves so many line feeds behind, which no body has, being without blank lines.
_LEFT_OUT, _LEFT_OUT_INLINED = 2, 4
_C_FRAME = np.frombuffer(b"non-Go function at ", np.uint8)
_CREATED = np.frombuffer(b"created by ", np.uint8)
_IN = np.frombuffer(b" in goroutine ", np.uint8)
_GOROUTINE = np.frombuffer(b"goroutine ", np.uint8)
_INLINED = np.frombuffer(b"...)", np.uint8)
_OFFSET = np.frombuffer(b" +0x", np.uint8)
_FP = np.frombuffer(b" fp=0x", np.uint8)
_SP = np.frombuffer(b" sp=0x", np.uint8)
_PC = np.frombuffer(b" pc=0x", np.uint8)


@kernel
def strip_bodies(data: Bytes, starts: Int64s) -> tuple[Bytes, Int64s, Int64s, UInt64s, Int64s]:
    """The text from each start to the next blank line or goroutine, without arguments, stack addresses and creators' numbers.

    starts  rise, lie inside the data, and are where lines begin

    Returns the bytes that are left, where each body's begin among them (n + 1 offsets), where each body ends in `data`,
    the number of who created it, and how many lines say so. Only of one such line is the number left out.
    What is not spelled as the runtime does stays as it is: of equal bytes left, every reading comes to the same.
    """
    room = 0
    ends = np.empty(len(starts), np.int64)
    for row in range(len(starts)):
        ends[row] = _body_end(data, starts[row])
        # A number of one digit takes less than what it leaves behind.
        room += ends[row] - starts[row] + _LEFT_OUT
    out, offsets = np.empty(room, np.uint8), np.zeros(len(starts) + 1, np.int64)
    creators, said = np.zeros(len(starts), np.uint64), np.zeros(len(starts), np.int64)
    count = 0
    for row in range(len(starts)):
        at, is_called = starts[row], False
        while at < ends[row]:
            feed = _line_end(data, at, ends[row])
            stop = feed - 1 if feed > at and data[feed - 1] == _RETURN else feed
            kept, n_feeds = stop, _LEFT_OUT
            if data[at] == _TAB:
                kept = _place_end(data, at, stop) if is_called else stop
            elif _begins(data, at, stop, _CREATED):
                said[row] += 1
                if said[row] == 1:
                    kept, creators[row] = _creator(data, at, stop)
            elif stop > at and data[stop - 1] == _CLOSE:
                kept = _name_end(data, at, stop)
                if stop - kept == len(_INLINED) + 1 and _begins(data, kept + 1, stop, _INLINED):
                    n_feeds = _LEFT_OUT_INLINED
            for place in range(at, kept):
                out[count] = data[place]
                count += 1
            if kept < stop:
                for _ in range(n_feeds):
                    out[count] = _FEED
                    count += 1
            for place in range(stop, min(feed + 1, ends[row])):
                out[count] = data[place]
                count += 1
            # Below any other line a place may be taken for a call itself.
            is_called = data[at] not in (_TAB, _BRACKET, _POINT) and not _begins(data, at, stop, _C_FRAME)
            at = feed + 1
        offsets[row + 1] = count
    return out[:count], offsets, ends, creators, said


@kernel
def _body_end(data: Bytes, start: int) -> int:
    """The first line that is blank or a goroutine's header."""
    at = start
    while at < len(data):
        feed = _line_end(data, at, len(data))
        place = at
        while place < feed and (data[place] == 32 or 9 <= data[place] <= 13):
            place += 1
        if place == feed or _begins(data, at, feed, _GOROUTINE):
            return at
        at = feed + 1
    return len(data)


@inlined
def _line_end(data: Bytes, at: int, end: int) -> int:
    while at < end and data[at] != _FEED:
        at += 1
    return at


@inlined
def _begins(data: Bytes, at: int, end: int, words: Bytes) -> bool:
    if end - at < len(words):
        return False
    place = 0
    while place < len(words) and data[at + place] == words[place]:
        place += 1
    return place == len(words)


@inlined
def _name_end(data: Bytes, at: int, stop: int) -> int:
    """Where the last bracket of a call opens; the end of the line where nothing stands before it."""
    place = stop - 1
    while place > at and data[place] != _OPEN:
        place -= 1
    return place if place > at else stop


@inlined
def _creator(data: Bytes, at: int, stop: int) -> tuple[int, int]:
    """Where a creator's number begins, and the number; the end of the line where there is none."""
    place, number, unit = stop, np.uint64(0), np.uint64(1)
    while place > at and stop - place < _MOST_DIGITS and 48 <= data[place - 1] <= 57:
        place -= 1
        number += np.uint64(data[place] - 48) * unit
        unit *= np.uint64(10)
    before = place - len(_IN)
    is_one = place < stop and before > at + len(_CREATED) and _begins(data, before, place, _IN)
    return (place, number) if is_one else (stop, np.uint64(0))


@kernel
def _place_end(data: Bytes, at: int, stop: int) -> int:
    """Where the addresses of a frame begin behind its file, line and offset; the end of the line where none are."""
    colon = stop - 1
    while colon > at + 1 and data[colon] != _COLON:
        colon -= 1
    place = _decimal(data, colon + 1, stop)
    if colon <= at + 1 or not 1 <= place - colon - 1 < _MOST_DIGITS:
        return stop
    if _begins(data, place, stop, _OFFSET):
        place = _hexadecimal(data, place, stop, _OFFSET)
    kept = place
    for words in (_FP, _SP, _PC):
        after = _hexadecimal(data, place, stop, words)
        if after == place:
            return stop
        place = after
    return kept if place == stop else stop


@inlined
def _decimal(data: Bytes, at: int, stop: int) -> int:
    while at < stop and 48 <= data[at] <= 57:
        at += 1
    return at


@inlined
def _hexadecimal(data: Bytes, at: int, stop: int, words: Bytes) -> int:
    """Where the digits end behind some words; the beginning where the words or the digits are missing."""
    if not _begins(data, at, stop, words):
        return at
    place = at + len(words)
    while place < stop and (48 <= data[place] <= 57 or 97 <= data[place] <= 102):
        place += 1
    return place if place > at + len(words) else at
