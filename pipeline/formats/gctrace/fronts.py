"""What stands before many lines at once: where stamps stand in a text does not depend on which digits it has.

So texts that are alike but for their digits are looked at once, and those that are alike but for the digits of their stamps
have one label.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.formats.gctrace.front import (
    FIRST_YEAR,
    LAST_YEAR,
    MOST_LABEL,
    PARTS,
    epoch_in,
    front_of,
    offset_s,
    stamps_in,
)
from pipeline.formats.gctrace.texts import distinct, told_apart
from pipeline.kernels.text.spelled import NONE, mask_digits
from pipeline.values import Bools, Bytes, Int64s

# Of a rarer kind of text each is cheaper to look at by itself.
_FEWEST: Final = 16
_SECOND: Final = 1_000_000
_ALL: Final = np.array([[[0, 1 << 30]]])


@dataclass(frozen=True, slots=True)
class Fronts:
    """What stands before each of some lines, as a Front has it; rows that are not read have no meaning.

    label   which of `labels`
    at_us   NONE for none
    oddity  which of `ODDITIES`
    """

    is_read: Bools
    labels: list[str]
    label: Int64s
    at_us: Int64s
    unit_us: Int64s
    oddity: Int64s

    def at(self, rows: Int64s) -> Fronts:
        """Those of some of the lines."""
        columns = (self.label, self.at_us, self.unit_us, self.oddity)
        return Fronts(self.is_read[rows], self.labels, *(one[rows] for one in columns))

    def around(self, rows: Int64s, outer: Fronts, inner: Fronts, is_read: Bools) -> Fronts:
        """The same where `rows` are read as well: of those in `inner` that are, each in its one of `outer`."""
        labels = {label: place for place, label in enumerate(self.labels)}
        ones, others, which = told_apart(outer.label[is_read], inner.label[is_read])
        parts = ((outer.labels[one], inner.labels[other]) for one, other in zip(ones, others, strict=True))
        number = [labels.setdefault(" ".join(filter(None, both))[:MOST_LABEL], len(labels)) for both in parts]
        self.is_read[rows] = True
        self.label[rows] = np.array(number, np.int64)[which]
        # An object's own stamp comes before one in its text.
        is_none = (outer.at_us == NONE) & (outer.oddity == 0)
        for mine, one, other in zip(
            (self.at_us, self.unit_us, self.oddity),
            (outer.at_us, outer.unit_us, outer.oddity),
            (inner.at_us, inner.unit_us, inner.oddity),
            strict=True,
        ):
            mine[rows] = np.where(is_none, other, one)[is_read]
        return replace(self, labels=list(labels))

    def odd(self, start: int, stop: int) -> list[tuple[str, Int64s]]:
        """Kinds of oddities that some of these lines have, and which lines; the one that comes first is the first."""
        found = [(kind, start + np.flatnonzero(self.oddity[start:stop] == row)) for row, kind in enumerate(ODDITIES)]
        return sorted(((kind, rows) for kind, rows in found[1:] if len(rows)), key=lambda one: int(one[1][0]))


ODDITIES: Final = ("", "stamp_incomplete", "stamp_without_zone")


def fronts_of(data: Bytes, starts: Int64s, ends: Int64s) -> Fronts:
    """Take apart what stands in spans of a text before lines."""
    none = np.zeros(len(starts), np.int64)
    masked, offsets, is_read = mask_digits(data, starts, ends, none, _ALL)
    shapes, shape = distinct(masked, offsets)
    stamps = [list(stamps_in(one.decode("utf-8", "replace"))) for one in shapes]
    spans = np.zeros((len(shapes), max(map(len, stamps)), 2), np.int64)
    for row, places in enumerate(stamps):
        spans[row, : len(places)] = np.array([found.span() for found in places]).reshape(-1, 2)
    texts, fronts = distinct(*mask_digits(data, starts, ends, shape, spans)[:2])
    found = [front_of(text) for text in texts]
    is_read &= np.array([not one.is_glued for one in found], np.bool_)[fronts]
    labels = {one.label: 0 for one in found}
    labels = {label: row for row, label in enumerate(labels)}
    label = np.array([labels[one.label] for one in found], np.int64)[fronts]
    at_us, unit_us, oddity = np.full(len(starts), NONE), none.copy(), none.copy()
    rows = np.argsort(shape, kind="stable")
    for row, own in enumerate(np.split(rows, np.cumsum(np.bincount(shape, minlength=len(shapes)))[:-1])):
        dated = next((one for one in stamps[row] if is_dated(one)), None)
        if dated is None:
            oddity[own] = ODDITIES.index("stamp_incomplete") if stamps[row] else 0
        elif len(own) < _FEWEST:
            is_read[own] = False
        else:
            is_date, at_us[own], unit_us[own] = moments(data, starts[own], dated)
            is_read[own] &= is_date
            oddity[own] = oddity_of(dated)
    return Fronts(is_read, list(labels), label, at_us, unit_us, oddity)


def is_dated(stamp: re.Match[str]) -> bool:
    """Whether a stamp says date, time and a zone that is known, unless its digits are of none."""
    return bool(epoch_in(stamp) or (stamp["year"] and offset_s(stamp["zone"]) is not None))


def oddity_of(stamp: re.Match[str]) -> int:
    """Which of `ODDITIES` a stamp has."""
    if not is_dated(stamp):
        return ODDITIES.index("stamp_incomplete")
    return 0 if stamp["zone"] or epoch_in(stamp) else ODDITIES.index("stamp_without_zone")


def moments(data: Bytes, starts: Int64s, stamp: re.Match[str]) -> tuple[Bools, Int64s, int]:
    """When texts were written in which a stamp stands where it does in one that is like them, and its unit.

    Whether it is a date at all comes first: if not, another stamp of the text may be one.
    """
    epoch = epoch_in(stamp)
    fraction = epoch[1] if epoch else "fraction1"
    digits = len(stamp[fraction] or "")
    parts_us = _number(data, starts, stamp.start(fraction), min(digits, 6)) * 10 ** max(0, 6 - digits)
    unit_us = 10 ** max(0, 6 - digits) if digits else _SECOND
    if epoch:
        seconds = _number(data, starts, stamp.start(epoch[0]), len(stamp[epoch[0]]))
        return np.ones(len(starts), np.bool_), seconds * _SECOND + parts_us, unit_us
    year, month, day, hour, minute, second = (_number(data, starts, stamp.start(one), len(stamp[one])) for one in PARTS)
    is_date = (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    is_date &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(is_date, (year - FIRST_YEAR) * 12 + month - 1, 0).astype("datetime64[M]")
    first, behind = (one.astype("datetime64[D]").astype(np.int64) for one in (months, months + 1))
    is_date &= day <= behind - first
    seconds = ((first + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    if stamp["zone"] and not stamp["zone"].isalpha():
        at = stamp.start("zone")
        away = _number(data, starts, at + 1, 2) * 3600 + _number(data, starts, stamp.end("zone") - 2, 2) * 60
        seconds += away if stamp["zone"][0] == "-" else -away
    return is_date, seconds * _SECOND + parts_us, unit_us


def _number(data: Bytes, starts: Int64s, place: int, digits: int) -> Int64s:
    """The numbers that stand in texts from a place on."""
    number = np.zeros(len(starts), np.int64)
    for digit in range(digits):
        number = number * 10 + (data[starts + place + digit] - 48)
    return number
