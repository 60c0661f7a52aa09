"""A broken line of JSON costs itself and nobody else."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.escape import ndjson, wire
from pipeline.formats.escape.ndjson import objects

SCHEMA = pa.schema([("code", pa.string()), ("at", pa.struct([("line", pa.int64())]))])

BROKEN = [
    b'{"code"}',
    b'{"code":1}',
    b'{"at":5}',
    b'{"at":{"line":"a"}}',
    b'{"at":{"line":1.5}}',
    b'{"at":{"line":99999999999999999999}}',
    b'{"code":"x"}{"code":"y"}',
    b'{"code":"x"},{"code":"y"}',
    b'{"z":[{}',
    b"[]",
    b"null",
    b"3",
    b"{",
    b"}",
    b'{"code":"a\x00b"}',
    b'{"code":"\\ud800"}',
    b'{"code":"x","code":"y"}',
    b'{"code":' + b"[" * 100_000 + b"}",
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda line: line[:30].decode())
def test_a_broken_line_leaves_its_neighbours(broken: bytes) -> None:
    content = b'{"code":"before"}\n' + broken + b'\n\n{"code":"behind","at":{"line":7}}\n'

    frame, bad = objects(wire.cut(content), SCHEMA)

    assert frame.select("row", "code").rows() == [(0, "before"), (3, "behind")]
    assert frame["at"].to_list() == [None, {"line": 7}]
    assert bad.tolist() == [1]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda line: line[:30].decode())
def test_what_only_arrow_objects_to_is_found_by_halving(broken: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "_fits", lambda _line, _shape: True)
    content = b'{"code":"before"}\n' + broken + b'\n{"code":"behind"}\n{"code":"last"}\n'

    frame, bad = objects(wire.cut(content), SCHEMA)

    assert frame.select("row", "code").rows() == [(0, "before"), (2, "behind"), (3, "last")]
    assert bad.tolist() == [1]


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    content = b'{"severity":3,"code":"x","deep":' + b"[" * 50_000 + b"]" * 50_000 + b"}\n"

    frame, bad = objects(wire.cut(content), SCHEMA)

    assert frame["code"].to_list() == ["x"]
    assert bad.tolist() == []


def test_a_line_longer_than_a_block_is_read() -> None:
    content = json.dumps({"code": "x" * (5 << 20)}).encode() + b'\n{"code":"y"}\n'

    frame, _ = objects(wire.cut(content), SCHEMA)

    assert frame["code"].str.len_bytes().to_list() == [5 << 20, 1]


def test_nothing_is_read_from_nothing() -> None:
    frame, bad = objects(wire.cut(b""), SCHEMA)

    assert frame.columns == ["code", "at", "row"]
    assert (frame.height, bad.tolist()) == (0, [])


@given(
    st.lists(
        st.one_of(st.text("ab", max_size=3), st.sampled_from([line for line in BROKEN if len(line) < 99])), max_size=30
    )
)
def test_every_line_is_a_row_or_broken(lines: list[str | bytes]) -> None:
    texts = [json.dumps({"code": line}).encode() if isinstance(line, str) else line for line in lines]

    frame, bad = objects(wire.cut(b"\n".join(texts)), SCHEMA)

    assert frame.select("row", "code").rows() == [
        (row, line) for row, line in enumerate(lines) if isinstance(line, str)
    ]
    assert bad.tolist() == [row for row, line in enumerate(lines) if isinstance(line, bytes)]
