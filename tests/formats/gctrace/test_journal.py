"""journald's messages as it exports them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gctrace.decode import decode
from pipeline.formats.gctrace.journal import with_texts
from pipeline.formats.gctrace.recognise import looks_like_log
from tests.builders.profile import blob
from tests.formats.gctrace.logs import gc

BETWEEN = st.sampled_from(["", " "])


@given(st.binary(max_size=40), BETWEEN, BETWEEN)
def test_a_list_of_bytes_is_the_string_that_it_spells(message: bytes, before: str, behind: str) -> None:
    listed = json.dumps(list(message), separators=("," + before, ":"))
    line = f'{{"_PID":"7", "MESSAGE"{before}:{behind}{listed}, "x":[1,2]}}\n'

    text, untold = with_texts(line.encode())

    assert json.loads(text) == {"_PID": "7", "MESSAGE": message.decode("utf-8", "replace"), "x": [1, 2]}
    assert text.count(b"\n") == 1
    assert untold == []


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "[256]",
        "[-1]",
        "[1,]",
        "[01]",
        "[[1],[2]]",
        '["a"]',
        "[1",
        "7",
        "true",
        '{"a":1}',
        "[1.0]",
        "[99999999999999999999999]",
        "",
    ],
)
def test_what_is_no_list_of_bytes_stays_and_is_told(value: str) -> None:
    line = b'{"MESSAGE":[65]}\n{"a":1,"MESSAGE":%b}\n' % value.encode()

    text, untold = with_texts(line)

    assert text == line.replace(b"[65]", b'"A"')
    assert untold == [text.rindex(b'"MESSAGE"')]


@pytest.mark.parametrize("line", [b'{"MESSAGE":"a [1]"}', b'"MESSAGE":[65]', b'{"a":"\\"MESSAGE\\":[65]"}', b"{}"])
def test_strings_and_what_is_no_field_stay(line: bytes) -> None:
    assert with_texts(line) == (line, [])


def test_cycles_are_read_out_of_lists_and_messages_without_text_counted() -> None:
    listed = json.dumps({"_PID": "7", "MESSAGE": [27, 91, 109, *gc(3).encode()]})
    content = "\n".join([listed, '{"MESSAGE":null}', json.dumps({"MESSAGE": "x"}), '{"MESSAGE":null}', ""]).encode()

    (found,) = decode([blob(content)])

    assert looks_like_log(content)
    assert found.columns["gctrace_cycle"]["line"].to_pylist() == [1]
    assert [(note.kind, note.count, note.example) for note in found.notes if note.kind == "message_without_text"] == [
        ("message_without_text", 2, 'line 2: "MESSAGE":null}')
    ]


def test_whether_a_line_is_an_object_is_asked_of_each_line_and_holds_to_its_end() -> None:
    lines = b'"MESSAGE":[64] {\n{"MESSAGE":[65]}\n"MESSAGE":[66]\n{"a":1,"MESSAGE":[67],"b":{},"MESSAGE":[68]}\n'

    text, untold = with_texts(lines)

    assert text == b'"MESSAGE":[64] {\n{"MESSAGE":"A"}\n"MESSAGE":[66]\n{"a":1,"MESSAGE":"C","b":{},"MESSAGE":"D"}\n'
    assert untold == []
