"""A JSON document that is a log: each of its entries becomes a line, byte for byte at its place."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Bytes, Int64s

_QUOTE, _BACKSLASH, _COMMA, _COLON, _SPACE = 34, 92, 44, 58, 32
_LINE_FEED, _RETURN, _TAB = 10, 13, 9
_OPEN_LIST, _CLOSE_LIST, _OPEN, _CLOSE = 91, 93, 123, 125
# What is nested deeper is no log.
_DEEPEST = 64
# What is known behind a piece: how many brackets are open, whether the bracket around the entries is a list's,
# whether a string is, whether a backslash was last, and the last byte that is no blank.
_DEPTH, _IS_LIST, _IN_STRING, _IS_ESCAPED, _LAST = 0, 1, 2, 3, 4
STATE = 5


@kernel
def entry_depth(data: Bytes, place: int) -> int:
    """How many brackets are open in the innermost list around a place in which an object has it; 0 where none has."""
    opened = np.zeros(_DEEPEST + 1, np.uint8)
    depth, in_string, is_escaped = 0, False, False
    for i in range(min(place, len(data))):
        byte = data[i]
        if in_string:
            # No string goes over the end of a line.
            in_string = (byte != _QUOTE or is_escaped) and byte != _LINE_FEED
            is_escaped = byte == _BACKSLASH and not is_escaped
        elif byte == _QUOTE:
            in_string, is_escaped = True, False
        elif byte == _OPEN or byte == _OPEN_LIST:
            depth += 1
            if depth > _DEEPEST:
                return 0
            opened[depth] = byte
        elif byte == _CLOSE or byte == _CLOSE_LIST:
            depth = max(depth - 1, 0)
    for one in range(depth - 1 if in_string else 0, 0, -1):
        if opened[one] == _OPEN_LIST and opened[one + 1] == _OPEN:
            return one
    return 0


@kernel
def cut_entries(data: Bytes, depth: int, state: Int64s) -> None:
    """Put a line feed for the brackets and commas of lists at a depth, and a blank for every other end of a line in brackets.

    Where a line begins as an object does though the one above it is not at an end, that one was broken off.

    state  int64 (STATE,)  0 at first; goes on from piece to piece of a document
    """
    for i in range(len(data)):
        byte = data[i]
        if state[_IN_STRING] and byte != _LINE_FEED:
            if byte == _QUOTE and not state[_IS_ESCAPED]:
                state[_IN_STRING] = 0
            state[_IS_ESCAPED] = byte == _BACKSLASH and not state[_IS_ESCAPED]
        elif byte == _LINE_FEED:
            state[_IN_STRING] = 0
            goes_on = (
                state[_LAST] == _COMMA or state[_LAST] == _COLON or state[_LAST] == _OPEN or state[_LAST] == _OPEN_LIST
            )
            if state[_DEPTH] and i + 1 < len(data) and data[i + 1] == _OPEN and not goes_on:
                state[_DEPTH] = 0
            if state[_DEPTH]:
                data[i] = _SPACE
        elif byte == _QUOTE:
            state[_IN_STRING], state[_IS_ESCAPED], state[_LAST] = 1, 0, byte
        elif byte != _SPACE and byte != _RETURN and byte != _TAB:
            state[_LAST] = byte
            if byte == _OPEN or byte == _OPEN_LIST:
                state[_DEPTH] += 1
                if state[_DEPTH] == depth:
                    state[_IS_LIST] = byte == _OPEN_LIST
            is_own = state[_DEPTH] == depth and state[_IS_LIST]
            if is_own and (byte == _OPEN_LIST or byte == _COMMA or byte == _CLOSE_LIST):
                data[i] = _LINE_FEED
            if byte == _CLOSE or byte == _CLOSE_LIST:
                state[_DEPTH] = max(state[_DEPTH] - 1, 0)
