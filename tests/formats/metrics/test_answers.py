"""What Prometheus answers over its HTTP API, and what promtool dumps: the rows of its text with the same samples."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.formats.metrics.decode import decode
from pipeline.formats.metrics.recognise import looks_like_metrics
from tests.formats.rows import Rows, blobs, large, rows_of

START = 1_767_225_600
SERIES = [
    *(
        {"__name__": name, "instance": at, "job": 'a"b\\c'}
        for name in ("go_goroutines", "go_memstats_heap_inuse_bytes")
        for at in "ab"
    ),
    {"__name__": "go_gc_pauses_seconds_bucket", "instance": "a", "job": 'a"b\\c', "le": "0.5"},
    {"__name__": "go_gc_pauses_seconds_bucket", "instance": "a", "job": 'a"b\\c', "le": "+Inf"},
]


def samples(moments: int) -> list[tuple[dict[str, str], list[tuple[float, str]]]]:
    return [
        (labels, [(START + 15 * i + 0.5, str(100 * place + i)) for i in range(moments)])
        for place, labels in enumerate(SERIES, start=1)
    ]


def text(moments: int) -> bytes:
    lines = []
    for labels, values in samples(moments):
        own = ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items() if name != "__name__")
        lines += [f"{labels['__name__']}{{{own}}} {value} {time}\n" for time, value in values]
    return "".join(lines).encode()


def dumped(moments: int) -> bytes:
    lines = []
    for labels, values in samples(moments):
        own = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items())
        lines += [f"{{{own}}} {value} {round(1e3 * time)}\n" for time, value in values]
    return "".join(lines).encode()


def answer(moments: int, *, indent: int | None = None, others: Any = ()) -> bytes:
    found: list[Any] = [
        {"metric": labels, "values": values} if moments > 1 else {"metric": labels, "value": values[0]}
        for labels, values in samples(moments)
    ]
    kind = "matrix" if moments > 1 else "vector"
    data = {"resultType": kind, "result": [*found, *others]}
    return json.dumps({"status": "success", "data": data, "warnings": ["of [1]"]}, indent=indent).encode()


def read(content: bytes, *, most: int = 0) -> Rows:
    return rows_of(decode([large(content, most_held_bytes=most)] if most else blobs([content])))


@pytest.mark.parametrize("moments", [1, 3])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("most", [0, 4_000])
def test_an_answer_has_the_rows_of_the_text(moments: int, indent: int | None, most: int) -> None:
    content = answer(moments, indent=indent)

    found, twin = read(content, most=most), read(text(moments))

    assert looks_like_metrics(content)
    assert found.tables == twin.tables
    assert found.notes == []
    assert len(twin.tables["process"]) == 2
    assert len(twin.tables["memstats"]) == 2 * moments


def test_a_dump_has_the_rows_of_the_text() -> None:
    assert looks_like_metrics(dumped(3))
    assert read(dumped(3)).tables == read(text(3)).tables


@pytest.mark.parametrize(
    "other",
    [
        {"metric": {"job": "a"}, "values": [[1, "2"]]},
        {"metric": "go_goroutines"},
        {"metric": {"__name__": "go_threads"}, "values": [[1]]},
        {"metric": {"__name__": "go_threads"}, "values": 5},
        {"metric": {"__name__": ["go_threads"]}, "value": [1, "2"]},
        {"metric": {"__name__": "go_threads"}, "value": [1, "two"]},
    ],
)
def test_what_is_no_series_leaves_the_others(other: object) -> None:
    found = read(answer(3, others=[other]))

    assert found.tables == read(text(3)).tables
    assert [(kind, count) for _, kind, count in found.notes] in ([("other_lines", 1)], [("malformed_line", 1)])


def test_an_answer_that_is_cut_off_has_what_was_whole() -> None:
    content = answer(3)

    found = read(content[: content.index(b'"le": "+Inf"')])

    assert len(found.tables["memstats"]) == 6
    assert found.notes == [(0, "other_lines", 1)]


def test_an_answer_of_others_is_none() -> None:
    assert not looks_like_metrics(answer(1).replace(b'"go_', b'"up_'))
