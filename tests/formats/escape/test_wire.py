"""Lines are cut where they are, and flows keep their expressions."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.escape import wire


def cut(content: bytes) -> list[tuple[str, str]]:
    prefixes, messages = wire.prefixes_and_messages(wire.cut(content))
    return list(zip(prefixes, messages, strict=True))


def test_a_line_is_cut_at_its_first_colon_and_blank() -> None:
    assert cut(b"a.go:1:2: x: y\nplain\n: \n") == [("a.go:1:2", "x: y"), ("plain", ""), ("", "")]


def test_lines_end_in_either_way_or_not_at_all() -> None:
    assert cut(b"a: b\r\nc: d\ne: f") == [("a", "b"), ("c", "d"), ("e", "f")]


def test_a_separator_does_not_reach_into_the_next_line() -> None:
    assert cut(b"a:\n b: c\n") == [("a:", ""), (" b", "c")]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=9), max_size=9))
def test_cutting_agrees_with_partition(lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()

    assert cut(content) == [(before, after) for before, _, after in (line.partition(": ") for line in lines)]


def test_small_blobs_share_a_portion_and_keep_their_line_numbers() -> None:
    (some,) = wire.pieces([(4, b"a\nb"), (7, b""), (9, b"c\n")], is_start=lambda _content, _at: True)

    portion = wire.portion_of(some)

    assert portion.blob_index.tolist() == [4, 4, 7, 9]
    assert portion.line_number.tolist() == [1, 2, 1, 1]


def test_a_large_blob_is_cut_only_where_a_part_may_begin() -> None:
    line = b"x" * (wire.CHUNK_BYTES // 4) + b"\n"
    content = line * 3 + b"- long\n" * 3 + line * 3

    portions = list(wire.pieces([(0, content)], is_start=lambda content, at: content[at : at + 1] == b"x"))

    assert b"".join(piece.content for some in portions for piece in some) == content
    assert [[(piece.lines_above, piece.content[:1]) for piece in some] for some in portions] == [
        [(0, b"x")],
        [(7, b"x")],
    ]


def test_each_distinct_message_is_taken_apart_once_and_told_beside_every_row_in_order() -> None:
    frame = pl.DataFrame({"row": [4, 2, 9, 7], "message": ["b 1", "a 2", "b 1", "c"]})
    asked: list[str] = []

    def take(messages: pl.DataFrame) -> pl.DataFrame:
        asked.extend(messages["message"])
        return messages.with_columns(word=pl.col("message").str.head(1))

    assert wire.once_each(frame, take)["word"].to_list() == ["b", "a", "b", "c"]
    assert sorted(asked) == ["a 2", "b 1", "c"]
    apart = wire.taken_apart(frame, r"^(?P<word>[a-z]) (?P<number>[0-9])$")
    assert apart.rows() == [(4, "b 1", "b", "1"), (2, "a 2", "a", "2"), (9, "b 1", "b", "1"), (7, "c", None, None)]


@given(st.binary(max_size=40).map(lambda content: content.replace(b"x", b"\n")))
def test_lines_are_counted_by_their_ends(content: bytes) -> None:
    assert wire.count_lines(content) == content.count(b"\n")


def test_a_flow_without_expressions_is_a_step_and_one_with_them_is_not() -> None:
    flows = pl.DataFrame(
        [
            (1, 1, "b", "a", None, None),
            (1, 2, "c", "b", None, None),
            (1, 3, None, None, "c = d", "assign"),
            (1, 4, None, None, "e", "spill"),
            (2, 5, None, None, "lost", "assign"),
        ],
        schema=["explanation", "at", "flow_from", "flow_to", "expression", "operation"],
        orient="row",
    )

    steps = wire.steps_of(flows)

    assert steps.rows() == [
        (1, 1, "b", "a", "", ""),
        (1, 3, "c", "b", "c = d", "assign"),
        (1, 4, "c", "b", "e", "spill"),
    ]


def test_the_first_flow_tells_a_variable_from_an_expression() -> None:
    explanations = pl.DataFrame({"at": [1, 2, 3]})
    steps = pl.DataFrame({"explanation": [1, 1, 2], "flow_from": ["&x", "y", "&{storage for x}"]})

    assert wire.with_variables(explanations, steps)["is_variable"].to_list() == [True, False, None]


def test_the_nearest_mark_is_at_the_row_or_above() -> None:
    assert wire.nearest_above(np.array([0, 3, 4, 9]), np.array([3, 5])).tolist() == [-1, 0, 0, 1]


def test_bytes_that_are_not_utf8_are_replaced_and_told() -> None:
    content, found = wire.readable("ä\n".encode() + b"b\xff\n", 3)

    assert content == "ä\nb\ufffd\n".encode()
    assert found.select("blob_index", "kind", "line").rows() == [(3, "text_not_utf8", 2)]
