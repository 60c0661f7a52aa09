"""What the kernels for profile.proto share: columns, their order, and what can be wrong with a file."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.kernels import kernel
from pipeline.values import Int64s

# Statuses beyond those of protowire. `item` is the message's place in the file, from 0.
CONCATENATED = 10
FIRST_STRING_NOT_EMPTY = 11
# found = the index, expected = size of the string table.
STRING_OUT_OF_RANGE = 12
# found = values, expected = sample types.
VALUE_COUNT = 13
NO_SAMPLE_TYPES = 14
# found = the id.
UNKNOWN_LOCATION = 15
UNKNOWN_FUNCTION = 16
ZERO_ID = 17
DUPLICATE_ID = 18
EMPTY = 19
# found = bytes, expected = the most allowed.
TOO_MUCH_TEXT = 20

# Field numbers of Profile.
SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING = 1, 2, 3, 4, 5, 6
TIME_NANOS, PERIOD_TYPE, COMMENT, LAST_FIELD = 9, 11, 13, 15

# Columns of `counts`.
SAMPLE_BYTES, LOCATION_BYTES, COMMENT_BYTES, COUNTS = 7, 8, 9, 10

# Columns of `header` behind the fifteen fields of Profile, field n in column n - 1.
PERIOD_TYPE_TEXT, PERIOD_UNIT_TEXT, UNKNOWN_FIELDS, UNKNOWN_MAPPINGS = 15, 16, 17, 18
# How many bytes the texts take once each stands wherever it is named.
TEXT_BYTES, HEADER = 19, 20

# The most bytes of text one file may unfold to. A long text that is named again and again is a bomb: each
# function that names it gets a copy of its own.
TEXT_ROOM = 1 << 28

# Columns of `fault`.
STATUS, POSITION, MESSAGE, ITEM, FOUND, EXPECTED, FAULT = 0, 1, 2, 3, 4, 5, 6

# Kinds of message a fault can lie in, beyond the field numbers above.
LABEL, LINE, PROFILE = 21, 22, 0


class Columns(NamedTuple):
    """Rows of all files one after the other; `ends[f, k]` is where file f's rows end in column set k.

    sample       (n, 4)  where its locations, values and labels end; its byte position
    location_ref (n,)    location ids, then indices
    value        (n,)
    label        (n, 4)  key, str, num, num_unit
    location     (n, 6)  id, mapping id (then index), address, -, folded, where its lines end
    line         (n, 3)  function id (then index), line, column
    function     (n, 5)  id, name, system name, file, start line
    mapping      (n, 10) as in profile.proto
    string       (n, 2)  start, length
    sample_type  (n, 2)  type, unit
    comment      (n,)
    header       (files, HEADER)
    """

    sample: Int64s
    location_ref: Int64s
    value: Int64s
    label: Int64s
    location: Int64s
    line: Int64s
    function: Int64s
    mapping: Int64s
    string: Int64s
    sample_type: Int64s
    comment: Int64s
    header: Int64s


# Column sets in `ends`, in the order of Columns.
N_SAMPLE, N_REF, N_VALUE, N_LABEL, N_LOCATION, N_LINE = 0, 1, 2, 3, 4, 5
N_FUNCTION, N_MAPPING, N_STRING, N_SAMPLE_TYPE, N_COMMENT, SETS = 6, 7, 8, 9, 10, 11


@kernel
def fail(fault: Int64s, status: int, position: int, message: int, item: int, found: int, expected: int) -> None:
    """Write down what is wrong and where; `item` is the message's place in the file, from 0."""
    fault[STATUS] = status
    fault[POSITION] = position
    fault[MESSAGE] = message
    fault[ITEM] = item
    fault[FOUND] = found
    fault[EXPECTED] = expected
