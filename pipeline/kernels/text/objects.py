"""Lines that are objects of JSON: what of an object tells objects apart, and where its texts are, without a Python object a line.

The callers have checked that spans lie inside the data.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.kernels.text.escapes import escaped
from pipeline.values import Bools, Bytes, Int64s

# What a name stands for, as bits: a time; what is kept as it is; and of `owner.own` both halves, which are kept together.
TIME, KEPT, OWN, OWNER = 1, 2, 4, 8
# So many texts, and so many times, may stand in an object; and so many objects and lists in each other.
MOST_VALUES = 4
_MOST_DEPTH = 24
_MOST_NUMBER = 64
_ROOM = 160
_TAB, _RETURN, _SPACE, _QUOTE, _COMMA, _MINUS, _POINT = 9, 13, 32, 34, 44, 45, 46
_ZERO, _NINE, _COLON, _BRACKET, _BACKSLASH, _BRACKET_END, _BRACE, _BRACE_END = 48, 57, 58, 91, 92, 93, 123, 125
_E, _F, _L, _N, _S, _T = 101, 102, 108, 110, 115, 116
# A text in a frame, up to its number: it begins as a cycle's line does.
_SAID = np.frombuffer(b'"gc 0 @0 #', np.uint8)
_TIMED = np.frombuffer(b'"#', np.uint8)
_LITERALS = np.frombuffer(b"true\0false\0null\0", np.uint8)
# What encoders of JSON write as numbers, for the sake of HTML: & ' < >
_HTML = np.frombuffer(b"&'<>", np.uint8)


@kernel
def first_braces(data: Bytes, starts: Int64s, ends: Int64s) -> Int64s:
    """Where the first opening brace of each span stands; its end where there is none."""
    found = np.empty(len(starts), np.int64)
    for row in range(len(starts)):
        at = starts[row]
        while at < ends[row] and data[at] != _BRACE:
            at += 1
        found[row] = at
    return found


@kernel
def frames_of(
    data: Bytes,
    starts: Int64s,
    ends: Int64s,
    hints: Int64s,
    names: Bytes,
    name_ends: Int64s,
    name_bits: Int64s,
    name_sizes: Int64s,
) -> tuple[Bytes, Int64s, Int64s, Int64s, Bools]:
    """The frame of the object that each span begins with: all that is not of this one alone.

    hints      where something stands in the data by which a text is known, in order
    names      the names that mean something, one after the other; where each ends; what it stands for; and for each first
               byte of a name, as bits, how long those are that begin with it, none of them longer than 62

    A frame is JSON, too: it has all names. A string with a hint is `"gc 0 @0 #k"`; a time `"#k…"`, behind which stands `s` and
    the string with each digit a 0, `n` for a number, `e` for one with an exponent, `l` for another word; what is kept
    stands as it is; lists are empty; all else is 0. The k count texts and times, from 0.

    Returns the frames, where each begins, the spans of texts and of times, int64 (n, MOST_VALUES, 2), and which objects were
    read. One that is not strict JSON, or is spelled in an unusual way, is for another to read.
    """
    offsets, room = np.zeros(len(starts) + 1, np.int64), np.int64(0)
    for row in range(len(starts)):
        room += max(ends[row] - starts[row], 0) + _ROOM
    out = np.empty(room, np.uint8)
    texts, times = np.zeros((len(starts), MOST_VALUES, 2), np.int64), np.zeros((len(starts), MOST_VALUES, 2), np.int64)
    is_read = np.zeros(len(starts), np.bool_)
    is_list, owners = np.zeros(_MOST_DEPTH, np.bool_), np.zeros((_MOST_DEPTH, 2), np.int64)
    # Where the frame ends; how many texts and times it has; the next hint.
    state = np.zeros(4, np.int64)
    for row in range(len(starts)):
        state[0], state[1], state[2], state[3] = offsets[row], 0, 0, np.searchsorted(hints, starts[row])
        known = names, name_ends, name_bits, name_sizes
        is_read[row] = _frame(
            data, starts[row], ends[row], hints, known, out, texts[row], times[row], state, is_list, owners
        )
        offsets[row + 1] = state[0] if is_read[row] else offsets[row]
    return out[: offsets[len(starts)]], offsets, texts, times, is_read


@kernel
def _frame(
    data: Bytes,
    at: int,
    end: int,
    hints: Int64s,
    known: tuple[Bytes, Int64s, Int64s, Int64s],
    out: Bytes,
    texts: Int64s,
    times: Int64s,
    state: Int64s,
    is_list: Bools,
    owners: Int64s,
) -> bool:
    """Write one frame. Of each object or list that is open, `is_list` and `owners`: whether it is a list, and its name."""
    depth, lists = 0, 0
    while True:
        # Here stands a value, behind its name where it has one.
        bits, name, name_end = 0, at, at
        if depth and not is_list[depth - 1]:
            name, name_end, at = _name(data, at, end)
            if at < 0:
                return False
            if not lists:
                bits = _bits(data, name, name_end, owners[depth - 1], known)
                _copy(data, name - 1, name_end + 1, out, state)
                _put(_COLON, out, state)
        at = _blank(data, at, end)
        if at < end and (data[at] == _BRACE or data[at] == _BRACKET):
            if depth == _MOST_DEPTH:
                return False
            is_list[depth], owners[depth, 0], owners[depth, 1] = data[at] == _BRACKET, name, name_end
            if not lists:
                _put(data[at], out, state)
            lists += int(is_list[depth])
            depth += 1
            at = _blank(data, at + 1, end)
            if at < end and data[at] != (_BRACKET_END if is_list[depth - 1] else _BRACE_END):
                continue
        else:
            at = _value(data, at, end, hints, bits, lists > 0, out, texts, times, state)
            if at < 0:
                return False
        at, depth, lists = _ended(data, at, end, depth, lists, is_list, out, state)
        if at < 0 or depth == 0:
            return at >= 0


@inlined
def _ended(
    data: Bytes, at: int, end: int, depth: int, lists: int, is_list: Bools, out: Bytes, state: Int64s
) -> tuple[int, int, int]:
    """Behind a value: close what ends with it, up to where the next one begins; -1 for what is no JSON."""
    while depth > 0:
        at = _blank(data, at, end)
        if at >= end:
            return -1, depth, lists
        byte = data[at]
        at += 1
        if byte != _COMMA:
            if byte != (_BRACKET_END if is_list[depth - 1] else _BRACE_END):
                return -1, depth, lists
            depth -= 1
            lists -= int(is_list[depth])
        if not lists:
            _put(byte, out, state)
        if byte == _COMMA:
            break
    return at, depth, lists


@inlined
def _value(
    data: Bytes,
    at: int,
    end: int,
    hints: Int64s,
    bits: int,
    is_listed: bool,
    out: Bytes,
    texts: Int64s,
    times: Int64s,
    state: Int64s,
) -> int:
    """Write what a string, a number or a word comes to; where it ends, -1 where there is none."""
    first, is_text = at, at < end and data[at] == _QUOTE
    kind, is_plain = _S, True
    if is_text:
        at, is_plain = _string(data, at, end)
    else:
        at, kind = _scalar(data, at, end)
    if at < 0 or is_listed:
        return at
    while state[3] < len(hints) and hints[state[3]] < first:
        state[3] += 1
    if bits & TIME:
        if state[2] == MOST_VALUES or not is_plain:
            return -1
        times[state[2], 0], times[state[2], 1] = first + is_text, at - is_text
        _copy(_TIMED, 0, len(_TIMED), out, state)
        _put(_ZERO + int(state[2]), out, state)
        _put(kind, out, state)
        if is_text:
            _copy(data, first + 1, at - 1, out, state)
            for place in range(state[0] - (at - first - 2), state[0]):
                if _ZERO <= out[place] <= _NINE:
                    out[place] = _ZERO
        _put(_QUOTE, out, state)
        state[2] += 1
    elif bits & KEPT:
        _copy(data, first, at, out, state)
    elif is_text and state[3] < len(hints) and hints[state[3]] < at:
        if state[1] == MOST_VALUES:
            return -1
        texts[state[1], 0], texts[state[1], 1] = first + 1, at - 1
        _copy(_SAID, 0, len(_SAID), out, state)
        _put(_ZERO + int(state[1]), out, state)
        _put(_QUOTE, out, state)
        state[1] += 1
    else:
        _put(_ZERO, out, state)
    return at


@inlined
def _put(byte: int, out: Bytes, state: Int64s) -> None:
    out[state[0]] = byte
    state[0] += 1


@inlined
def _copy(data: Bytes, start: int, end: int, out: Bytes, state: Int64s) -> None:
    for place in range(start, end):
        out[state[0] + place - start] = data[place]
    state[0] += end - start


@inlined
def _blank(data: Bytes, at: int, end: int) -> int:
    while at < end and (data[at] == _SPACE or data[at] == _TAB or data[at] == _RETURN):
        at += 1
    return at


@inlined
def _name(data: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """A name without its quotes, and what is behind its colon; -1 there for none, or for one with escapes."""
    at = _blank(data, at, end)
    if at >= end or data[at] != _QUOTE:
        return at, at, -1
    start = at + 1
    at = start
    while at < end and data[at] >= _SPACE and data[at] != _QUOTE and data[at] != _BACKSLASH:
        at += 1
    stop = at
    if at >= end or data[at] != _QUOTE:
        return start, stop, -1
    at = _blank(data, at + 1, end)
    return start, stop, at + 1 if at < end and data[at] == _COLON else -1


@inlined
def _bits(data: Bytes, start: int, end: int, owner: Int64s, known: tuple[Bytes, Int64s, Int64s, Int64s]) -> int:
    """What a name stands for: alone, or as the last of a path that its owner's name begins."""
    bits = _known(data, start, end, known) & (TIME | KEPT)
    last = end
    while last > start and data[last - 1] != _POINT:
        last -= 1
    if _known(data, last, end, known) & OWN:
        above, above_end = (start, last - 1) if last > start else (owner[0], owner[1])
        first = above_end
        while first > above and data[first - 1] != _POINT:
            first -= 1
        if _known(data, first, above_end, known) & OWNER:
            bits |= KEPT
    return bits


@inlined
def _known(data: Bytes, start: int, end: int, known: tuple[Bytes, Int64s, Int64s, Int64s]) -> int:
    names, name_ends, name_bits, name_sizes = known
    # Most names are none of them.
    if start >= end or not name_sizes[data[start]] >> min(end - start, 63) & 1:
        return 0
    first = np.int64(0)
    for row in range(len(name_ends)):
        size = name_ends[row] - first
        if size == end - start:
            place = np.int64(0)
            while place < size and names[first + place] == data[start + place]:
                place += 1
            if place == size:
                return name_bits[row]
        first = name_ends[row]
    return 0


@inlined
def _string(data: Bytes, at: int, end: int) -> tuple[int, bool]:
    """Where a string ends, and whether it is printable ASCII without escapes; -1 where it is none.

    Letters that are written as numbers, and strokes as escapes, may hide a hint.
    """
    at += 1
    is_plain = True
    while at < end and data[at] != _QUOTE:
        is_plain &= data[at] < 127
        if data[at] < _SPACE:
            return -1, False
        if data[at] == _BACKSLASH:
            is_plain = False
            size, letter = escaped(data, at, end)
            is_hiding = letter == 47 or (size > 2 and letter < 128 and not _is_html(letter))
            if size == 0 or is_hiding:
                return -1, False
            at += size
        else:
            at += 1
    return (at + 1 if at < end else -1), is_plain


@inlined
def _is_html(letter: int) -> bool:
    return letter == _HTML[0] or letter == _HTML[1] or letter == _HTML[2] or letter == _HTML[3]


@inlined
def _scalar(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Where a number or a word ends, -1 where there is none, and its letter in a frame."""
    first = at
    if at < end and (data[at] == _T or data[at] == _F or data[at] == _N):
        place = 0 if data[at] == _T else 5 if data[at] == _F else 11
        while at < end and _LITERALS[place] and data[at] == _LITERALS[place]:
            at += 1
            place += 1
        return (at if not _LITERALS[place] else -1), _L
    if at < end and data[at] == _MINUS:
        at += 1
    whole = at
    at = _digits(data, at, end)
    if at == whole or (data[whole] == _ZERO and at > whole + 1):
        return -1, _N
    if at < end and data[at] == _POINT:
        part = at + 1
        at = _digits(data, part, end)
        if at == part:
            return -1, _N
    kind = _N
    if at < end and data[at] | 32 == _E:
        kind = _E
        at += 1
        if at < end and (data[at] == _MINUS or data[at] == 43):
            at += 1
        power = at
        at = _digits(data, at, end)
        if at == power:
            return -1, kind
    return (at if at - first <= _MOST_NUMBER else -1), kind


@inlined
def _digits(data: Bytes, at: int, end: int) -> int:
    while at < end and _ZERO <= data[at] <= _NINE:
        at += 1
    return at
