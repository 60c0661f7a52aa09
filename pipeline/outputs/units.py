"""Measurements as text: pprof's spelling for what must equal `go tool pprof`, IEC units for people.

The first half follows google/pprof `internal/measurement/measurement.go` (as vendored in Go 1.27), quirk by
quirk: 1 MB is 2^20 bytes, a unit is looked up in lower case without its plural s, `μs` is never found
because its s is taken for a plural, and the smallest int64 is not scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_SMALLEST_INT64: Final = -(2**63)
_AUTOMATIC: Final = ("minimum", "auto")
_SILENT: Final = ("count", "sample", "unit", *_AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as pprof prints it, the spellings it is known by, and its size in the family's base unit."""

    name: str
    spellings: tuple[str, ...]
    factor: float


@dataclass(frozen=True, slots=True)
class UnitFamily:
    """Units of one kind of thing, small to large, and the one for what has no better one."""

    units: tuple[Unit, ...]
    default: Unit

    def find(self, spelling: str) -> Unit | None:
        """The unit meant by a spelling; UnitType.sniffUnit."""
        wanted = spelling.lower()
        # Go counts bytes here, so "μs" is three long and loses its s.
        if len(wanted.encode()) > 2:
            wanted = wanted.removesuffix("s")
        return next((unit for unit in self.units if wanted in unit.spellings), None)

    def largest_below(self, value: float) -> Unit:
        """The largest unit of which there is at least one; UnitType.autoScale."""
        fitting = [unit for unit in self.units if value / unit.factor >= 1.0]
        return max(fitting, key=lambda unit: unit.factor, default=self.default)


_BYTE: Final = Unit("B", ("b", "byte"), 1.0)
FAMILIES: Final = (
    UnitFamily(
        units=(
            _BYTE,
            Unit("kB", ("kb", "kbyte", "kilobyte"), 2.0**10),
            Unit("MB", ("mb", "mbyte", "megabyte"), 2.0**20),
            Unit("GB", ("gb", "gbyte", "gigabyte"), 2.0**30),
            Unit("TB", ("tb", "tbyte", "terabyte"), 2.0**40),
            Unit("PB", ("pb", "pbyte", "petabyte"), 2.0**50),
        ),
        default=_BYTE,
    ),
    UnitFamily(
        units=(
            Unit("ns", ("ns", "nanosecond"), 1.0),
            Unit("us", ("μs", "us", "microsecond"), 1e3),
            Unit("ms", ("ms", "millisecond"), 1e6),
            Unit("s", ("s", "sec", "second"), 1e9),
            Unit("hrs", ("hour", "hr"), 3600e9),
        ),
        default=Unit("s", (), 1e9),
    ),
    UnitFamily(
        units=(
            Unit("n*GCU", ("nanogcu",), 1e-9),
            Unit("u*GCU", ("microgcu",), 1e-6),
            Unit("m*GCU", ("milligcu",), 1e-3),
            Unit("GCU", ("gcu",), 1.0),
            Unit("k*GCU", ("kilogcu",), 1e3),
            Unit("M*GCU", ("megagcu",), 1e6),
            Unit("G*GCU", ("gigagcu",), 1e9),
            Unit("T*GCU", ("teragcu",), 1e12),
            Unit("P*GCU", ("petagcu",), 1e15),
        ),
        default=Unit("GCU", (), 1.0),
    ),
)


def is_known(spelling: str) -> bool:
    """Whether this can be asked for: a unit in any spelling pprof knows, or a word for choosing one."""
    return spelling in _SILENT or any(family.find(spelling) for family in FAMILIES)


def is_compatible(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether values of two types, each a name and a unit, can be added up; measurement.compatibleValueTypes."""
    if one[0].removesuffix("s") != other[0].removesuffix("s"):
        return False
    return one[1] == other[1] or any(family.find(one[1]) and family.find(other[1]) for family in FAMILIES)


def names() -> list[str]:
    """What can be asked for, each in one spelling."""
    return [
        *_AUTOMATIC,
        *(unit.name if family.find(unit.name) else unit.spellings[0] for family in FAMILIES for unit in family.units),
    ]


def scale(value: int, *, unit: str, to: str) -> tuple[float, str]:
    """A value in another unit, with that unit's name, empty where it goes without saying; measurement.Scale.

    to  a unit, or `minimum` or `auto` for the largest one that leaves at least 1
    """
    if value < 0 and value != _SMALLEST_INT64:
        scaled, name = scale(-value, unit=unit, to=to)
        return -scaled, name
    for family in FAMILIES:
        if source := family.find(unit):
            in_base_unit = float(value) * source.factor
            target = family.largest_below(in_base_unit) if to in _AUTOMATIC else family.find(to) or family.default
            return in_base_unit / target.factor, target.name
    return float(value), "" if to in _SILENT else to


def scaled_label(value: int, *, unit: str, to: str) -> str:
    """A value with its unit, as pprof prints it: `1.50MB`, `512`, `10ms`; measurement.ScaledLabel."""
    scaled, name = scale(value, unit=unit, to=to)
    digits = f"{scaled:.2f}".removesuffix(".00")
    return "0" if digits in ("0", "-0") else digits + name


def label(value: int, *, unit: str) -> str:
    """A value in the unit that suits it; measurement.Label."""
    return scaled_label(value, unit=unit, to="auto")


def percentage(value: int, total: int) -> str:
    """The absolute share of a total, six wide, at least two digits; measurement.Percentage."""
    ratio = abs(float(value) / float(total)) * 100 if total else 0.0
    if 99.95 <= ratio <= 100.05:
        return "  100%"
    return f"{ratio:5.2f}%" if ratio >= 1.0 else f"{ratio:5.2g}%"


# What people read in reports: IEC names, a space before the unit, one decimal. assets/units.js is its twin.

_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"
_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_SECONDS: Final = ((3600e9, "h"), (60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_IN_NANOSECONDS: Final = {"nanoseconds": 1.0, "microseconds": 1e3, "milliseconds": 1e6, "seconds": 1e9}


def readable(value: float, *, unit: str) -> str:
    """A value for people: `301.2 MiB`, `1.5 s`, `12,345`; a negative one has a true minus sign."""
    if value < 0:
        return _MINUS + readable(-value, unit=unit)
    if unit == "bytes":
        return _readable_bytes(value)
    if unit in _IN_NANOSECONDS:
        return _readable_time(value * _IN_NANOSECONDS[unit])
    return f"{value:,.0f}" + ("" if unit in _SILENT or not unit else _SPACE + unit)


def signed(value: float, *, unit: str) -> str:
    """The same with a sign in front of gains too: `+301.2 MiB`."""
    return ("+" if value > 0 else "") + readable(value, unit=unit)


def byte_rate(bytes_per_second: float) -> str:
    """A speed of growth, by the minute as people think of leaks: `+2.5 MiB/min`."""
    return signed(bytes_per_second * 60, unit="bytes") + "/min"


def share(ratio: float) -> str:
    """A ratio as per cent with one decimal: `73.2 %`."""
    return f"{ratio * 100:.1f}{_SPACE}%".replace("-", _MINUS)


def _readable_bytes(value: float) -> str:
    power = 0
    # 1023.95 KiB would round to 1024.0 KiB: step up before that happens.
    while power < len(_BINARY) - 1 and value >= 1023.95 * 1024**power:
        power += 1
    number = f"{value:.0f}" if power == 0 else f"{value / 1024**power:.1f}"
    return number + _SPACE + _BINARY[power]


def _readable_time(nanoseconds: float) -> str:
    factor, name = next((step for step in _SECONDS if nanoseconds >= step[0]), _SECONDS[-1])
    number = f"{nanoseconds:.0f}" if factor == 1.0 else f"{nanoseconds / factor:.2f}"
    return number + _SPACE + name
