"""What loggers put before lines: when it was, and who it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.formats.gctrace.front import NO_STAMP, Front, Stamp, front_of, head_of, time_of

TEN = datetime(2026, 11, 28, 10, tzinfo=UTC)
MS = 123_000


def at(microseconds: int = 0, unit_us: int = 1_000_000, *, oddity: str = "") -> Stamp:
    return Stamp(int(TEN.timestamp()) * 1_000_000 + microseconds, unit_us, oddity)


NO_ZONE = "stamp_without_zone"
INCOMPLETE = Stamp(oddity="stamp_incomplete")

LOGGERS = {
    "nothing": ("", NO_STAMP, ""),
    "docker compose": ("web-1  | ", NO_STAMP, "web-1 |"),
    "docker compose -t": ("web-1  | 2026-11-28T10:00:00.123456789Z ", at(123_456, 1), "web-1 |"),
    "stern": ("api-7f9 app ", NO_STAMP, "api-7f9 app"),
    "kubectl --prefix": ("[pod/api-7f9/app] ", NO_STAMP, "[pod/api-7f9/app]"),
    "the kubelet": ("2026-11-28T10:00:00.123456789Z stderr F ", at(123_456, 1), ""),
    "journald": ("Nov 28 10:00:00 web01 api[812]: ", INCOMPLETE, "web01 api[812]:"),
    "journald -o short-iso": ("2026-11-28T11:00:00+0100 web01 api[812]: ", at(), "web01 api[812]:"),
    "journald -o short-iso-precise": ("2026-11-28T08:30:00.123-01:30 web01 api[8]: ", at(MS, 1000), "web01 api[8]:"),
    "journald -o short-full": ("Sat 2026-11-28 10:00:00 UTC web01 api[812]: ", at(), "web01 api[812]:"),
    "journald in a zone that has no number": ("Sat 2026-11-28 11:00:00 CET web01 a[8]: ", INCOMPLETE, "web01 a[8]:"),
    "journald -o short-unix": ("1795860000.123456 web01 api[812]: ", at(123_456, 1), "web01 api[812]:"),
    "journald -o short-monotonic": ("[  512.123456] web01 api[812]: ", INCOMPLETE, "web01 api[812]:"),
    "journald -o short-delta": ("[  512.123456 <    0.001234 >] web01 a[8]: ", INCOMPLETE, "web01 a[8]:"),
    "a client of AWS's": ("EVENTS\t1795860000123\t", at(MS, 1000), "EVENTS"),
    "a client of AWS's that filters": (
        f"EVENTS\t{'38642151' * 7}\t1795860000123\tapi/1\t",
        at(MS, 1000),
        "EVENTS api/1",
    ),
    "multilog": ("@40000000661f1a0e12345678 ", INCOMPLETE, ""),
    "zerolog on a terminal": ("9:05PM INF ", INCOMPLETE, "INF"),
    "logrus on a terminal": ("INFO[0042] ", INCOMPLETE, "INFO"),
    "a process like a level": ("INFO[0042]: ", NO_STAMP, "INFO[0042]:"),
    "grep in logs of the kubelet": ("api-7.log:2026-11-28T10:00:00.123Z stderr F ", at(MS, 1000), "api-7.log:"),
    "an address": ("fe80::10:00:00 ", NO_STAMP, "fe80::10:00:00"),
    "a number of its own": ("app 1795860000123 ", NO_STAMP, "app 1795860000123"),
    "syslog": ("<29>1 2026-11-28T10:00:00.123Z web01 api 812 - - ", at(MS, 1000), "<29>1 web01 api 812 - -"),
    "klog": ("I1128 10:00:00.123456       1 gc.go:12] ", INCOMPLETE, "1 gc.go:12]"),
    "Go's log": ("2026/11/28 10:00:00 ", at(oddity=NO_ZONE), ""),
    "Go's log in microseconds": ("2026/11/28 10:00:00.123456 ", at(123_456, 1, oddity=NO_ZONE), ""),
    "a time of day": ("10:00:00.123 INFO ", INCOMPLETE, "INFO"),
    "brackets": ("[2026-11-28 10:00:00,123] INFO ", at(MS, 1000, oddity=NO_ZONE), "INFO"),
    "logfmt": ('time="2026-11-28T10:00:00Z" level=info msg="', at(), 'time= level=info msg="'),
    "a service and its runner": ("Nov 28 10:00:00 h d[9]: 2026-11-28T10:00:00Z ", at(), "h d[9]:"),
}


@pytest.mark.parametrize("logger", LOGGERS)
def test_a_loggers_words_are_a_stamp_and_a_name(logger: str) -> None:
    before, stamp, label = LOGGERS[logger]

    assert front_of(before.encode()) == Front(stamp, label, is_glued=False)


@pytest.mark.parametrize(
    "before", ["served 10 requests, next: x", "done", "10% ", "a b c d e f ", "x" * 600 + " | ", "see (1) "]
)
def test_what_no_logger_writes_is_other_output(before: str) -> None:
    assert front_of(before.encode()).is_glued


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-28T10:00:00Z",
        "2026-11-28T25:00:00Z",
        "1969-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z",
        "0000-01-01 00:00:00",
    ],
)
def test_a_time_that_never_was_is_no_time(text: str) -> None:
    assert time_of(text) == INCOMPLETE


def test_what_is_no_stamp_says_nothing() -> None:
    assert time_of("version 1.2.3 of 12345") == NO_STAMP


@pytest.mark.parametrize(
    ("label", "head"),
    [
        ("web-1 | served", "web-1 |"),
        ("web01 api[812]: served", "web01 api[812]:"),
        ("[pod/x] a", "[pod/x]"),
        ("served", ""),
    ],
)
def test_the_name_before_other_output_is_found(label: str, head: str) -> None:
    assert head_of(label) == head


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert front_of(b"\xff\xfe\0 | ").label == "\ufffd\ufffd\ufffd |"
