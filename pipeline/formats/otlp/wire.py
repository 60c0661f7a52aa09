"""OpenTelemetry's messages as columns: the fields of many messages at once, checked, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.kernels import protofields as kernels
from pipeline.kernels import protowire
from pipeline.values import Bytes, Int64s

_SENTENCES: Final[Mapping[int, str]] = {
    protowire.CUT_OFF: "the data ends inside a number; the file is truncated",
    protowire.TOO_LONG: "a number goes on for more than ten bytes; the file is damaged or of another format",
    protowire.SHORT_FIXED: "{found} bytes are left of a field that needs 4 or 8; the file is truncated",
    protowire.LENGTH_PAST_END: "a length of {found} bytes reaches past the end; the file is truncated",
    protowire.BAD_WIRE_TYPE: "a field has wire type {found}, which protobuf no longer has; the file is damaged or of another format",
}
_TYPES: Final[Mapping[int, str]] = {0: "a number", 1: "eight bytes", 2: "a message or text", 5: "four bytes"}


@dataclass(frozen=True, slots=True)
class Messages:
    """The fields of some messages of one kind.

    name    what the kind is called
    count   how many messages there are
    rows    int64 (fields, 5), as kernels/protofields.py has them
    """

    name: str
    count: int
    data: Bytes
    rows: Int64s

    def _of(self, field: int, wire_type: int) -> Int64s:
        """The rows of one field; raises DecodeError when one has another type."""
        rows = self.rows[self.rows[:, kernels.NUMBER] == field]
        wrong = np.flatnonzero(rows[:, kernels.WIRE_TYPE] != wire_type)
        if len(wrong):
            owner, found = rows[wrong[0], kernels.OWNER], int(rows[wrong[0], kernels.WIRE_TYPE])
            raise DecodeError(
                f"{self.name} {owner}: field {field} is {_TYPES[found]} where profiles.proto has {_TYPES[wire_type]}; "
                "the file is damaged, or of a version of the signal that heapscape does not know"
            )
        return rows

    def numbers(self, field: int, wire_type: int = protowire.VARINT) -> Int64s:
        """A field with a number, one for each message: the last one wins, and none is zero."""
        rows, found = self._of(field, wire_type), np.zeros(self.count, np.int64)
        found[rows[:, kernels.OWNER]] = rows[:, kernels.VALUE]
        return found

    def indices(self, field: int, size: int, *, of: str) -> Int64s:
        """The same of one that points into a table; raises DecodeError when one points nowhere."""
        found = self.numbers(field)
        self._check(found, np.arange(self.count), size, of=of)
        return found

    def lists(self, field: int) -> tuple[Int64s, Int64s]:
        """A field with many numbers: of each message where they end, and all of them."""
        rows = self.rows[self.rows[:, kernels.NUMBER] == field]
        room = int(np.where(rows[:, kernels.WIRE_TYPE] == protowire.BYTES, rows[:, kernels.VALUE], 1).sum())
        found, owners = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
        count, status, row, at = kernels.repeated(self.data, rows, found, owners)
        if status == protowire.TYPE_MISMATCH:
            self._of(field, protowire.VARINT)
        if status:
            raise DecodeError(f"{self.name} {rows[row, kernels.OWNER]}, byte {at}: {_SENTENCES[status]}")
        return np.cumsum(np.bincount(owners[:count], minlength=self.count)), found[:count]

    def index_lists(self, field: int, size: int, *, of: str) -> tuple[Int64s, Int64s]:
        """The same of many that point into a table."""
        ends, found = self.lists(field)
        self._check(found, np.repeat(np.arange(self.count), np.diff(ends, prepend=0)), size, of=of)
        return ends, found

    def spans(self, field: int) -> tuple[Int64s, Int64s, Int64s]:
        """A field with messages or texts: whose each is, where it begins and where it ends."""
        rows = self._of(field, protowire.BYTES)
        return rows[:, kernels.OWNER], rows[:, kernels.PLACE], rows[:, kernels.PLACE] + rows[:, kernels.VALUE]

    def counts(self, field: int) -> Int64s:
        """How many bytes of a packed field each message has, eight for each that is not packed."""
        rows = self.rows[self.rows[:, kernels.NUMBER] == field]
        sizes = np.where(rows[:, kernels.WIRE_TYPE] == protowire.BYTES, rows[:, kernels.VALUE], 8)
        return np.bincount(rows[:, kernels.OWNER], weights=sizes, minlength=self.count).astype(np.int64)

    def inside(self, field: int, name: str) -> tuple[Int64s, Messages]:
        """The messages in a field, and whose each is."""
        owners, starts, ends = self.spans(field)
        return owners, messages(self.data, starts, ends, name=name)

    def _check(self, found: Int64s, owners: Int64s, size: int, *, of: str) -> None:
        stray = np.flatnonzero((found < 0) | (found >= size))
        if len(stray):
            raise DecodeError(
                f"{self.name} {owners[stray[0]]}: names {of} {found[stray[0]]}; the file has {size}. It may be truncated, "
                "or of a version of the signal that heapscape does not know"
            )


def messages(data: Bytes, starts: Int64s, ends: Int64s, *, name: str) -> Messages:
    """Messages of one kind that lie in some places; raises DecodeError with the place of the first fault."""
    starts, ends = np.ascontiguousarray(starts), np.ascontiguousarray(ends)
    count, status, message, at, found = kernels.count_fields(data, starts, ends)
    if status:
        raise DecodeError(f"{name} {message}, byte {at}: {_SENTENCES[status].format(found=int(found) % 2**64)}")
    rows = np.empty((count, kernels.COLUMNS), np.int64)
    kernels.fill_fields(data, starts, ends, rows)
    return Messages(name, len(starts), data, rows)
