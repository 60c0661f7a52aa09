"""Moments as logs and dumps write them down, to UTC."""

from __future__ import annotations

from typing import Final

import polars as pl

# What people call the time of a line; of several the first that is there.
TIME_KEYS: Final = ("time", "ts", "timestamp", "@timestamp", "t")
UTC_TIME: Final = pl.Datetime("us", "UTC")
# A number is in the unit that puts it between 1973 and 5138; what is smaller is no time of day but a duration.
_EARLIEST: Final = 10**8
# Numbers below this, the microseconds that one stands for: factor and divisor.
_UNITS: Final = ((10**11, 10**6, 1), (10**14, 10**3, 1), (10**17, 1, 1), (2**63 - 1, 1, 10**3))
_MICROSECONDS: Final = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (2.0**63, 1e-3))
_NANOSECONDS: Final = 1_000


def from_text(text: pl.Expr) -> pl.Expr:
    """RFC 3339, with or without a colon in its offset; NULL for what has no offset, for nobody knows whose clock that is."""
    return text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def from_integer(number: pl.Expr) -> pl.Expr:
    """Unix time in seconds, milliseconds, microseconds or nanoseconds, whichever it must be."""
    found = pl.lit(None, pl.Int64)
    for most, factor, divisor in reversed(_UNITS):
        found = pl.when(number < most).then(number * factor // divisor).otherwise(found)
    return pl.when(number >= _EARLIEST).then(found).cast(UTC_TIME)


def from_number(number: pl.Expr) -> pl.Expr:
    """The same of a number with a fraction."""
    found = pl.lit(None, pl.Float64)
    for most, factor in reversed(_MICROSECONDS):
        found = pl.when(number < most).then((number * factor).round()).otherwise(found)
    return pl.when(number >= _EARLIEST).then(found).cast(pl.Int64, strict=False).cast(UTC_TIME)


def from_nanoseconds(number: pl.Expr) -> pl.Expr:
    """Nanoseconds since 1970; NULL for 0, which Go writes for never."""
    return pl.when(number > 0).then(number // _NANOSECONDS).cast(UTC_TIME)


def taken_at() -> pl.Expr:
    """The time of rows that have it as the file does: of `time_text`, `time_integer` and `time_number` the first that is one."""
    return pl.coalesce(
        from_text(pl.col("time_text")), from_integer(pl.col("time_integer")), from_number(pl.col("time_number"))
    )
