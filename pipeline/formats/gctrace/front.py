"""What stands before a line of the runtime's: a time stamp, and words that tell processes apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_MOST_CHARS: Final = 512
_MOST_LABEL: Final = 256
# Of all that stands around a line: what tells processes apart stands last.
MOST_LABEL: Final = 1024
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2261
_SECOND: Final = 1_000_000
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CLOCK: Final = r"(?P<hour{0}>\d\d):(?P<minute{0}>\d\d):(?P<second{0}>\d\d)(?:[.,](?P<fraction{0}>\d{{1,9}}))?"
# ISO 8601 and RFC 3339, Go's log, journald's short-full; syslog and journald's short; klog; a time of day alone, zerolog's too;
# journald's short-unix; its short-monotonic and short-delta; milliseconds between tabs, as AWS's client has them; TAI64N.
# The number of an event of CloudWatch's. Last logrus's seconds since the start. Behind a colon, as grep puts it behind a file, stands nothing but a date.
_STAMP: Final = re.compile(
    r"(?:(?<![\w.:])|(?<=[^\d:]:)(?=\d{4}[-/]\d\d[-/]\d\d[T ]))(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:"
    r"(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ]" + _CLOCK.format("1") + r" ?"
    r"(?P<zone>Z\b|[+-]\d\d:?\d\d\b|UTC\b|GMT\b|[A-Z]{2,4}T\b)?"
    rf"|(?:{'|'.join(_MONTHS)}) [ \d]\d " + _CLOCK.format("2") + r"|[IWEF]\d{4} " + _CLOCK.format("3") + r"|" + _CLOCK.format("4")
    + r"|\d\d?:\d\d[AP]M|(?P<epoch>\d{10})\.(?P<parts>\d{1,9})(?= )|\[ *\d{1,10}\.\d{3,9}(?: < *\d{1,10}\.\d{3,9}[ *]?>)?\]"
    r"|(?<=\t)(?P<epoch_ms>\d{10})(?P<parts_ms>\d{3})(?=\t)|@[0-9a-f]{24}(?=[ \t])|(?<=EVENTS\t)\d{50,60}(?=\t))(?![\w:])"
    r"|(?<=TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d{4,9}\](?= )"
)  # fmt: skip
_EMPTIED: Final = re.compile(r"\[\s*\]|\(\s*\)|\"\s*\"")
# The kubelet's: stream, and whether the line is all of what was written.
_CRI: Final = re.compile(r"(?:^|(?<=: ))(?:stdout|stderr) [FP]\b")
_WORD: Final = r"[A-Za-z0-9][\w./:@-]*"
# What ends as something that is put before lines does, or names of a pod and a container, of a host and a unit.
_LABEL: Final = re.compile(rf"(?:.*[|:\]>=\"'{{}}›]|{_WORD}(?: {_WORD}){{0,2}}|<\d+>.*)?", re.DOTALL)
_HEADS: Final = re.compile(rf"{_WORD} *\||{_WORD} {_WORD}\[\d+\]:|\[[^\]]{{1,200}}\]")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a line was written.

    at_us    microseconds since 1970, UTC; None when the stamp does not say all of date, time and a zone that is known
    unit_us  how much later it may have been, for what the stamp cuts off
    oddity   a kind of note
    """

    at_us: int | None = None
    unit_us: int = 0
    oddity: str = ""


NO_STAMP: Final = Stamp()
_INCOMPLETE: Final = Stamp(oddity="stamp_incomplete")


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before a line.

    label     what is left of it without its stamp
    is_glued  whether it ends as other output does, and not as what is put before lines
    """

    stamp: Stamp
    label: str
    is_glued: bool


_NOTHING: Final = Front(NO_STAMP, "", is_glued=False)


def front_of(before: bytes) -> Front:
    """Take apart what stands before a line."""
    if not before:
        return _NOTHING
    text = before.decode("utf-8", "replace").replace("\0", "\ufffd")
    if not text.strip():
        return _NOTHING
    beginning = text[:_MOST_CHARS]
    stamps = [stamp_of(found) for found in stamps_in(text)]
    stamp = next((one for one in stamps if one.at_us is not None), stamps[0] if stamps else NO_STAMP)
    label = _EMPTIED.sub("", _STAMP.sub("", beginning)).strip()
    label = " ".join(_CRI.sub("", label).split())
    is_glued = len(text) > _MOST_CHARS or len(label) > _MOST_LABEL or text[-1] not in " \t|:]>\"'=›"
    return Front(stamp, label, is_glued=is_glued or _LABEL.fullmatch(label) is None)


def stamps_in(text: str) -> Iterator[re.Match[str]]:
    """The stamps that stand before a line, as far as one looks for them."""
    return _STAMP.finditer(text[:_MOST_CHARS])


def head_of(label: str) -> str:
    """The beginning of a label that is what is put before lines, whatever follows; empty when none is."""
    found = _HEADS.match(label)
    return found[0] if found else ""


def time_of(text: str) -> Stamp:
    """A time stamp that stands by itself."""
    found = next(stamps_in(text), None)
    return stamp_of(found) if found else NO_STAMP


def stamp_of(found: re.Match[str]) -> Stamp:
    """What a stamp says."""
    groups = found.groupdict()
    if epoch := epoch_in(found):
        return _at(int(groups[epoch[0]]), groups[epoch[1]])
    if not groups["year"]:
        return _INCOMPLETE
    zone = groups["zone"]
    offset = offset_s(zone)
    if offset is None or not FIRST_YEAR <= int(groups["year"]) <= LAST_YEAR:
        return _INCOMPLETE
    year, month, day, hour, minute, second = (int(groups[name]) for name in PARTS)
    try:
        seconds = int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) - offset
    except ValueError:
        return _INCOMPLETE
    return _at(seconds, groups["fraction1"] or "", oddity="" if zone else "stamp_without_zone")


def epoch_in(stamp: re.Match[str]) -> tuple[str, str] | None:
    """The groups of the seconds since 1970 and of what is less than one, of a stamp that has them."""
    return next((groups for groups in (("epoch", "parts"), ("epoch_ms", "parts_ms")) if stamp[groups[0]]), None)


PARTS: Final = ("year", "month", "day", "hour1", "minute1", "second1")
_OFFSETS: Final[Mapping[str, int]] = {"": 0, "Z": 0, "UTC": 0, "GMT": 0}


def offset_s(zone: str | None) -> int | None:
    """Seconds by which a zone is before UTC; None for letters that nobody can be sure of."""
    if zone is None or zone.isalpha():
        return _OFFSETS.get(zone or "")
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)


def _at(seconds: int, fraction: str, *, oddity: str = "") -> Stamp:
    microseconds = int(fraction[:6].ljust(6, "0"))
    return Stamp(seconds * _SECOND + microseconds, 10 ** max(0, 6 - len(fraction)) if fraction else _SECOND, oddity)
