"""No input breaks the reading, and none harms another."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats.memstats.decode import decode
from pipeline.formats.memstats.recognise import looks_like_memstats
from tests.builders.memstats import lines, memstats
from tests.formats.rows import blobs, rows_of

GOOD = lines(memstats(3, time="2026-01-01T00:00:00Z"), memstats(4))
SMALL = json.dumps(
    {
        "time": 1767225600,
        "m": {"HeapAlloc": 1, "HeapSys": 2, "NumGC": 1, "BySize": [{"Size": 8, "Mallocs": 2, "Frees": 1}]},
    }
)
SPELLINGS = {
    "line": SMALL + "\n" + SMALL,
    "pretty": json.dumps([json.loads(SMALL)] * 2, indent=1),
    "array": f"[{SMALL},{SMALL}]",
}

DEEP = 100_000
HOSTILE = {
    "deep arrays": b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "x": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "deep and open": b"[" * DEEP + b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3}',
    "deep in a pretty one": b'{\n"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "many keys": json.dumps({f"k{number}": {"a": {"b": {}}} for number in range(20_000)} | memstats(1)).encode(),
    "many digits": b'{"HeapAlloc": ' + b"9" * 100_000 + b', "HeapSys": 2, "NumGC": 3, "Sys": 4}',
    "an exponent": b'{"HeapAlloc": 1e999999, "HeapSys": 1e400, "NumGC": 3, "Sys": 4, "Frees": 5}',
    "constants": b'{"HeapAlloc": NaN, "GCCPUFraction": Infinity, "HeapSys": -Infinity, "NumGC": 3, "Sys": 4}',
    "keys twice": b'{"HeapAlloc": 1, "HeapAlloc": 2, "HeapSys": 2, "NumGC": 3, "Sys": 4}',
    "half a character": b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "time": "\\ud800"}',
    "zeros": b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "Sys": 4, "Frees": 5, "time": "\\u0000\0"}',
    "not UTF-8": b'{"HeapAlloc": 1, "HeapSys": 2, "NumGC": 3, "time": "\xff\xfe"}',
    "a long ring": json.dumps(memstats(9, PauseNs=[1] * 100_000)).encode(),
    "many classes": json.dumps(memstats(9, BySize=[{"Size": 8}] * 100_000)).encode(),
    "two on a line": SMALL.encode() * 2,
    "a year beyond all": lines(memstats(1, time="99999-01-01T00:00:00Z"), memstats(1, LastGC=2**63 - 1)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_harms_nobody(name: str) -> None:
    alone = rows_of(decode(blobs([GOOD])))

    for content in (HOSTILE[name], HOSTILE[name] + b"\n" + GOOD, GOOD + HOSTILE[name]):
        assert looks_like_memstats(content) or name in ("deep and open", "many keys")
        found = rows_of(decode(blobs([GOOD, content, GOOD])))
        for index in (0, 2):
            own = [{**row, "blob_index": 0} for row in found.tables["memstats"] if row["blob_index"] == index]
            assert own == alone.tables["memstats"]
            assert index not in found.refusals


def test_of_a_key_that_is_there_twice_the_last_counts_as_it_does_for_go() -> None:
    found = rows_of(decode(blobs([HOSTILE["keys twice"], (HOSTILE["keys twice"] + b"\n") * 20])))

    assert set(found.column("memstats", "heap_alloc_bytes")) == {2}


def test_good_lines_beside_hostile_ones_are_read() -> None:
    content = b"\n".join([GOOD.strip(), *HOSTILE.values(), GOOD])

    found = rows_of(decode(blobs([content])))

    assert found.column("memstats", "cycles").count(4) == 2
    assert found.refusals == {}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_dump_cut_anywhere_is_rows_or_a_refusal(spelling: str) -> None:
    content = SPELLINGS[spelling].encode()
    whole = rows_of(decode(blobs([content]))).tables["memstats"]

    found = rows_of(decode(blobs([content[:end] for end in range(len(content) + 1)])))

    assert {row["blob_index"] for row in found.tables["memstats"]} | found.refusals.keys() == set(
        range(len(content) + 1)
    )
    for row in found.tables["memstats"]:
        assert {**row, "blob_index": 0} == whole[row["position"]]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SPELLINGS)), st.integers(0, 999), st.integers(0, 20), st.binary(max_size=8))
def test_bytes_changed_anywhere_never_break_the_reading(spelling: str, at: int, cut: int, put: bytes) -> None:
    content = SPELLINGS[spelling].encode()
    at %= len(content)

    found = rows_of(decode(blobs([content[:at] + put + content[at + cut :], GOOD])))

    assert [row["cycles"] for row in found.tables["memstats"] if row["blob_index"] == 1] == [3, 4]
    assert 1 not in found.refusals
    keys = found.of("memstats", "blob_index", "position")
    assert len(keys) == len(set(keys))
