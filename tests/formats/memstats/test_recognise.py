"""What is MemStats, and what only looks like it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.formats import FORMATS, recognise
from pipeline.formats.memstats.recognise import is_gc_stats, looks_like_memstats
from tests.builders.memstats import lines, memstats, metrics
from tests.formats.escape.reading import diagnostic, log
from tests.formats.rows import blob

FILES = Path(__file__).parents[2] / "fixtures" / "files"
STATS = memstats()

DUMPS = {
    "an object": json.dumps(STATS),
    "pretty": json.dumps(STATS, indent=4),
    "an array": json.dumps([STATS, STATS]),
    "lines": lines(STATS, STATS).decode(),
    "expvar": '{\n"cmdline": ["/bin/api"],\n"memstats": ' + json.dumps(STATS) + "\n}\n",
    "a log": "started\n" + lines({"level": "info", "mem": STATS}).decode(),
    "what people log of it": '{"msg":"memory","Alloc":1,"TotalAlloc":2,"Sys":3,"NumGC":4}\n',
    "behind a stamp": '2026/01/31 10:00:00 {"HeapAlloc":1,"HeapSys":2,"NumGC":4}\n',
}
OTHERS = {
    "nothing": "",
    "JSON": '{"Alloc": 1, "Sys": 2}',
    "two fields": '{"HeapAlloc": 1, "NumGC": 2}',
    "names as texts": '["HeapAlloc", "HeapSys", "NumGC"]',
    "names with texts": '{"HeapAlloc": "1", "HeapSys": "2", "NumGC": "3"}',
    "lower case": '{"heapalloc": 1, "heapsys": 2, "numgc": 3, "heap_alloc": 4}',
    "quoted in JSON": json.dumps({"log": json.dumps(STATS)}),
    "a program": 'package main\n\nvar text = `{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3}`\n',
    "a document": '# How\n\n```json\n{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3}\n```\n',
    "metrics": lines(metrics()).decode(),
    "the compiler's log": log(diagnostic("escape", "5:2", "x escapes to heap")).decode(),
    "a text profile's end": "# runtime.MemStats\n# Alloc = 1\n# TotalAlloc = 2\n# HeapAlloc = 3\n",
}


@pytest.mark.parametrize("name", DUMPS)
def test_memstats_are_known_in_every_dress(name: str) -> None:
    assert looks_like_memstats(DUMPS[name].encode())
    assert looks_like_memstats(DUMPS[name].encode("utf-16"))
    assert recognise(blob(DUMPS[name].encode())).name == "memstats"


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_memstats_is_not_taken(name: str) -> None:
    assert not looks_like_memstats(OTHERS[name].encode())


def test_the_compilers_log_is_no_memstats_though_it_speaks_of_them() -> None:
    content = log(diagnostic("escape", "5:2", "x escapes to heap")) + lines(STATS)

    assert recognise(blob(content)).name == "escape"


def test_gc_stats_are_known_to_be_refused() -> None:
    text = (
        '{"LastGC":"2026-01-01T00:00:00Z","NumGC":3,"PauseTotal":5,"Pause":[1],"PauseEnd":["x"],"PauseQuantiles":null}'
    )

    assert looks_like_memstats(text.encode())
    assert is_gc_stats(text.encode())
    assert not is_gc_stats(json.dumps(STATS).encode())


def test_bytes_are_taken_by_one_format_alone() -> None:
    paths = [path for path in FILES.rglob("*") if path.suffix in (".json", ".jsonl", ".txt", ".trace")]
    taken = {path: [known.name for known in FORMATS if known.recognise(path.read_bytes())] for path in paths}

    assert len(paths) > 100
    assert {path: names for path, names in taken.items() if len(names) > 1} == {}
    assert all(names == ["memstats"] for path, names in taken.items() if path.name in ("memstats.json", "vars.json"))


def test_binary_is_not_searched() -> None:
    assert not looks_like_memstats(b"\0" * 10 + DUMPS["an object"].encode())
