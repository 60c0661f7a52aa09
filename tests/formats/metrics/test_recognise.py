"""What are metrics of a Go process, and what only looks like them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.formats import FORMATS, recognise
from pipeline.formats.metrics.recognise import is_exposition, looks_like_metrics
from tests.builders.memstats import EXPOSITION, lines, memstats, metrics
from tests.formats.rows import blob

FILES = Path(__file__).parents[2] / "fixtures" / "files"
KNOWN = {
    "lines": lines(metrics(), metrics()).decode(),
    "a map": json.dumps(metrics()["metrics"]),
    "an array": json.dumps([metrics()["metrics"]] * 2, indent=1),
    "a log": "started\n" + lines({"msg": "m", "runtime": metrics()["metrics"]}).decode(),
    "text": EXPOSITION,
    "text without comments": "go_goroutines 5\n",
    "text of Windows": EXPOSITION.replace("\n", "\r\n"),
    "text of many": 'up{job="a"} 1\ngo_goroutines{instance="a:80",job="a"} 5 1767225600000\n',
    "OpenMetrics": "# TYPE go_goroutines gauge\ngo_goroutines 5.0 1767225600.5\n# EOF\n",
}
OTHERS = {
    "nothing": "",
    "JSON": '{"/a/b:c": 1}',
    "a path of an API": '{"paths": {"/gc/run:now": "x"}}',
    "a text of others": "# TYPE http_requests_total counter\nhttp_requests_total 5\n",
    "python's": "python_gc_objects_collected_total 5\nprocess_cpu_seconds_total 1\n",
    "a sentence": "the metric is\ngo_goroutines 5\n",
    "names alone": "go_goroutines\ngo_info\n",
    "a program": 'package main\n\nvar x = `{"/gc/heap/live:bytes": 1}`\n',
    "a text profile": "goroutine profile: total 5\n5 @ 0x1\n",
    "a log of the GC": "gc 1 @0.1s 0%: 0+0+0 ms clock, 0+0/0/0+0 ms cpu, 1->1->0 MB, 4 MB goal, 2 P\n",
    "MemStats": json.dumps(memstats()),
}


@pytest.mark.parametrize("name", KNOWN)
def test_metrics_are_known_in_every_dress(name: str) -> None:
    assert looks_like_metrics(KNOWN[name].encode())
    assert looks_like_metrics(KNOWN[name].encode("utf-16"))
    assert recognise(blob(KNOWN[name].encode())).name == "metrics"
    assert is_exposition(KNOWN[name].encode()) is (name.startswith("text") or name == "OpenMetrics")


@pytest.mark.parametrize("name", OTHERS)
def test_what_are_no_metrics_is_not_taken(name: str) -> None:
    assert not looks_like_metrics(OTHERS[name].encode())


def test_files_of_metrics_are_taken_by_no_other_format() -> None:
    paths = [path for name in ("metrics.jsonl", "exposition.txt", "openmetrics.txt") for path in FILES.rglob(name)]

    assert len(paths) >= 4
    for path in paths:
        assert [known.name for known in FORMATS if known.recognise(path.read_bytes())] == ["metrics"]
