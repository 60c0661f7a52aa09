"""The grammar of the runtime's lines: what each begins with, and what its fields come to.

Sizes become bytes and times nanoseconds. The runtime writes each number in one go, so that no number is ever half there
in a line that goes on behind it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MOST: Final = (1 << 63) - 1
# A goal so large is none: GOGC=off prints what is left of the largest number there is.
_NO_GOAL: Final = 1 << 62
# A float has room for so many digits and the point.
_EXACT_CHARS: Final = 12
# Times have three digits and sizes are whole MiB: most of a log were met before, and need not be worked out again.
_REMEMBERED: Final = 1 << 14
_N: Final = rb"(\d{1,40})"
_SIGNED: Final = rb"(-?\d{1,40})"
_MS: Final = rb"(\d{1,40}(?:\.\d{1,9})?)"
# runtime/print.go, printfloat: `+2.281783e+000` until Go 1.25, the shortest form since.
_FLOAT: Final = rb"([+-]?(?:\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,5})?|Inf)|NaN)"
_LIST: Final = rb"(\d{1,40}(?: \d{1,40})*)"
_CLASS: Final = rb"(\d{1,40})\+(\d{1,40})\+(\d{1,40})=(\d{1,40}) objs, (\d{1,40})\+(\d{1,40})=(\d{1,40}) spans"

# What stands at the beginning of these lines and, by itself, hardly anywhere else.
OPENING: Final = re.compile(
    rb"gc \d{1,40} @\d|GC forced|scan: (?:total|class (?:L|\d{1,40}B)) \d{1,40}(?:\+| objs)"
    rb"|pacer: (?:assist ratio=|-?\d{1,40}% CPU \(|sweep done at )|scav \d{1,40} KiB work|SCHED \d{1,40}ms: gomaxprocs="
    rb"|init [^\s\"\\]{1,255} @\d[\d.]{0,40} ms, \d[\d.]{0,40} ms clock, "
)
# For a quick search: at least one of these stands in each opening. Of the last byte counts what its mask leaves of it.
HINTS: Final = ((b"gc 0", 0xF0), *((word, 0xFF) for word in (b"GC f", b"can:", b"acer", b"scav", b"CHED", b"cloc")))

Values = tuple[object, ...]


class OutOfRange(Exception):
    """A number that 64 bits do not hold."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a line says.

    kind    cycle, scan, start, end, scavenge, sched, init; `forced` for `GC forced`; `` for what is read and not kept
    values  its fields, as its table has them
    rest    what follows it on its line
    begin_ns, end_ns  the time since the start of the process that it speaks of, -1 for none
    cycle   the number of a cycle
    """

    kind: str
    values: Values
    rest: bytes
    begin_ns: int = -1
    end_ns: int = -1
    cycle: int = 0


def parse(text: bytes) -> Told | None:
    """The line that the text begins with; None when it only begins as one.

    Raises OutOfRange for a number that 64 bits do not hold.
    """
    for pattern, made in _GRAMMAR[text[:4]]:
        if found := pattern.match(text):
            return made(found, text[found.end() :])
    return None


def _number(digits: bytes | None, unit: int = 1) -> int:
    number = int(digits or b"0") * unit
    if not -_MOST <= number <= _MOST:
        raise OutOfRange
    return number


@lru_cache(maxsize=_REMEMBERED)
def _ns(decimal: bytes, unit: int = 1_000_000) -> int:
    """A decimal number of milliseconds, or of a `unit` of nanoseconds, cut off below one."""
    if len(decimal) <= _EXACT_CHARS:
        return round(float(decimal) * unit)
    whole, _, fraction = decimal.partition(b".")
    return _number(whole, unit) + int(fraction.ljust(9, b"0") or b"0") * unit // 1_000_000_000


@lru_cache(maxsize=_REMEMBERED)
def _mib(digits: bytes) -> int:
    return _number(digits, 1 << 20)


@lru_cache(maxsize=_REMEMBERED)
def _goal(digits: bytes) -> int | None:
    goal = int(digits) << 20
    if goal >= 1 << 64:
        raise OutOfRange
    return goal if goal < _NO_GOAL else None


def _float(spelled: bytes) -> float | None:
    number = float(spelled)
    return number if math.isfinite(number) else None


_CYCLE: Final = re.compile(
    rb"gc %b @%bs %b%%( \(checking for goroutine leaks\))?: %b\+%b\+%b ms clock, %b\+%b/%b/%b\+%b ms cpu, "
    rb"%b->%b->%b MB, %b MB goal, (?:%b MB stacks, %b MB globals, )?%b P( \(forced\))?"
    % (_N, _MS, _N, *[_MS] * 8, *[_N] * 7)
)


def _cycle(found: re.Match[bytes], rest: bytes) -> Told:
    number, at, percent, leaks, *times = found.groups()[:12]
    start, end, live, goal, stacks, global_variables, procs, forced = found.groups()[12:]
    begin_ns = _ns(at, 1_000_000_000)
    spans = [_ns(one) for one in times]
    # Something of the program's may have come before the last word.
    is_forced = forced is not None or rest.endswith(b" (forced)")
    values = (
        *(_number(number), begin_ns, _number(percent), *spans, _mib(start), _mib(end), _mib(live), _goal(goal)),
        *(None if stacks is None else _mib(stacks), None if global_variables is None else _mib(global_variables)),
        *(_number(procs), is_forced, leaks is not None),
    )
    end_ns = begin_ns + sum(spans[:3])
    if end_ns > _MOST:
        raise OutOfRange
    return Told("cycle", values, rest, begin_ns, end_ns, _number(number))


_SCAN: Final = re.compile(rb"scan: (?:total|class (?:L|(\d{1,40})B)) (?:%b|%b objs)" % (_CLASS, _N))


def _scan(found: re.Match[bytes], rest: bytes) -> Told | None:
    size, *counts, alone = found.groups()
    is_total = found[0].startswith(b"scan: total")
    size_bytes = None if is_total else _number(size)
    if alone is not None:
        return Told("scan", (size_bytes, None, None, None, _number(alone), None, None), rest)
    sparse, span_sparse, span_dense, objects, sparse_spans, dense_spans, spans = map(_number, counts)
    if sparse + span_sparse + span_dense != objects or sparse_spans + dense_spans != spans:
        return None
    return Told("scan", (size_bytes, sparse, span_sparse, span_dense, objects, sparse_spans, dense_spans), rest)


_START: Final = re.compile(
    rb"pacer: assist ratio=%b \(scan %b MB in %b->%b MB\) workers=%b\+%b" % (_FLOAT, _SIGNED, _N, _N, _N, _FLOAT)
)


def _start(found: re.Match[bytes], rest: bytes) -> Told:
    ratio, scan, heap, target, workers, fraction = found.groups()
    values = (_float(ratio), _mib(scan), _mib(heap), _goal(target), _number(workers), _float(fraction))
    return Told("start", values, rest)


_END: Final = re.compile(
    rb"pacer: %b%% CPU \(%b exp\.\) for %b\+%b\+%b B work \(%b B exp\.\) in %b B -> %b B \(\xe2\x88\x86goal %b, cons/mark %b\)"
    % (_SIGNED, *[_N] * 7, _SIGNED, _FLOAT)
)


def _end(found: re.Match[bytes], rest: bytes) -> Told:
    *numbers, ratio = found.groups()
    return Told("end", (*map(_number, numbers), _float(ratio)), rest)


_SWEPT: Final = re.compile(
    rb"pacer: sweep done at heap size %bMB; allocated %bMB during sweep; swept %b pages at %b pages/byte"
    % (_N, _SIGNED, _N, _FLOAT)
)


def _nothing(found: re.Match[bytes], rest: bytes) -> Told:
    return Told("", (), rest)


_SCAVENGE: Final = re.compile(
    rb"scav %b KiB work \(bg\), %b KiB work \(eager\), %b KiB now, %b%% util( \(forced\)| \[controller reset\])?"
    % (_N, _N, _N, _N)
)


def _scavenge(found: re.Match[bytes], rest: bytes) -> Told:
    background, eager, released, percent, word = found.groups()
    sizes = (_number(digits, 1 << 10) for digits in (background, eager, released))
    is_forced = word == b" (forced)" or rest.endswith(b" (forced)")
    return Told("scavenge", (*sizes, _number(percent), is_forced), rest)


# A number at the end of a line may have had more digits, so something must follow the last one.
_SCHED: Final = re.compile(
    rb"SCHED %bms: gomaxprocs=%b idleprocs=%b threads=%b spinningthreads=%b(?: needspinning=%b)? idlethreads=%b "
    rb"runqueue=%b(?=[^\d])(?: \[ ?%b ?\])?(?: schedticks=\[ ?%b ?\])?"
    % (_N, _N, _SIGNED, _SIGNED, _SIGNED, _N, _SIGNED, _SIGNED, _LIST, _LIST)
)


def _sched(found: re.Match[bytes], rest: bytes) -> Told:
    *numbers, queues, ticks = found.groups()
    time_ns = _number(numbers[0], 1_000_000)
    fields = [None if digits is None else _number(digits) for digits in numbers[1:]]
    lists = [None if words is None else [_number(word) for word in words.split()] for words in (queues, ticks)]
    return Told("sched", (time_ns, *fields, *lists), rest, time_ns, time_ns)


_INIT: Final = re.compile(rb"init ([^\s\"\\]{1,255}) @%b ms, %b ms clock, %b bytes, %b allocs" % (_MS, _MS, _N, _N))


def _init(found: re.Match[bytes], rest: bytes) -> Told:
    package, at, took, size, count = found.groups()
    begin_ns, duration_ns = _ns(at), _ns(took)
    values = (package.decode("utf-8", "replace"), begin_ns, duration_ns, _number(size), _number(count))
    if begin_ns + duration_ns > _MOST:
        raise OutOfRange
    return Told("init", values, rest, begin_ns, begin_ns + duration_ns)


def _forced(found: re.Match[bytes], rest: bytes) -> Told:
    return Told("forced", (), rest)


_Made = Callable[[re.Match[bytes], bytes], Told | None]
_GRAMMAR: Final[Mapping[bytes, tuple[tuple[re.Pattern[bytes], _Made], ...]]] = {
    b"GC f": ((re.compile(rb"GC forced"), _forced),),
    b"scan": ((_SCAN, _scan),),
    b"pace": ((_START, _start), (_END, _end), (_SWEPT, _nothing)),
    b"scav": ((_SCAVENGE, _scavenge),),
    b"SCHE": ((_SCHED, _sched),),
    b"init": ((_INIT, _init),),
} | {b"gc %d" % digit: ((_CYCLE, _cycle),) for digit in range(10)}
