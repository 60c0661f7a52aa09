"""Round steps of an axis, and how they are written."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pipeline.outputs.units import readable

_MANTISSAS: Final = (1, 2, 5)
_BINARY: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_DAY: Final = 86400.0
# Seconds: what clocks and calendars are divided into.
_TIMES: Final = (
    *(mantissa * 10.0**power for power in range(-6, 0) for mantissa in _MANTISSAS),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in (1, 2, 7, 14, 30, 90, 180, 365, 1826, 3652, 36525)),
)
# From here on the digits of a value say less than how many there are.
_HUGE: Final = 1e21
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Tick(NamedTuple):
    """A place on an axis: its value, what is written there, and what below that."""

    value: float
    text: str
    below: str = ""


def ticks(low: float, high: float, *, unit: str, most: int, is_whole: bool = False) -> list[Tick]:
    """Round values from low to high, no more than so many."""
    step = max(_step(high - low, unit=unit, most=most), float(is_whole))
    return [Tick(value, written(value, unit=unit)) for value in _multiples(low, high, step)]


def time_ticks(low: float, high: float, *, most: int) -> list[Tick]:
    """The same for seconds since 1970, in UTC; the date stands below the first time of each."""
    step = next((one for one in _TIMES if (high - low) / one <= most), None)
    if step is None or not -6e10 < low <= high < 2.5e11:
        # No calendar has such times.
        return ticks(low, high, unit="count", most=most)
    found: list[Tick] = []
    shown = ""
    for value in _multiples(low, high, step):
        at = _EPOCH + timedelta(seconds=value)
        date = f"{at:%Y-%m-%d}"
        if step >= _DAY:
            found.append(Tick(value, date))
            continue
        clock = (
            f"{at:%H:%M}"
            if step >= 60
            else f"{at:%H:%M:%S}"
            if step >= 1
            else f"{at:%H:%M:%S.%f}".rstrip("0").rstrip(".")
        )
        found.append(Tick(value, clock, date if date != shown else ""))
        shown = date
    return found


def written(value: float, *, unit: str) -> str:
    """A value for people; of what is only counted, parts too."""
    if abs(value) >= _HUGE:
        return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
    if unit in ("", "count") and value != round(value):
        return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")
    return readable(value, unit=unit)


def _step(span: float, *, unit: str, most: int) -> float:
    if unit == "bytes":
        steps = [part * 1024.0**power for power in range(7) for part in _BINARY]
        return next((step for step in steps if span / step <= most), span / most)
    least = max(span / most, 1e-300)
    power = 10.0 ** math.floor(math.log10(least))
    return next((part * power for part in (*_MANTISSAS, 10) if part * power >= least * 0.999999), 10 * power)


def _multiples(low: float, high: float, step: float) -> list[float]:
    if not step or not math.isfinite(step) or max(abs(low), abs(high)) / step > 2**52:
        # Of such steps floats know nothing.
        return [low]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [min(max(place * step, low), high) for place in range(first, min(last, first + 100) + 1)]
