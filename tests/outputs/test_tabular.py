from __future__ import annotations

import decimal
import io
import json
from typing import Literal

import pyarrow as pa
import pytest
from rich.console import Console

from pipeline.errors import UsageError
from pipeline.outputs.tabular import beginning, write
from pipeline.values import Answer
from tests.outputs.builder import result


def only_cell(array: pa.Array[pa.Scalar[pa.DataType]], name: str = "v") -> object:
    text = write(result("r", {name: array}), format="json")
    assert isinstance(text, str)
    return json.loads(text)[0][name]


def ids(*values: int) -> pa.Array[pa.Int32Scalar]:
    return pa.array(values, pa.int32())


def test_an_id_leaves_as_the_number_that_can_be_typed_back() -> None:
    assert only_cell(ids(42), "stack_id") == 42
    assert only_cell(pa.array([[1, 2]], pa.list_(pa.int32())), "location_ids") == [1, 2]
    lines = pa.array(
        [[{"function_id": 3, "line": 7}]], pa.list_(pa.struct([("function_id", pa.int32()), ("line", pa.int64())]))
    )
    assert only_cell(lines, "lines") == [{"function_id": 3, "line": 7}]


def test_an_unsigned_number_keeps_every_digit_whatever_its_name() -> None:
    assert only_cell(pa.array([2**64 - 1], pa.uint64()), "address") == 2**64 - 1
    assert only_cell(pa.array([2**64 - 1], pa.uint64()), "some_id") == 2**64 - 1


@pytest.mark.parametrize(
    ("ticks", "unit", "expected"),
    [
        (0, "us", "1970-01-01T00:00:00Z"),
        (1_500_000, "us", "1970-01-01T00:00:01.500000Z"),
        (1, "ns", "1970-01-01T00:00:00.000000001Z"),
        (-1, "us", "1969-12-31T23:59:59.999999Z"),
        (2**63 - 1, "us", "infinity"),
        (-(2**63) + 1, "us", "-infinity"),
        (253402300800, "s", "253402300800 seconds after 1970"),
    ],
)
def test_times_are_iso_8601_in_utc(ticks: int, unit: Literal["s", "us", "ns"], expected: str) -> None:
    assert only_cell(pa.array([ticks], pa.int64()).cast(pa.timestamp(unit))) == expected


def test_a_time_with_a_zone_is_told_in_utc() -> None:
    assert only_cell(pa.array([0], pa.int64()).cast(pa.timestamp("us", "Europe/Berlin"))) == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_null(value: float) -> None:
    assert only_cell(pa.array([value])) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", 12.5),
        ("170141183460469231731687303715884105727", 2**127 - 1),
        ("0.1234567890123456789012", "0.1234567890123456789012"),
    ],
)
def test_decimals_keep_every_digit(value: str, expected: object) -> None:
    assert only_cell(pa.array([decimal.Decimal(value)])) == expected


def test_nested_values_are_json() -> None:
    kind = pa.map_(pa.string(), pa.string())
    assert only_cell(pa.array([[("pod", "a|b")]], kind)) == {"pod": "a|b"}
    assert only_cell(pa.array([None], kind)) is None
    assert only_cell(pa.array([[None, 1]], pa.list_(pa.int64()))) == [None, 1]


def test_dates_and_intervals_are_iso_8601() -> None:
    assert only_cell(pa.array([1], pa.int32()).cast(pa.date32())) == "1970-01-02"
    assert only_cell(pa.array([(1, 2, 500_000_000)], pa.month_day_nano_interval())) == "P1M2DT0.5S"
    assert only_cell(pa.array([1500], pa.duration("ms"))) == 1.5


def test_bytes_are_base64_and_dictionaries_their_values() -> None:
    assert only_cell(pa.array([b"\x00\xff"])) == "AP8="
    assert only_cell(pa.array(["heap"]).dictionary_encode()) == "heap"


def test_csv_quotes_what_needs_it_and_leaves_null_empty() -> None:
    table = result("r", {"name": ['a,"b"', None], "stack_id": ids(1, 2), "share": [0.5, float("nan")]})

    assert write(table, format="csv") == ('name,stack_id,share\n"a,""b""",1,0.5\n,2,\n')


def test_ndjson_is_one_object_a_line() -> None:
    assert write(result("r", {"a": [1, 2]}), format="ndjson") == '{"a": 1}\n{"a": 2}\n'


def test_an_empty_answer_is_an_empty_list_and_a_lone_header() -> None:
    empty = result("r", {"a": pa.array([], pa.int64())})

    assert write(empty, format="json") == "[]\n"
    assert write(empty, format="ndjson") == ""
    assert write(empty, format="csv") == "a\n"


def test_markdown_survives_pipes_and_spells_out_line_breaks() -> None:
    table = result("r", {"name": ["a|b\nc<d"], "bytes": [7]})

    assert write(table, format="markdown") == "| name | bytes |\n| --- | ---: |\n| a\\|b\\\\nc&lt;d | 7 |\n"


def test_a_table_for_a_pipe_is_plain_and_not_folded() -> None:
    table = result("r", {"stack_id": ids(4711), "name": ["long " * 60], "bytes": [1234567]})

    text = write(table, format="table")

    assert isinstance(text, str)
    assert text.splitlines()[2].split() == ["4711", *["long"] * 60, "1234567"]
    assert "\x1b" not in text


def test_a_table_for_a_terminal_folds_text_and_keeps_ids_and_numbers_whole() -> None:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, no_color=True)
    table = result("r", {"stack_id": ids(4711), "name": ["long " * 60], "bytes": [1234567]})

    text = write(table, format="table", console=console)

    assert isinstance(text, str)
    assert "4711" in text
    assert "1234567" in text
    assert max(len(line) for line in text.splitlines() if "long" in line) <= 60


def test_a_terminal_too_narrow_still_shows_every_column() -> None:
    console = Console(file=io.StringIO(), width=20, force_terminal=True)
    table = result("r", {"stack_id": ids(1), "location_id": ids(2), "bytes": [1234567]})

    text = write(table, format="table", console=console)

    assert isinstance(text, str)
    assert text.splitlines()[2].split() == ["1", "2", "1234567"]


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), width=80, force_terminal=True)

    text = write(result("r", {"name": ["[red]a[/red]"]}), format="table", console=console)

    assert isinstance(text, str)
    assert "[red]a[/red]" in text
    assert "\x1b[3" not in text


def test_an_arrow_stream_keeps_types_and_carries_the_docs() -> None:
    content = write(result("heap.growth", {"stack_id": ids(2**31 - 1)}, {"stack_id": "Call stack."}), format="arrow")

    assert isinstance(content, bytes)
    table = pa.ipc.open_stream(content).read_all()

    assert table.column("stack_id").to_pylist() == [2**31 - 1]
    assert table.schema.field("stack_id").metadata == {b"doc": b"Call stack."}
    assert table.schema.metadata == {b"name": b"heap.growth"}


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"format xlsx: .* table, markdown, csv, json, ndjson, arrow"):
        write(result("r", {"a": [1]}), format="xlsx")


def test_a_table_shows_the_beginning_of_a_long_answer() -> None:
    table = pa.table({"n": pa.array(range(10_001), pa.int64())})

    for rows, is_whole in ((0, True), (1, True), (10_000, True), (10_001, False)):
        answer = Answer("r", (), table.schema, iter(table.slice(0, rows).to_batches(max_chunksize=5_000)))

        shown, whole = beginning(answer)

        assert (shown.table, whole) == (table.slice(0, min(rows, 10_000)), is_whole)


def test_a_table_shows_fewer_rows_where_they_are_long() -> None:
    schema = pa.schema([("text", pa.string())])
    batch = pa.RecordBatch.from_pylist([{"text": "x" * (20 << 20)}], schema=schema)

    shown, is_whole = beginning(Answer("r", (), schema, iter([batch] * 5)))

    assert (shown.table.num_rows, is_whole) == (2, False)
