"""Objects out of lines, arrays and pretty-printed text, whole or cut anywhere."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.formats.json_objects import head_of, in_portions, is_document, loaded, tables, together
from tests.formats.rows import blob, large

WANTED = re.compile(rb'"a"\s*:')
OBJECTS = [{"a": 1}, {"a": {"b": [1, {"c": '}]"\\'}]}}, {"a": "ä{"}, {"a": [[], {}], "z": None}]

SPELLINGS = {
    "lines": "".join(json.dumps(one) + "\n" for one in OBJECTS),
    "lines, the last open": "\n".join(map(json.dumps, OBJECTS)),
    "lines of Windows": "".join(json.dumps(one) + "\r\n" for one in OBJECTS),
    "lines of a log": "".join(f"2026/01/01 00:00:00 api: {json.dumps(one)}\n\n" for one in OBJECTS),
    "array": json.dumps(OBJECTS),
    "array, pretty": json.dumps(OBJECTS, indent=2),
    "array, an object a line": "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    "arrays": "\n".join(json.dumps([one], indent=1) for one in OBJECTS),
    "pretty": "\n".join(json.dumps(one, indent=1) for one in OBJECTS),
    "without anything between": "".join(json.dumps(one, indent=1) for one in OBJECTS),
}


def found(*contents: bytes) -> list[object]:
    return [loaded(one) for one in together(enumerate(contents), wanted=WANTED).objects]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_has_the_same_objects(spelling: str) -> None:
    text = SPELLINGS[spelling]

    assert found(text.encode()) == OBJECTS
    assert found(b"\xef\xbb\xbf" + text.encode()) == OBJECTS
    assert found(text.encode("utf-16")) == OBJECTS


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("size", [1, 7, 40, 1 << 20])
def test_a_large_text_is_read_in_portions(spelling: str, size: int) -> None:
    content = (SPELLINGS[spelling] + "\n").encode() * 3
    portions = list(in_portions(4, large(content), wanted=WANTED, portion_bytes=size))

    assert [loaded(one) for portion in portions for one in portion.objects] == OBJECTS * 3
    assert {index for portion in portions for index in portion.blob_index} == {4}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_text_cut_anywhere_has_the_objects_before(spelling: str) -> None:
    content = SPELLINGS[spelling].encode()
    for end in range(len(content)):
        objects = [one for one in found(content[:end]) if one is not None]

        assert objects == OBJECTS[: len(objects)]


def test_pieces_may_end_anywhere() -> None:
    content = SPELLINGS["array, pretty"].encode()
    for size in range(1, 60):
        held = blob(content)
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        assert b"".join(pieces) == held.content
        portions = list(in_portions(0, large(content), wanted=WANTED, portion_bytes=size))
        assert [loaded(one) for portion in portions for one in portion.objects] == OBJECTS


def test_lines_that_are_something_else_are_counted() -> None:
    portion = together([(3, b'start\n{"a": 1}\n\n{"b": 2}\n   \nstop')], wanted=WANTED)

    assert portion.objects == [b'{"a": 1}']
    assert portion.line.tolist() == [2]
    assert {(note.blob_index, note.kind) for note in portion.notes} == {(3, "other_lines")}
    assert (sum(note.count for note in portion.notes), portion.notes[0].example) == (3, "start")


def test_objects_that_are_something_else_are_counted() -> None:
    portion = together([(0, b'[{"b": 1}, {"a": 2}, [3], 4, {"c": {"d": 1}}]')], wanted=WANTED)

    assert portion.objects == [b'{"a": 2}']
    assert [(note.kind, note.count) for note in portion.notes if note.kind == "other_lines"] == [("other_lines", 2)]


def test_a_document_that_breaks_off_is_noted() -> None:
    portion = together([(0, b'[{"a": 1}, {"a": 2')], wanted=WANTED)

    assert portion.objects == [b'{"a": 1}']
    assert [(note.kind, note.count) for note in portion.notes] == [("malformed_line", 1)]


def test_a_broken_first_line_harms_no_other() -> None:
    assert found(b'{"a": 1, "b\n{"a": 2}\n{"a": 3}\n')[1:] == [{"a": 2}, {"a": 3}]


def test_text_that_is_not_utf8_is_replaced_and_noted() -> None:
    portion = together([(0, b'{"a": "\xff"}\n')], wanted=WANTED)

    assert loaded(portion.objects[0]) == {"a": "�"}
    assert [note.kind for note in portion.notes] == ["text_not_utf8"]
    assert [note.kind for note in together([(0, b'[{"a": "\xff"}]')], wanted=WANTED).notes] == ["text_not_utf8"]


@pytest.mark.parametrize(("content", "what"), [(b'{"a": "' + b"x" * 200_000, "object"), (b"x" * 200_000, "line")])
def test_what_is_too_large_to_be_held_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(DecodeError, match=f"one {what} of it has more than 100,000 bytes"):
        list(in_portions(0, large(content * 20, most_held_bytes=100_000), wanted=WANTED, portion_bytes=10))


def test_nesting_takes_no_stack() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    inner = b'{"x":' * 100_000 + b"1" + b"}" * 100_000

    assert found(b'{"a": 1}\n{"a": ' + deep + b'}\n{"a": 2}\n')[::2] == [{"a": 1}, {"a": 2}]
    assert len(found(b"[" + inner + b', {"a": 1}]')) == 1
    assert found(deep) == []


def test_brackets_that_close_nothing_end_nothing() -> None:
    assert found(b'{\n"a": 1}}}]] {"a": 2}')[:1] == [{"a": 1}]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", False),
        (b'{"a": 1}\n', False),
        (b"started\n{\n", False),
        (b'[{"a": 1}]', True),
        (b"  \n[", True),
        (b'{\n"a": 1}', True),
        (b'{"a": 1, "b": [', True),
        (b'{"a": 1, "b": [\n{"a": 1}\n', False),
    ],
)
def test_a_document_is_told_from_lines(head: bytes, *, expected: bool) -> None:
    assert is_document(head) is expected


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["{", "}", "\\", '"', "[", "\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    objects=st.lists(st.dictionaries(st.just("a"), JSON, min_size=1), min_size=1, max_size=5),
    indent=st.sampled_from([None, 1]),
    is_array=st.booleans(),
)
def test_any_objects_are_found_in_an_array_or_one_after_another(
    objects: list[object], indent: int | None, *, is_array: bool
) -> None:
    text = (
        json.dumps(objects, indent=indent) if is_array else "\n".join(json.dumps(one, indent=indent) for one in objects)
    )

    assert found(text.encode()) == objects


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:a1\\\n ', max_size=60).map(str.encode))
def test_any_bytes_are_read_to_their_end(content: bytes) -> None:
    together([(0, content), (1, b'{"a": 1}\n')], wanted=WANTED)


def test_ranges_with_a_misfit_are_left_out() -> None:
    objects = [b'{"a": %d}' % number for number in range(100)]
    objects[50] = b'{"a": "x"}'

    read = list(tables(objects, pa.schema([("a", pa.uint64())])))

    values = {first + place: value for first, _, table in read for place, value in enumerate(table["a"].to_pylist())}
    assert all(values[place] == place for place in values)
    assert 50 not in values
    assert len(values) > 80


def test_a_key_that_is_there_twice_has_its_last_value() -> None:
    assert loaded(b'{"a": 1, "a": 2}') == {"a": 2}
    assert loaded(b"[1]") is None
    assert loaded(b"[" * 100_000) is None


def test_the_head_is_what_it_is_without_its_mark() -> None:
    assert head_of("{}".encode("utf-16")) == b"{}"
