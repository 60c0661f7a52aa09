"""Lines that are spelled as a pattern says: their numbers, and what stands before them, without a Python object a line.

The callers have checked that spans lie inside the data.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bools, Bytes, Int64s

# In a pattern: a number, and one that may be negative; one of milliseconds, of seconds; of MiB, of MiB up to 64 bits; the place
# and the length of a float, of numbers with a blank between them, of a word; 1 where a group is there; a group
# that may be missing, behind which stand how many bytes of the pattern and how many fields it has. All else stands for itself.
NUMBER, SIGNED, MS, SECONDS, MIB, GOAL, FLOAT, LIST, THERE = range(1, 10)
WORD, GROUP = 14, 15
# A field of what is not there, and a goal that is none.
NONE = -(1 << 63)
_FEED, _RETURN, _SPACE, _QUOTE, _PLUS, _MINUS, _POINT, _E, _BACKSLASH, _BRACE = 10, 13, 32, 34, 43, 45, 46, 101, 92, 123
_MOST_DIGITS = 12  # so many are exact as floats, and as bytes where they are MiB
_MOST_FRACTION = 9
_MOST_POWER = 2
_MOST_FLOAT = 40
_MOST_WORD = 255
_MOST_SECONDS = np.float64(1 << 62)
_NO_GOAL = np.uint64(1 << 62)


@kernel
def line_spans(data: Bytes, places: Int64s) -> tuple[Int64s, Int64s, Bools]:
    """Where the line around each place begins, ends without its carriage returns, and whether a line feed ends it."""
    starts, ends, is_ended = (
        np.empty(len(places), np.int64),
        np.empty(len(places), np.int64),
        np.empty(len(places), np.bool_),
    )
    for row in range(len(places)):
        start, end = places[row], places[row]
        while start > 0 and data[start - 1] != _FEED:
            start -= 1
        while end < len(data) and data[end] != _FEED:
            end += 1
        is_ended[row] = end < len(data)
        while end > start and data[end - 1] == _RETURN:
            end -= 1
        starts[row], ends[row] = start, end
    return starts, ends, is_ended


@kernel
def read_spelled(data: Bytes, starts: Int64s, ends: Int64s, pattern: Bytes, fields: Int64s) -> Bools:
    """Which spans are the pattern from end to end; the fields of those that are.

    fields  int64 (n, m)  as many as the pattern has, in its order
    A number that has more digits than a float or a size has room for is none: such a line is for another to read.
    """
    is_read = np.zeros(len(starts), np.bool_)
    for row in range(len(starts)):
        is_read[row] = _read(data, starts[row], ends[row], pattern, fields[row])
    return is_read


@inlined
def _read(data: Bytes, at: int, end: int, pattern: Bytes, fields: Int64s) -> bool:
    letter, field = np.int64(0), np.int64(0)
    # Where a group began and its first field; behind it the letter and the field. Groups hold no groups.
    back, begun, after, behind = at, field, np.int64(-1), field
    while letter < len(pattern):
        wanted = pattern[letter]
        letter += 1
        is_there = True
        if wanted == GROUP:
            back, begun = at, field
            after, behind = letter + 2 + np.int64(pattern[letter]), field + np.int64(pattern[letter + 1])
            letter += 2
        elif wanted == THERE:
            fields[field] = 1
            field += 1
        elif wanted == FLOAT or wanted == LIST or wanted == WORD:
            # A sign says nothing more, and not all who read floats take it.
            at += wanted == FLOAT and at < end and data[at] == _PLUS
            fields[field] = at
            at, is_there = _text(data, at, end, wanted)
            fields[field + 1] = at - fields[field]
            field += 2
        elif wanted < THERE:
            at, fields[field], is_there = _number(data, at, end, wanted)
            field += 1
        else:
            is_there = at < end and data[at] == wanted
            at += 1
        if not is_there:
            if letter > after:
                return False
            at, letter, field = back, after, behind
            for one in range(begun, behind):
                fields[one] = NONE
    return at == end


@inlined
def _number(data: Bytes, at: int, end: int, kind: int) -> tuple[int, int, bool]:
    """A number as its kind has it; where it ends, and whether there is one."""
    is_negative = kind == SIGNED and at < end and data[at] == _MINUS
    at += is_negative
    first, whole = at, np.int64(0)
    while at < end and 48 <= data[at] <= 57 and at - first < 15:
        whole = whole * 10 + (data[at] - 48)
        at += 1
    size, scale = at - first, 1.0
    if not size:
        return at, 0, False
    if kind == MS or kind == SECONDS:
        if at + 1 < end and data[at] == _POINT and 48 <= data[at + 1] <= 57:
            at += 1
            point = at
            while at < end and 48 <= data[at] <= 57 and at - point <= _MOST_FRACTION:
                whole = whole * 10 + (data[at] - 48)
                scale *= 10.0
                at += 1
            if at - point > _MOST_FRACTION:
                return at, 0, False
        size = at - first
        # Both are exact as floats: so the quotient is what the digits are nearest to.
        exact = np.rint(np.float64(whole) / scale * (1e6 if kind == MS else 1e9))
        # What is beyond an integer is none in any that it is made.
        is_held = exact < _MOST_SECONDS
        return at, np.int64(exact if is_held else 0.0), size <= _MOST_DIGITS and is_held
    if kind == GOAL:
        goal = np.uint64(whole) << np.uint64(20)
        is_goal = size <= 14 and np.uint64(whole) < np.uint64(1 << 44)
        return at, NONE if goal >= _NO_GOAL else np.int64(goal), is_goal
    if is_negative:
        whole = -whole
    return at, whole << 20 if kind == MIB else whole, size <= _MOST_DIGITS


@inlined
def _text(data: Bytes, at: int, end: int, kind: int) -> tuple[int, bool]:
    """Where a text of a kind ends, and whether there is one."""
    first = at
    if kind == WORD:
        while at < end and _SPACE < data[at] < 127 and data[at] != _QUOTE and data[at] != _BACKSLASH:
            at += 1
        return at, first < at <= first + _MOST_WORD
    if kind == LIST:
        while True:
            number = at
            at = _digits(data, at, end)
            if not number < at <= number + _MOST_DIGITS:
                return at, False
            # A blank with no number behind it is not of the list.
            if at + 1 >= end or data[at] != _SPACE or not 48 <= data[at + 1] <= 57:
                return at, True
            at += 1
    at += at < end and data[at] == _MINUS
    whole = at
    at = _digits(data, at, end)
    is_there = at > whole
    if at < end and data[at] == _POINT:
        part = at + 1
        at = _digits(data, part, end)
        is_there &= at > part
    if at < end and data[at] == _E:
        power = at + 1 + (at + 1 < end and (data[at + 1] == _PLUS or data[at + 1] == _MINUS))
        at = _digits(data, power, end)
        while power < at and data[power] == 48:
            power += 1
        # More is no float: 0 or infinite.
        is_there &= at <= power + _MOST_POWER and 48 <= data[at - 1] <= 57
    return at, is_there and at - first <= _MOST_FLOAT


@inlined
def _digits(data: Bytes, at: int, end: int) -> int:
    while at < end and 48 <= data[at] <= 57:
        at += 1
    return at


@kernel
def blanks_before(data: Bytes, starts: Int64s, places: Int64s, count: int) -> Int64s:
    """Where the `count`th blank stands before each place, not before its start; one before the start where there is none."""
    found = np.empty(len(places), np.int64)
    for row in range(len(places)):
        at, left = places[row], count
        while left and at > starts[row]:
            at -= 1
            left -= data[at] == _SPACE
        found[row] = at if not left else starts[row] - 1
    return found


@kernel
def mask_digits(data: Bytes, starts: Int64s, ends: Int64s, which: Int64s, spans: Int64s) -> tuple[Bytes, Int64s, Bools]:
    """The texts in spans, each digit in certain places of which is a 0; where each begins among them; which are plain text.

    which  the row of `spans` of each
    spans  int64 (n, m, 2)  places in a text from and up to which digits are masked; all lie in it or behind it
    Plain is printable ASCII without an opening brace.
    """
    offsets = np.zeros(len(starts) + 1, np.int64)
    for row in range(len(starts)):
        offsets[row + 1] = offsets[row] + max(ends[row] - starts[row], 0)
    texts, is_plain = np.empty(offsets[-1], np.uint8), np.ones(len(starts), np.bool_)
    for row in range(len(starts)):
        first, size = offsets[row], offsets[row + 1] - offsets[row]
        for place in range(size):
            byte = data[starts[row] + place]
            texts[first + place] = byte
            is_plain[row] &= 32 <= byte < 127 and byte != _BRACE
        for one in range(spans.shape[1]):
            for place in range(spans[which[row], one, 0], min(spans[which[row], one, 1], size)):
                if 48 <= texts[first + place] <= 57:
                    texts[first + place] = 48
    return texts, offsets, is_plain
