"""Objects of JSON around lines."""

from __future__ import annotations

import json

import pytest

from pipeline.formats.gctrace.front import NO_STAMP, Stamp
from pipeline.formats.gctrace.wire import OPENING
from pipeline.formats.gctrace.wrapped import Unreadable, Wrapped, unwrap
from tests.formats.gctrace.logs import gc

TEN_US = 1_795_860_000_000_000


def wrapped(text: str) -> Wrapped | None:
    found = OPENING.search(text.encode())
    assert found is not None
    return unwrap(text.encode(), found.start(), OPENING)


@pytest.mark.parametrize("name", ["log", "msg", "message", "MESSAGE", "said"])
def test_the_field_with_the_line_is_found(name: str) -> None:
    found = wrapped(json.dumps({"stream": "stderr", "n": 1, name: gc(1) + "\nmore\n"}))

    assert found == Wrapped(b"", (gc(1).encode(), b"more", b""), NO_STAMP, "")


def test_a_line_that_two_fields_have_is_read_once() -> None:
    found = wrapped(json.dumps({"said": gc(1), "log": gc(1)}))

    assert found is not None
    assert found.texts == (gc(1).encode(),)


@pytest.mark.parametrize(
    ("said", "stamp"),
    [
        ("2026-11-28T11:00:00.5+01:00", Stamp(TEN_US + 500_000, 100_000)),
        (1_795_860_000, Stamp(TEN_US, 1_000_000)),
        (1_795_860_000.25, Stamp(TEN_US + 250_000, 1)),
        (1_795_860_000_250, Stamp(TEN_US + 250_000, 1)),
        ("1795860000250000", Stamp(TEN_US + 250_000, 1)),
        (1_795_860_000_250_000_000, Stamp(TEN_US + 250_000, 1)),
        ("soon", NO_STAMP),
        (True, NO_STAMP),
        (None, NO_STAMP),
        (5, NO_STAMP),
        (10**300, NO_STAMP),
        ([1], NO_STAMP),
    ],
)
@pytest.mark.parametrize("name", ["time", "ts", "@timestamp", "__REALTIME_TIMESTAMP"])
def test_the_time_is_words_or_a_number_of_any_usual_unit(name: str, said: object, stamp: Stamp) -> None:
    found = wrapped(json.dumps({name: said, "log": gc(1)}))

    assert found is not None
    assert found.stamp == stamp


def test_who_it_was_is_said_beside_it_or_one_deeper() -> None:
    found = wrapped("x | " + json.dumps({"log": gc(1), "pid": 7, "kubernetes": {"pod_name": "api\0-1", "labels": {}}}))

    assert found is not None
    assert (found.before, found.names) == (b"x | ", "pod_name=api\ufffd-1 pid=7")


@pytest.mark.parametrize("value", ['"\\ud800"', '"' + "x" * 99_999 + '"', "{}", "1e999", "9" * 5_000])
def test_a_name_that_is_no_name_does_no_harm(value: str) -> None:
    text = f'{{"host":{value},"ts":{value},"log":"{gc(1)}"}}'
    try:
        found = wrapped(text)
    except Unreadable:
        return

    assert found is not None
    assert found.names.encode().decode() == found.names


@pytest.mark.parametrize(
    "text", ['{"log":"' + gc(1), '{"log":' + "[" * 99_999 + f'"{gc(1)}"', f'{{"log":["{gc(1)}"]}}']
)
def test_an_object_that_breaks_off_or_has_no_text_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        wrapped(text)


def test_a_line_in_no_object_is_not_wrapped() -> None:
    assert wrapped(f"x {gc(1)}") is None
    assert wrapped(f'{{"a":1}} {gc(1)}') is None
