"""An answer as text for people and machines: table, Markdown, CSV, JSON, NDJSON, or an Arrow stream.

All but the table, which must know its widths, are written batch by batch.

What leaves here is the same in every text format: times are ISO 8601 in UTC, a decimal is a number without
rounding, and a value that is no finite number is empty (`null` in JSON, which has no NaN).
"""

from __future__ import annotations

import base64
import csv
import datetime
import decimal
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Final, Literal, TextIO, TypeAlias, cast

import pyarrow as pa

from pipeline.errors import UsageError
from pipeline.text import printable
from pipeline.values import Answer, Result

if TYPE_CHECKING:
    from rich.console import Console

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
_Render: TypeAlias = Callable[[object], Json]

FORMATS: Final = ("table", "markdown", "csv", "json", "ndjson", "arrow")
_ROWS_AT_A_TIME: Final = 8192
# What a table shows of an answer that is too long to be laid out.
_SHOWN_ROWS: Final = 10_000
_SHOWN_BYTES: Final = 32 << 20
_UNLIMITED: Final = 100_000
_EPOCH: Final = datetime.datetime(1970, 1, 1)
_INFINITY: Final = 2**63 - 1
_TICKS: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def write(result: Result, *, format: str, console: Console | None = None) -> str | bytes:
    """The whole answer in one of FORMATS: bytes for arrow, text for the others.

    console  what a `table` is laid out for: its width, and whether it takes colour; by default plain and as wide as it must be
    """
    if format == "table":
        return write_table(result, console)
    answer = Answer(result.name, result.columns, result.table.schema, iter(result.table.to_batches()))
    content = io.BytesIO()
    sink = io.TextIOWrapper(content, encoding="utf-8", newline="\n", write_through=True)
    stream(answer, sink, format=format)
    return content.getvalue() if format == "arrow" else content.getvalue().decode()


def stream(answer: Answer, sink: TextIO, *, format: str) -> None:
    """Write an answer as its rows come, in any of FORMATS but `table`; an Arrow stream goes to what is below `sink`."""
    if format == "arrow":
        _write_arrow(answer, sink.buffer)
    elif format in _TEXT:
        _TEXT[format](answer, sink)
    else:
        raise UsageError(f"format {format}: not one heapscape writes; choose one of {', '.join(FORMATS)}.")


def beginning(answer: Answer) -> tuple[Result, bool]:
    """As much of an answer as a table shows, and whether that is all of it."""
    taken: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in answer.batches:
        if not batch.num_rows:
            continue
        if rows >= _SHOWN_ROWS or size >= _SHOWN_BYTES:
            rows += 1
            break
        taken.append(batch.slice(0, _SHOWN_ROWS - rows))
        rows, size = rows + batch.num_rows, size + batch.nbytes
    table = pa.Table.from_batches(taken, schema=answer.schema)
    return Result(answer.name, answer.columns, table), table.num_rows == rows


def cells(result: Result) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """Columns, with whether they are numbers, and the rows as a person reads them."""
    columns = [(field.name, is_number(field)) for field in result.table.schema]
    rows = _rows(result.table.schema, result.table.to_batches())
    return columns, [[_cell(value) for value in row] for row in rows]


def objects(result: Result) -> list[dict[str, Json]]:
    """The rows with the values that JSON has."""
    rows = _rows(result.table.schema, result.table.to_batches())
    return [dict(zip(result.table.schema.names, row, strict=True)) for row in rows]


def write_table(result: Result, console: Console | None = None) -> str:
    """A table laid out for this console.

    On a terminal it has the terminal's width and, unless NO_COLOR is set, a bold header. Elsewhere it is plain
    and as wide as it must be: a program or a pager reads it, and a folded id helps neither. A terminal too narrow
    for the ids and numbers gets long lines as well, because rich would leave columns out.
    """
    # Here, because it takes a while to import, and most answers are none of its tables.
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = console or Console(force_terminal=False)
    cells = [
        [printable(_cell(value)) for value in row] for row in _rows(result.table.schema, result.table.to_batches())
    ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for position, field in enumerate(result.table.schema):
        whole = max((cell_len(row[position]) for row in cells), default=0) if _must_not_fold(field) else None
        justify: Literal["left", "right"] = "right" if is_number(field) else "left"
        table.add_column(Text(printable(field.name)), justify=justify, overflow="fold", min_width=whole)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    # Of its own file: to lay out a table is not to write to standard output, which may be closed.
    unlimited = Console(file=io.StringIO(), width=_UNLIMITED, color_system=None, no_color=True)
    fits = console.is_terminal and unlimited.measure(table).minimum <= console.width
    laid_out = console if fits else unlimited
    with laid_out.capture() as captured:
        laid_out.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n") + "\n"


def _write_arrow(answer: Answer, sink: IO[bytes]) -> None:
    """An Arrow IPC stream, ids as the integers they are, the columns' docs as field metadata."""
    docs = {column.name: column.doc for column in answer.columns if column.doc}
    fields = [
        field.with_metadata({"doc": docs[field.name]}) if field.name in docs else field for field in answer.schema
    ]
    schema = pa.schema(fields, metadata={"name": answer.name})
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in answer.batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def _write_markdown(answer: Answer, sink: IO[str]) -> None:
    sink.write(_markdown_row(field.name for field in answer.schema))
    sink.write(_markdown_row("---:" if is_number(field) else "---" for field in answer.schema))
    for row in _rows(answer.schema, answer.batches):
        sink.write(_markdown_row(_cell(value) for value in row))


def _markdown_row(cells: Iterable[str]) -> str:
    escaped = (printable(cell).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return "| " + " | ".join(escaped) + " |\n"


def _write_csv(answer: Answer, sink: IO[str]) -> None:
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(answer.schema.names)
    writer.writerows([_cell(value) for value in row] for row in _rows(answer.schema, answer.batches))


def _write_json(answer: Answer, sink: IO[str]) -> None:
    before, after = "[\n  ", "[]\n"
    for line in _objects(answer):
        sink.write(before + line)
        before, after = ",\n  ", "\n]\n"
    sink.write(after)


def _write_ndjson(answer: Answer, sink: IO[str]) -> None:
    sink.writelines(line + "\n" for line in _objects(answer))


_TEXT: Final[Mapping[str, Callable[[Answer, IO[str]], None]]] = {
    "markdown": _write_markdown,
    "csv": _write_csv,
    "json": _write_json,
    "ndjson": _write_ndjson,
}


def _objects(answer: Answer) -> Iterator[str]:
    names = answer.schema.names
    for row in _rows(answer.schema, answer.batches):
        yield json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)


def _rows(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[Sequence[Json]]:
    """The rows as values JSON knows, some at a time so that a large answer never stands in memory twice."""
    renderers = [_renderer(field.type, field.name) for field in schema]
    counted = pa.schema([pa.field(field.name, _counted(field.type)) for field in schema])
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS_AT_A_TIME):
            plain = pa.Table.from_batches([batch.slice(start, _ROWS_AT_A_TIME)]).cast(counted, safe=False)
            columns = [
                [None if value is None else render(value) for value in column.to_pylist()]
                for column, render in zip(plain.columns, renderers, strict=True)
            ]
            yield from zip(*columns, strict=True)


def _counted(kind: pa.DataType) -> pa.DataType:
    """The same type with times as plain counts: Python's own cannot hold nanoseconds, the year 10000 or infinity."""
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        return pa.int64()
    if pa.types.is_date32(kind):
        return pa.int32()
    if _is_list(kind):
        return pa.list_(_counted(_held(kind)))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _counted(field.type)) for field in kind.fields])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _counted(kind.item_type))
    return kind


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _held(kind: pa.DataType) -> pa.DataType:
    return cast("pa.ListType[pa.DataType]", kind).value_type


def _renderer(kind: pa.DataType, name: str) -> _Render:
    """How a value of this type becomes JSON; types nest, so renderers do too."""
    if pa.types.is_dictionary(kind):
        return _renderer(_held(kind), name)
    if _is_list(kind):
        return _list_renderer(_renderer(_held(kind), name))
    if pa.types.is_struct(kind):
        return _struct_renderer({field.name: _renderer(field.type, field.name) for field in kind.fields})
    if pa.types.is_map(kind):
        return _map_renderer(_renderer(kind.key_type, ""), _renderer(kind.item_type, ""))
    if pa.types.is_timestamp(kind):
        return partial(_timestamp, ticks_per_second=_TICKS[kind.unit])
    if pa.types.is_duration(kind):
        return partial(_seconds, ticks_per_second=_TICKS[kind.unit])
    return _date if pa.types.is_date32(kind) else _scalar


def _list_renderer(render: _Render) -> _Render:
    def rendered(value: object) -> Json:
        assert isinstance(value, list)
        return [None if item is None else render(item) for item in value]

    return rendered


def _struct_renderer(renderers: Mapping[str, _Render]) -> _Render:
    def rendered(value: object) -> Json:
        assert isinstance(value, dict)
        return {key: None if value[key] is None else render(value[key]) for key, render in renderers.items()}

    return rendered


def _map_renderer(key: _Render, item: _Render) -> _Render:
    def rendered(value: object) -> Json:
        assert isinstance(value, list)
        return {_cell(key(name)): None if held is None else item(held) for name, held in value}

    return rendered


def _timestamp(value: object, *, ticks_per_second: int) -> Json:
    """ISO 8601 in UTC with as many digits as it has; `infinity` as DuckDB writes it."""
    assert isinstance(value, int)
    if abs(value) == _INFINITY:
        return "infinity" if value > 0 else "-infinity"
    seconds, ticks = divmod(value, ticks_per_second)
    digits = len(str(ticks_per_second)) - 1
    fraction = f".{ticks:0{digits}d}" if ticks else ""
    try:
        return f"{(_EPOCH + datetime.timedelta(seconds=seconds)).isoformat()}{fraction}Z"
    except OverflowError:
        return f"{seconds}{fraction} seconds after 1970"


def _seconds(value: object, *, ticks_per_second: int) -> Json:
    assert isinstance(value, int)
    return _decimal(decimal.Decimal(value) / ticks_per_second)


def _date(value: object) -> Json:
    assert isinstance(value, int)
    try:
        return (_EPOCH + datetime.timedelta(days=value)).date().isoformat()
    except OverflowError:
        return "infinity" if value > 0 else "-infinity"


def _scalar(value: object) -> Json:
    match value:
        case bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case decimal.Decimal():
            return _decimal(value)
        case datetime.date() | datetime.time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case pa.MonthDayNano():
            seconds = decimal.Decimal(value.nanoseconds) / 10**9
            return f"P{value.months}M{value.days}DT{seconds:f}S"
    return str(value)


def _decimal(value: decimal.Decimal) -> Json:
    """An integer where it is one (what DuckDB sums into), else the shortest float, or text where that would round."""
    if not value.is_finite():
        return None
    if value == value.to_integral_value():
        return int(value)
    return float(value) if decimal.Decimal(repr(float(value))) == value else str(value)


def _cell(value: Json) -> str:
    """One value as a cell of text: empty for nothing, JSON for what nests."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def _must_not_fold(field: pa.Field[pa.DataType]) -> bool:
    return is_number(field) or field.name.endswith("_id") or pa.types.is_temporal(field.type)


def is_number(field: pa.Field[pa.DataType]) -> bool:
    """Whether a column has amounts; ids are names."""
    is_id = field.name.endswith("_id")
    number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
    return number and not is_id
