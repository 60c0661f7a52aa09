"""Text profiles as spans of bytes: records with the addresses in them, the comments below each, and the frames in those.

The callers have checked that spans lie inside the data.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.kernels.xxh64 import hash_bytes
from pipeline.values import Bools, Bytes, Int64s, UInt64s

_FEED, _BLANK, _HASH, _ANY, _DASH, _AT, _L, _NUMBER = 10, 32, 35, 42, 45, 64, 108, 110
_MOST = np.uint64(2**63 - 1)
_SHORTEST = 3  # of an address: 0x1
_DIGITS = 16


@kernel
def line_feeds(data: Bytes) -> int:
    """How many line feeds there are."""
    count = 0
    for place in range(len(data)):
        count += data[place] == _FEED
    return count


@kernel
def cut_records(
    data: Bytes,
    is_ended: bool,
    room: int,
    known: Int64s,
    hashes: UInt64s,
    slots: Int64s,
    lines: Bytes,
    factor: np.uint64,
) -> tuple[Int64s, Int64s, Int64s, Int64s, int, int]:
    """The lines of a text that are not blank, without the blanks around them: records, and below each its comments.

    is_ended  whether a line that begins with `---` and is no comment ends the records
    room      as many as there are lines at most, for so many of which the following have room, too
    known     int64 (5, m)  in its first column how many comment lines are known and how many of the bytes; then, of each, where it
              begins among the bytes, its length, and the two lines that were seen below it last, 0 for none
    hashes    uint64 (m,)   of each, by which they are told apart
    slots     int64         their numbers, found by hash; 2^k and half of them free, 0 for none
    lines     the bytes of all
    factor    odd, and by chance: who chooses lines cannot know it, and so not choose them to meet in one slot

    Returns for each record its start, end, first `@` (or its end) and line from 0; for each comment its number and record; start
    and length of those that were not known, in the order of their numbers; start, length and record of what may be labels, which have no number;
    where the text was read to, and how many line feeds stand before that. Comments above the first record are left out.
    """
    records, comments = np.empty((4, room), np.int64), np.empty((2, room), np.int64)
    fresh, labels = np.empty((2, room), np.int64), np.empty((3, room), np.int64)
    n_records, n_comments, n_fresh, n_labels, line, at, above = 0, 0, 0, 0, 0, 0, 0
    shift = _shift(len(slots))
    while at < len(data):
        number = _below(data, at, lines, known, above)
        if number:
            comments[0, n_comments], comments[1, n_comments] = number, n_records - 1
            n_comments, line, at, above = n_comments + 1, line + 1, at + known[2, number], number
            continue
        feed = _first(data, at, len(data), _FEED)
        start, end = _trimmed(data, at, feed)
        if start < end and data[start] != _HASH:
            if is_ended and feed - at >= 3 and data[at] == _DASH and data[at + 1] == _DASH and data[at + 2] == _DASH:
                break
            records[0, n_records], records[1, n_records] = start, end
            records[2, n_records], records[3, n_records] = _first(data, start, end, _AT), line
            n_records += 1
        elif start < end and n_records and end - start > 2 and data[start + 2] == _L:
            labels[0, n_labels], labels[1, n_labels], labels[2, n_labels] = start, end - start, n_records - 1
            n_labels += 1
        elif start < end and n_records:
            found = hash_bytes(data, start, end - start)
            slot = _slot(found, hashes, slots, factor, shift)
            number = slots[slot]
            if not number:
                number = slots[slot] = known[0, 0] + 1
                hashes[number] = found
                _remember(data, at, feed, known, lines)
                fresh[0, n_fresh], fresh[1, n_fresh] = start, end - start
                n_fresh += 1
            if above and known[3, above] != number:
                known[3, above], known[4, above] = number, known[3, above]
            comments[0, n_comments], comments[1, n_comments] = number, n_records - 1
            n_comments += 1
            above = number
        line += feed < len(data)
        at = feed + 1
    kept = records[:, :n_records], comments[:, :n_comments], fresh[:, :n_fresh], labels[:, :n_labels]
    return kept[0], kept[1], kept[2], kept[3], min(at, len(data)), line


@inlined
def _first(data: Bytes, at: int, end: int, byte: int) -> int:
    while at < end and data[at] != byte:
        at += 1
    return at


@inlined
def _trimmed(data: Bytes, start: int, end: int) -> tuple[int, int]:
    while start < end and _is_blank(data[start]):
        start += 1
    while start < end and _is_blank(data[end - 1]):
        end -= 1
    return start, end


@inlined
def _below(data: Bytes, at: int, lines: Bytes, known: Int64s, above: int) -> int:
    """The known line that stands at a place, if it is one of those seen last below the one above; 0 where it is not.

    Mostly it is one: then nobody need look for the end of the line, or make its hash.
    """
    first, second = known[3, above], known[4, above]
    if _stands(data, at, lines, known, first):
        return first
    if _stands(data, at, lines, known, second):
        known[3, above], known[4, above] = second, first
        return second
    return 0


@inlined
def _slot(found: np.uint64, hashes: UInt64s, slots: Int64s, factor: np.uint64, shift: np.uint64) -> int:
    """Where the number of a line stands, or has its place."""
    slot = np.int64((found * factor) >> shift)
    while slots[slot] and hashes[slots[slot]] != found:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@inlined
def _remember(data: Bytes, at: int, feed: int, known: Int64s, lines: Bytes) -> None:
    """Count one more line, and keep its bytes if a line feed ends it."""
    known[0, 0] += 1
    number = known[0, 0]
    known[1, number], known[2, number] = known[1, 0], 0
    if feed < len(data):
        known[2, number] = feed + 1 - at
        for place in range(at, feed + 1):
            lines[known[1, 0]] = data[place]
            known[1, 0] += 1


@kernel
def fill_slots(hashes: UInt64s, slots: Int64s, factor: np.uint64) -> None:
    """Put the numbers of lines, from 1 on, where `cut_records` looks for them; all slots are free."""
    shift = _shift(len(slots))
    for number in range(1, len(hashes)):
        slot = np.int64((hashes[number] * factor) >> shift)
        while slots[slot]:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = number


@inlined
def _shift(room: int) -> np.uint64:
    bits = 0
    while (1 << bits) < room:
        bits += 1
    return np.uint64(64 - bits)


@inlined
def _stands(data: Bytes, at: int, lines: Bytes, known: Int64s, number: int) -> bool:
    """Whether a known line, its line feed included, stands at a place of the text."""
    size = known[2, number]
    if not number or not size or size > len(data) - at:
        return False
    # Unsigned, or each byte would be asked whether it stands before the end: then eight are no word to the compiler.
    ours, theirs, left = np.uint64(at), np.uint64(known[1, number]), np.uint64(size)
    while left >= np.uint64(8):
        if _word(data, ours) != _word(lines, theirs):
            return False
        ours, theirs, left = ours + np.uint64(8), theirs + np.uint64(8), left - np.uint64(8)
    if size >= 8:
        return _word(data, ours + left - np.uint64(8)) == _word(lines, theirs + left - np.uint64(8))
    while left:
        if data[ours] != lines[theirs]:
            return False
        ours, theirs, left = ours + np.uint64(1), theirs + np.uint64(1), left - np.uint64(1)
    return True


@inlined
def _word(data: Bytes, at: np.uint64) -> np.uint64:
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(data[at + np.uint64(byte)]) << np.uint64(8 * byte)
    return value


@kernel
def location_ends(record: Int64s, frame: Int64s, entry: UInt64s, name: Int64s) -> Int64s:
    """The last frame of each location: of frames of one record and one machine function in a row, its own or those that call it again.

    record, frame  whose each frame is, and which of the known ones
    entry, name    of the known ones: where the machine function begins, and a number for its name, -1 for none
    """
    n = len(frame)
    ends = np.empty(n, np.int64)
    count = 0
    last = -1
    for at in range(n - 1, -1, -1):
        one = frame[at]
        goes_on = at + 1 < n and record[at] == record[at + 1] and name[one] >= 0 and name[frame[at + 1]] >= 0
        if not goes_on or entry[one] != entry[frame[at + 1]]:
            last = name[one]
        elif name[one] != last:
            continue
        ends[count] = at
        count += 1
    return ends[:count][::-1].copy()


@kernel
def read_numbers(data: Bytes, starts: Int64s, ends: Int64s, spelling: Bytes) -> tuple[Int64s, Bools, Bools]:
    """The numbers in spans that are spelled alike, which spans are not, and which have one of more than 64 bits.

    spelling  `n` is a number, `-n` one that may be negative, `*` any blanks; all else stands for itself
    """
    columns = 0
    for letter in range(len(spelling)):
        columns += spelling[letter] == _NUMBER
    numbers = np.zeros((len(starts), columns), np.int64)
    is_other, is_large = np.zeros(len(starts), np.bool_), np.zeros(len(starts), np.bool_)
    for row in range(len(starts)):
        at, end, column, is_negative = starts[row], ends[row], 0, False
        for letter in range(len(spelling)):
            wanted = spelling[letter]
            if wanted == _NUMBER:
                first, number = at, np.uint64(0)
                most = _MOST + np.uint64(is_negative)
                while at < end and 48 <= data[at] <= 57:
                    digit = np.uint64(data[at] - 48)
                    is_large[row] |= number > (most - digit) // np.uint64(10)
                    number = number * np.uint64(10) + digit
                    at += 1
                is_other[row] |= at == first
                numbers[row, column] = np.int64(np.uint64(0) - number) if is_negative else np.int64(number)
                column, is_negative = column + 1, False
            elif wanted == _DASH:
                is_negative = at < end and data[at] == _DASH
                at += is_negative
            elif wanted == _ANY:
                while at < end and data[at] == _BLANK:
                    at += 1
            else:
                is_other[row] |= at >= end or data[at] != wanted
                at += 1
        is_other[row] |= at != end
    return numbers, is_other, is_large


@kernel
def read_addresses(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, UInt64s, Bools]:
    """How many addresses each span begins with, all of them, and which spans have one of more than 64 bits.

    An address is `0x` and hexadecimal digits; between them are blanks, or what pprof passes over as well: x and digits.
    Whatever else follows ends them.
    """
    room = 0
    for row in range(len(starts)):
        room += max(ends[row] - starts[row], 0) // _SHORTEST
    sizes, addresses = np.zeros(len(starts), np.int64), np.empty(room, np.uint64)
    is_large = np.zeros(len(starts), np.bool_)
    count = 0
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end:
            if data[at] == ord("0") and at + 2 < end and data[at + 1] == ord("x") and _digit(data[at + 2]) >= 0:
                at += 2
                address, digits = np.uint64(0), 0
                while at < end and _digit(data[at]) >= 0:
                    if digits or _digit(data[at]):
                        digits += 1
                    address = (address << np.uint64(4)) | np.uint64(_digit(data[at]))
                    at += 1
                is_large[row] |= digits > _DIGITS
                addresses[count] = address
                count += 1
                sizes[row] += 1
            elif data[at] == ord(" ") or data[at] == ord("x") or _digit(data[at]) >= 0:
                at += 1
            else:
                break
    return sizes, addresses[:count], is_large


@inlined
def _is_blank(byte: int) -> bool:
    return byte == 32 or 9 <= byte <= 13


@inlined
def _digit(byte: int) -> int:
    """The value of a hexadecimal digit; -1 for what is none."""
    if 48 <= byte <= 57:
        return byte - 48
    return byte - 87 if 97 <= byte <= 102 else -1
