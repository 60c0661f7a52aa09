"""Objects opened many at once say what each says that is opened by itself."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pytest

from pipeline.formats.gctrace.fronts import ODDITIES
from pipeline.formats.gctrace.lines import lines_of
from pipeline.formats.gctrace.objects import opened_of
from pipeline.formats.gctrace.reading import read_line
from pipeline.kernels.text.spelled import NONE
from tests.formats.gctrace.logs import gc, large, lines

POD: Final = {"kubernetes": {"pod": {"name": "api-1", "uid": "u"}, "labels": {"app": "x"}, "container": {"id": 7}}}
# What stands beside a text, and whether it can be opened with others.
BESIDE: Final[tuple[tuple[dict[str, Any], bool], ...]] = (
    ({}, True),
    ({"time": "2026-11-28T10:00:00.5+01:00"}, True),
    ({"time": "2026-02-31T10:00:00Z"}, False),
    ({"time": "10:00:00"}, True),
    ({"time": "2026-11-28 10:00:00"}, True),
    ({"time": "soon"}, True),
    ({"ts": 1_795_860_000.1234567}, True),
    ({"ts": 1_795_860_000}, True),
    ({"ts": 1_795_860_000_250}, True),
    ({"ts": "1795860000250000"}, True),
    ({"ts": 1_795_860_000_250_000_000}, True),
    ({"ts": 5}, True),
    ({"ts": -1.5}, True),
    ({"ts": 1e300}, False),
    ({"ts": None}, True),
    ({"ts": [1]}, True),
    ({"ts": {}}, True),
    ({"ts": True, "time": "2026-11-28T10:00:00Z"}, True),
    ({"time": 7, "ts": 1_795_860_000}, True),
    (POD, True),
    ({"k8s.pod.name": "a", "pid": 7, "host": "é"}, True),
    ({"host": True, "pod": 1.5, "tag": ["x"]}, True),
    ({"a": {"host": "inner"}, "host": "outer"}, True),
    ({"caller": "clock.go", "level": "info", "n": [gc(2), {"msg": gc(3)}]}, True),
)


@pytest.mark.parametrize("before", ["", "web-1 | ", "2026-11-28T09:00:00Z stderr F "])
@pytest.mark.parametrize(("beside", "is_opened"), BESIDE)
def test_objects_say_what_each_says(beside: dict[str, Any], is_opened: bool, before: str) -> None:
    # Of times that are alike there have to be some.
    texts = [
        before + json.dumps({**beside, "log": f"{gc(n)}\n"} if n % 2 else {"log": gc(n), **beside})
        for n in range(1, 40)
    ]
    (some,) = lines_of(large(lines(*texts)))

    found = opened_of(some, np.ones(len(some), np.bool_))

    if not is_opened:
        assert found is None
        return
    assert found is not None
    assert found.rows.tolist() == list(range(39))
    for row, (line, inner) in enumerate(zip(some.each(), found.lines.each(), strict=True)):
        (one,) = read_line(line)
        assert inner.text.decode() == gc(row + 1)
        assert found.fronts.labels[found.fronts.label[row]] == one.label
        assert (None if found.fronts.at_us[row] == NONE else found.fronts.at_us[row]) == one.stamp.at_us
        assert (found.fronts.unit_us[row], ODDITIES[found.fronts.oddity[row]]) == (one.stamp.unit_us, one.stamp.oddity)


@pytest.mark.parametrize(
    "text",
    [
        gc(1),
        f"{{{gc(1)}",
        f'{gc(1)} {{"a": 1}}',
        json.dumps({"log": {"a": [gc(1)]}}),
        json.dumps({"t": gc(1)}),
        json.dumps({"unit": gc(1)}),
        json.dumps({"pod": {"name": gc(1)}}),
        json.dumps({"a": 1}) + json.dumps({"log": gc(1)}),
        json.dumps({"log": f"{gc(1)}\n{gc(2)}"}),
    ],
)
def test_lines_with_no_such_object_are_left_alone(text: str) -> None:
    (some,) = lines_of(large(lines(text)))

    assert opened_of(some, np.ones(1, np.bool_)) is None


def test_the_usual_field_is_the_text_wherever_it_stands() -> None:
    texts = [json.dumps({"said": gc(9), "a": {"log": gc(8)}, "message": gc(2), "log": "none"})] * 3
    (some,) = lines_of(large(lines(*texts)))

    found = opened_of(some, np.array([True, False, True]))

    assert found is not None
    assert [line.text.decode() for line in found.lines.each()] == [gc(2)] * 2
    assert found.rows.tolist() == [0, 2]
