"""Documents that searches and collectors export: each entry is a line, with its own time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.formats import entries
from pipeline.formats.gctrace.recognise import looks_like_log
from pipeline.formats.gctrace.wire import OPENING
from tests.formats.gctrace.logs import gc, read

SECOND_NS = 1_796_000_000_000_000_000


def cloud_logging(said: list[str]) -> Any:
    labels = {"labels": {"pod_name": "a"}}
    return [
        {"textPayload": one, "timestamp": f"2026-11-30T10:00:0{i}Z", "resource": labels} for i, one in enumerate(said)
    ]


def cloud_watch(said: list[str]) -> Any:
    return {"events": [{"timestamp": 1_796_000_000_000 + i, "message": one} for i, one in enumerate(said)]}


def elasticsearch(said: list[str]) -> Any:
    found = [{"_source": {"message": one, "@timestamp": f"2026-11-30T10:00:0{i}Z"}} for i, one in enumerate(said)]
    return {"took": 3, "hits": {"total": {"value": len(said)}, "hits": found}}


def datadog(said: list[str]) -> Any:
    found = [
        {"attributes": {"message": one, "timestamp": f"2026-11-30T10:00:0{i}Z", "tags": ["a:b"]}}
        for i, one in enumerate(said)
    ]
    return {"data": found, "meta": {"page": {}}}


def open_telemetry(said: list[str]) -> Any:
    records = [
        {"timeUnixNano": str(SECOND_NS + i), "body": {"stringValue": one}, "attributes": [{"key": "a", "value": {}}]}
        for i, one in enumerate(said)
    ]
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"scope": {}, "logRecords": records}]}]}


def loki(said: list[str]) -> Any:
    values = [[str(SECOND_NS + i * 1_000_000_000), one] for i, one in enumerate(said)]
    return {"data": {"resultType": "streams", "result": [{"stream": {"pod": "a"}, "values": values}], "stats": {}}}


SHAPES = [loki, cloud_logging, cloud_watch, elasticsearch, datadog, open_telemetry]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_entries_of_a_document_are_lines_with_their_times(
    shape: Callable[[list[str]], Any], indent: int | None
) -> None:
    content = json.dumps(shape(["serving", gc(1), "GET /", gc(2), gc(3)]), indent=indent).encode()

    found = read(content)

    assert looks_like_log(content)
    assert found.cycles == [(0, 1), (0, 2), (0, 3)]
    assert None not in [at for (at,) in found.rows("gctrace_cycle", "logged_at")]
    assert [line for (line,) in found.rows("gctrace_cycle", "line")] == [3, 5, 6]
    assert found.notes == []


def test_a_document_may_be_utf_16_on_one_line() -> None:
    content = json.dumps(cloud_watch([gc(1), gc(2)])).encode("utf-16")

    assert read(content).cycles == [(0, 1), (0, 2)]


def test_a_document_a_line_is_read_as_well() -> None:
    content = b"".join(json.dumps(open_telemetry([gc(one), gc(one + 1)])).encode() + b"\n" for one in (1, 3, 5))

    assert [cycle for _, cycle in read(content).cycles] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_newest_entry_may_come_first(shape: Callable[[list[str]], Any]) -> None:
    whole = shape([gc(one) for one in range(1, 9)])
    within = whole
    while not (isinstance(within, list) and len(within) == 8):
        within = (
            within[0] if isinstance(within, list) else within[max(within, key=lambda key: len(json.dumps(within[key])))]
        )
    within.reverse()

    found = read(json.dumps(whole).encode())

    assert [cycle for _, cycle in found.cycles] == [*range(1, 9)]
    assert found.kinds == {"log_newest_first": 1}


def test_a_large_document_is_read_in_pieces() -> None:
    said = [text for one in range(1, 2_001) for text in ("GET /" + "x" * 1_000, gc(one))]

    found = read(json.dumps(cloud_watch(said)).encode())

    assert [cycle for _, cycle in found.cycles] == [*range(1, 2_001)]


def test_where_entries_are_is_looked_for_near_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_HEAD_BYTES", 100)
    pieces = [json.dumps([{"m": "x" * 80}] * 2).encode(), json.dumps([{"m": gc(1)}]).encode()]

    assert [*entries.as_lines(pieces, wanted=OPENING)] == pieces


def test_a_document_that_is_cut_off_gives_what_it_has() -> None:
    content = json.dumps(elasticsearch([gc(1), gc(2), gc(3)])).encode()

    assert read(content[:-60]).cycles == [(0, 1), (0, 2)]


def test_loki_tells_the_streams_of_processes_apart_and_gives_one_after_the_other() -> None:
    streams = [
        {
            "stream": {"pod": pod, "note": 'a "b" {c}'},
            "values": loki([gc(one) for one in (1, 2, 3)])["data"]["result"][0]["values"][::-1],
        }
        for pod in "ab"
    ]

    found = read(json.dumps({"data": {"result": streams}}, indent=1).encode())

    assert sorted(found.cycles) == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    assert sorted(found.prefixes) == ["pod=a", "pod=b"]
    assert found.kinds == {"log_newest_first": 1}


def test_a_line_of_loki_that_is_cut_by_a_piece_is_whole() -> None:
    content = json.dumps(loki(["GET", gc(1)])).encode()

    for place in range(content.index(b'"values"') + 40, len(content)):
        lines = b"".join(entries.as_lines([content[:place], content[place:]], wanted=re.compile(b"GET"))).splitlines()
        assert [json.loads(line)["line"] for line in lines[1:]] == ["GET", gc(1)]


def test_what_only_begins_like_labels_is_not_read_again_from_each_beginning() -> None:
    # A string from one beginning on, and labels from the next: two megabytes of it once took hours.
    content = json.dumps(loki([gc(1)])).encode() + b'"stream":{"\\"' * 160_000

    lines = b"".join(entries.as_lines([content], wanted=OPENING)).splitlines()

    assert [json.loads(line)["line"] for line in lines[1:]] == [gc(1)]
