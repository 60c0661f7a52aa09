"""Entries of JSON documents as lines, against Python's own reader of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.entries import STATE, cut_entries, entry_depth

HINT = "gc 1 @"
TEXTS = st.text(st.sampled_from('ab"\\[]{},:\n '), max_size=6)
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), min_size=1, max_size=4)


def depth_of(content: bytes) -> int:
    place = content.find(HINT.encode())
    return entry_depth(np.frombuffer(content, np.uint8), place if place >= 0 else len(content))


def cut(pieces: Sequence[bytes], depth: int) -> bytes:
    state = np.zeros(STATE, np.int64)
    datas = [np.frombuffer(bytearray(piece), np.uint8) for piece in pieces]
    for data in datas:
        cut_entries(data, depth, state)
    return b"".join(data.tobytes() for data in datas)


@given(ENTRIES, st.lists(st.booleans(), max_size=3), st.none() | st.integers(0, 2), st.integers(0, 200))
def test_every_entry_is_a_line_wherever_its_list_stands_and_however_it_is_written(
    entries: list[dict[str, Any]], above: list[bool], indent: int | None, piece: int
) -> None:
    entries = [{**one, "said": HINT} for one in entries]
    document: Any = entries
    for is_list in above:
        document = [document] if is_list else {"took": [1, 2], "of": document, "more": {"a": [3]}}
    content = json.dumps(document, indent=indent, ensure_ascii=False).encode()

    depth = depth_of(content)
    found = cut([content[:piece], content[piece:]], depth)

    assert depth == len(above) + 1
    assert len(found) == len(content)
    assert [json.loads(line) for line in found.split(b"\n") if HINT.encode() in line] == entries


@pytest.mark.parametrize(
    "content",
    [
        b'{"log": "gc 1 @"}\n{"log": "gc 2 @"}',
        b'{"tags": [{"a": 1}], "log": "gc 1 @"}',
        b'{"log": ["gc 1 @"]}',
        b"[{gc 1 @}]",
        b'["a", {"b": 1}]\n"gc 1 @"',
        b"[" * 65 + b'{"log": "gc 1 @"}',
        b"]]}}gc 1 @",
    ],
)
def test_what_is_in_no_object_of_a_list_is_no_entry(content: bytes) -> None:
    assert depth_of(content) == 0


def test_a_line_that_was_broken_off_ends_where_the_next_object_begins() -> None:
    whole = b'{"logs": [{"said": "gc 1 @"}, {"said": "gc 2 @"}]}\n'
    broken = b'{"logs": [{"said": "gc 3 @"}, {"said": "gc'

    found = cut([whole + broken + b"\n" + whole], 2).split(b"\n")

    assert [line for line in found if line.strip().startswith(b'{"said"')] == [
        b'{"said": "gc 1 @"}',
        b' {"said": "gc 2 @"}',
        b'{"said": "gc 3 @"}',
        b' {"said": "gc',
        b'{"said": "gc 1 @"}',
        b' {"said": "gc 2 @"}',
    ]


def test_ends_of_lines_outside_of_brackets_stay() -> None:
    assert cut([b'[{"a": 1},\r\n{"b": 2}\n]\n\nmore, [\n'], 1) == b'\n{"a": 1}\n\r {"b": 2} \n\n\nmore, \n '
