"""Thresholds as people write them: what each is of, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from pipeline import config
from pipeline.errors import UsageError

_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
# Digits that a number of 64 bits has; what is longer is a slip.
_LONGEST: Final = 15


@dataclass(frozen=True, slots=True)
class Threshold:
    """One that was asked for.

    checked  what it is of, as in `gate.measure`
    value    in the unit of that
    option   as it was written: `--max-growth 50MiB`
    """

    checked: str
    value: float
    option: str


def _size(text: str) -> float | None:
    try:
        return config.size_bytes(text)
    except ValueError:
        return None


def _share(text: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", text)
    return float(found[1]) / 100 if found else None


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([a-zµ]+)", text)
    return float(found[1]) * _SECONDS[found[2]] if found and found[2] in _SECONDS else None


def _nanoseconds(text: str) -> float | None:
    seconds = _seconds(text)
    return None if seconds is None else seconds * 1e9


def _rate(text: str) -> float | None:
    size, slash, unit = text.rpartition("/")
    length, amount = _seconds(f"1{unit}"), _size(size) if slash else None
    return None if not length or amount is None else amount / length


def _count(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+", text) else None


def _more(text: str) -> float | None:
    return float(text[1:]) if re.fullmatch(r"\+\d+", text) else None


Read = Callable[[str], float | None]


class Limit(click.ParamType):  # type: ignore[type-arg]
    """A threshold in one of a few units, each of which is of another check."""

    def __init__(self, option: str, kinds: Mapping[str, Read], *, name: str, example: str) -> None:
        self.option, self.kinds, self.name, self.example = option, kinds, name, example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Threshold:
        if isinstance(value, Threshold):
            return value
        text = value.strip() if len(value) <= _LONGEST else ""
        read = [(checked, number) for checked, kind in self.kinds.items() if (number := kind(text)) is not None]
        if not read:
            wanted = self.name.lower().replace("|", " or ")
            self.fail(f"{value!r} is no {wanted}; write it like {self.example}", param, ctx)
        return Threshold(*read[0], f"{self.option} {text}")


LIMITS: Final = {
    limit.option: limit
    for limit in (
        Limit("--max-growth", {"growth": _size, "growth_share": _share}, name="SIZE|SHARE", example="50MiB or 20%"),
        Limit("--max-site-growth", {"site_growth": _size}, name="SIZE", example="20MiB"),
        Limit("--max-slope", {"slope": _rate}, name="SIZE/TIME", example="10MiB/h or 1GiB/d"),
        Limit("--min-headroom", {"headroom": _size, "headroom_time": _seconds}, name="SIZE|TIME", example="64MiB or 2h"),
        Limit("--max-goroutines", {"goroutines": _count, "goroutine_growth": _more}, name="NUMBER", example="20000, or +1000 for growth"),
        Limit("--max-pause", {"pause": _nanoseconds}, name="TIME", example="10ms"),
        Limit("--max-pause-p99", {"pause_p99": _nanoseconds}, name="TIME", example="2ms"),
        Limit("--min-bytes", {"live": _size, "rate": _rate}, name="SIZE|SIZE/TIME", example="1MiB or 100KiB/s"),
    )
}  # fmt: skip
DEFAULTS: Final = (
    ("--max-growth", "50MiB"),
    ("--max-slope", "10MiB/h"),
    ("--min-headroom", "2h"),
    ("--max-goroutines", "+1000"),
    ("--max-pause", "10ms"),
)


def defaults() -> list[Threshold]:
    """What is checked when nothing is asked for."""
    return [LIMITS[option].convert(value, None, None) for option, value in DEFAULTS]


def each_once(given: Iterable[Threshold]) -> dict[str, Threshold]:
    """Thresholds by what they are of; raises UsageError for two of one thing."""
    found: dict[str, Threshold] = {}
    for one in given:
        if one.checked in found:
            raise UsageError(f"{found[one.checked].option} and {one.option} are of the same; give one of them")
        found[one.checked] = one
    return found
