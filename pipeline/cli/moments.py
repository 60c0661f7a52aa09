"""Moments as people write them: `2026-11-30`, `2026-11-30T12:00:00Z`, `2h` ago."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import click

_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_AGE: Final = re.compile(r"(\d{1,6})([wdhms])")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# What the finest column of times tells apart.
_TICK: Final = timedelta(microseconds=1)


class Age(click.ParamType):  # type: ignore[type-arg]
    """A time that has passed: `30d`, `12h`, `90m`, `45s`."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        age = _age(str(value))
        if age is None:
            self.fail(
                f"{value!r} is no length of time; write a number and d, h, m or s, such as 30d, or w for weeks",
                param,
                ctx,
            )
        return age


class TakenAt(click.ParamType):  # type: ignore[type-arg]
    """A moment in UTC, as the columns of times have it: a day, a time by RFC 3339, or how long ago it was.

    is_end      of a day it is the last moment, not the first
    is_lasting  it is kept for later, when so long ago would be another moment
    """

    name = "moment"

    def __init__(self, *, is_end: bool = False, is_lasting: bool = False) -> None:
        self._is_end = is_end
        self._is_lasting = is_lasting

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        age = _age(text)
        if age is not None and self._is_lasting:
            self.fail(
                f"{text!r} is another moment each time, and this one is kept; write a day or a time, such as 2026-11-30",
                param,
                ctx,
            )
        try:
            if age is not None:
                return datetime.now(UTC).replace(tzinfo=None) - age
            if _DAY.fullmatch(text):
                day = datetime.combine(date.fromisoformat(text), datetime.min.time())
                return day + timedelta(days=1) - _TICK if self._is_end else day
            if not _DAY.match(text):
                raise ValueError
            found = datetime.fromisoformat(text.upper())
            return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
        except (ValueError, OverflowError):
            examples = "2026-11-30" if self._is_lasting else "2026-11-30, 2h"
            self.fail(
                f"{text!r} is no moment; write one in UTC, such as {examples} or 2026-11-30T12:00:00Z", param, ctx
            )


def spelled(moment: datetime) -> str:
    """A moment in UTC as these options take it, the shorter the rounder it is."""
    if moment.time() == datetime.min.time():
        return f"{moment:%Y-%m-%d}"
    return f"{moment.isoformat(timespec='microseconds' if moment.microsecond else 'seconds')}Z"


def _age(text: str) -> timedelta | None:
    found = _AGE.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
