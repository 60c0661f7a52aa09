"""The JSON spelling: one file per package and source file, from `-gcflags=-json=0,DIR`.

The format is cmd/compile/internal/logopt/log_opts.go, version 0: a header, then LSP diagnostics of many passes.
Positions are the outermost ones after inlining, counted from 1; `inlineLoc` entries lead inwards from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.formats.escape import wire
from pipeline.formats.escape.ndjson import objects
from pipeline.formats.escape.text import FLOW, PARAMETER
from pipeline.formats.escape.wire import Portion, Report, nearest_above, oddities, stacked
from pipeline.values import Int64s

_RANGE: Final = pa.struct([("start", pa.struct([("line", pa.int64()), ("character", pa.int64())]))])
_RELATED: Final = pa.struct(
    [("location", pa.struct([("uri", pa.string()), ("range", _RANGE)])), ("message", pa.string())]
)
_DIAGNOSTIC: Final = pa.schema(
    [
        ("package", pa.string()),
        ("gc_version", pa.string()),
        ("file", pa.string()),
        ("range", _RANGE),
        ("code", pa.string()),
        ("message", pa.string()),
        ("relatedInformation", pa.list_(_RELATED)),
    ]
)
_FROM: Final = r"^ +from (?P<expression>.*) \((?P<operation>[^()]+)\)$"
_FLOWS: Final = "escflow: "
_UNNAMED: Final = "__unnamed__"
_APPEND_REPORTED_SINCE: Final = 25
_COLUMN_UNKNOWN: Final = 255


@dataclass(frozen=True, slots=True)
class _Above:
    """The header in force where a part of a large blob begins."""

    blob_index: int
    header: pl.DataFrame


def read(contents: Sequence[tuple[int, bytes]]) -> Report:
    """Read JSON logs, each given with its blob index."""
    return read_plain([(index, *wire.readable(content, index)) for index, content in contents])


def read_plain(plain: Sequence[tuple[int, bytes, pl.DataFrame]], *, lines_above: int = 0) -> Report:
    """Read UTF-8, each with what was odd about it; `lines_above` are before each of them."""
    reports: list[Report] = []
    headers: list[pl.DataFrame] = []
    above, at = _Above(-1, pl.DataFrame()), 0
    for some in wire.pieces(
        ((index, content) for index, content, _ in plain), is_start=_anywhere, lines_above=lines_above
    ):
        portion = wire.portion_of(some)
        report, found, above = _portion(portion, above, at=at)
        reports.append(report)
        headers.append(found)
        # A line of the log explains one thing; its flows are numbered behind it.
        at += len(portion.blob_index)
    return _joined(reports, headers, plain)


def _anywhere(_content: bytes, _at: int) -> bool:
    return True


def _joined(
    reports: Sequence[Report], headers: Sequence[pl.DataFrame], plain: Sequence[tuple[int, bytes, pl.DataFrame]]
) -> Report:
    header = (
        pl.concat(headers)
        if headers
        else pl.DataFrame(schema={"blob_index": pl.Int64, "package": pl.String, "gc_version": pl.String})
    )
    known = set(header["blob_index"])
    return Report(
        verdicts=stacked((report.verdicts for report in reports), wire.VERDICTS),
        explanations=stacked((report.explanations for report in reports), wire.EXPLANATIONS),
        steps=stacked((report.steps for report in reports), wire.STEPS),
        inlines=stacked((report.inlines for report in reports), wire.INLINES),
        calls=pl.DataFrame(schema=wire.CALLS),
        packages=header.select("blob_index", "package").unique(maintain_order=True),
        reports=header.group_by("blob_index", maintain_order=True)
        .agg(pl.col("gc_version").first().alias("go_version"))
        .with_columns(spelling=pl.lit("json")),
        oddities=stacked([report.oddities for report in reports] + [odd for _, _, odd in plain], wire.ODDITIES),
        refusals={
            index: "line 1: no header with package, gc_version and file, so nobody can say what the positions are in; "
            "it is the first line of each file the compiler writes with -gcflags=-json=0,DIR"
            for index, _, _ in plain
            if index not in known
        },
    )


def _portion(portion: Portion, above: _Above, *, at: int) -> tuple[Report, pl.DataFrame, _Above]:
    """Read some consecutive lines; `at` is the place of the first among all."""
    frame, broken = objects(portion.lines, _DIAGNOSTIC)
    frame = frame.with_columns(blob_index=pl.Series(portion.blob_index[frame["row"].to_numpy()]), at=pl.col("row") + at)
    headers = frame.filter(pl.all_horizontal(pl.col("package", "gc_version", "file").is_not_null()))
    headers = headers.select("row", "blob_index", "package", "gc_version", "file")
    told = frame.filter(pl.col("code").is_in(["escape", "escapes", "leak"]) & (pl.col("message") != ""))
    told, homeless = _at_home(told, headers, above)
    told = _described(told)
    sound = told.filter("is_sound")
    related = _related(sound)
    steps = _steps(related)
    explanations = wire.with_variables(sound, steps)
    nowhere = told.filter(~pl.col("is_sound") & (pl.col("line") == 0))
    unsound = told.filter(~pl.col("is_sound")).join(nowhere, on="at", how="anti")
    lost = np.concatenate([broken, homeless["row"].to_numpy(), unsound["row"].to_numpy()])
    report = Report(
        verdicts=_verdicts(explanations),
        explanations=explanations,
        steps=steps,
        inlines=_inlines(related),
        calls=pl.DataFrame(schema=wire.CALLS),
        packages=pl.DataFrame(schema=wire.PACKAGES),
        reports=pl.DataFrame(schema=wire.REPORTS),
        oddities=stacked(
            [
                _lines("malformed_line", portion, np.sort(lost)),
                _lines("verdict_without_position", portion, nowhere["row"].to_numpy()),
            ],
            wire.ODDITIES,
        ),
    )
    last = headers[-1] if headers.height else above.header
    above = _Above(int(portion.blob_index[-1]), last) if len(portion.blob_index) else above
    return report, headers.select("blob_index", "package", "gc_version"), above


def _at_home(told: pl.DataFrame, headers: pl.DataFrame, above: _Above) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give every diagnostic the header above it in its blob; and those that have none."""
    told = told.drop("package", "gc_version", "file")
    carried = above.header.with_columns(row=pl.lit(-1, pl.Int64)) if above.header.height else headers.clear()
    headers = pl.concat([carried.filter(pl.col("blob_index") == above.blob_index), headers])
    homes = (
        headers[np.maximum(nearest_above(told["row"].to_numpy(), headers["row"].to_numpy()), 0)]
        if headers.height
        else headers
    )
    if not headers.height:
        return told.clear().with_columns(pl.lit("").alias(name) for name in ("package", "gc_version", "file")), told
    owned = (homes["blob_index"] == told["blob_index"]) & (homes["row"] <= told["row"])
    told = told.with_columns(homes["package"], homes["gc_version"], homes["file"])
    return told.filter(owned), told.filter(~owned)


def _described(told: pl.DataFrame) -> pl.DataFrame:
    """Take messages and ranges apart."""
    leak = pl.col("message").str.extract_groups(PARAMETER).struct
    is_parameter = pl.col("code") == "leak"
    value = pl.when(pl.col("message").str.ends_with(" escapes to heap")).then(
        pl.col("message").str.strip_suffix(" escapes to heap")
    )
    told = told.with_columns(
        _start(pl.col("range")),
        is_parameter=is_parameter,
        subject=pl.when(is_parameter).then(leak.field("subject")).otherwise(value),
        sink=pl.when(is_parameter).then(leak.field("sink")),
        derefs=pl.when(is_parameter).then(leak.field("derefs").cast(pl.Int32, strict=False)),
        function=pl.lit(None, pl.String),
    )
    fits = (pl.col("line") > 0) & (pl.col("column") >= 0) & pl.col("subject").is_not_null()
    return told.with_columns(is_sound=fits.fill_null(value=False))


def _related(sound: pl.DataFrame) -> pl.DataFrame:
    """The related information of all diagnostics, in order; `depth` counts from the diagnostic or its last flow."""
    related = sound.select(pl.col("at").alias("explanation"), pl.col("relatedInformation").alias("related"))
    related = related.explode("related").drop_nulls("related").with_row_index("at")
    location = pl.col("location").struct
    related = related.unnest("related").with_columns(
        _start(location.field("range")), at=pl.col("at").cast(pl.Int64), uri=location.field("uri")
    )
    uris = related["uri"].unique().drop_nulls()
    files = pl.DataFrame(
        {"uri": uris, "file": [_path(uri) for uri in uris]}, schema={"uri": pl.String, "file": pl.String}
    )
    related = related.join(files, on="uri", how="left", maintain_order="left")
    known = (pl.col("line") > 0) & (pl.col("column") >= 0) & (pl.col("file") != _UNNAMED)
    return related.with_columns(pl.when(known).then(name).alias(name) for name in ("file", "line", "column"))


def _start(span: pl.Expr) -> list[pl.Expr]:
    """Where a range starts. The compiler has 8 bits for columns; 255 is one it does not know (cmd/internal/src/pos.go)."""
    start = span.struct.field("start").struct
    column = start.field("character").cast(pl.Int32, strict=False)
    known = pl.when(column < _COLUMN_UNKNOWN).then(column).otherwise(column.clip(upper_bound=0))
    return [start.field("line").cast(pl.Int32, strict=False).alias("line"), known.alias("column")]


def _path(uri: str) -> str:
    """The path in a `file:` URI; the compiler escapes it but leaves relative ones relative."""
    path = unquote(uri.removeprefix("file://"))
    return path[1:] if len(path) > 2 and path[0] == "/" and path[2] == ":" else path


def _steps(related: pl.DataFrame) -> pl.DataFrame:
    both = wire.once_each(related.filter(pl.col("message").str.starts_with(_FLOWS)), _taken_apart)
    return wire.steps_of(both.filter(pl.coalesce("flow_from", "operation").is_not_null()))


def _taken_apart(messages: pl.DataFrame) -> pl.DataFrame:
    """Take messages about flows apart."""
    said = messages.select(pl.col("message").str.strip_prefix(_FLOWS), whole="message")
    is_flow = pl.col("message").str.contains(" flow: ", literal=True) & ~pl.col("message").str.starts_with("     ")
    flows, froms = wire.taken_apart(said.filter(is_flow), FLOW), wire.taken_apart(said.filter(~is_flow), _FROM)
    return pl.concat([flows, froms], how="diagonal").drop("message").rename({"whole": "message"})


def _inlines(related: pl.DataFrame) -> pl.DataFrame:
    """The chain of the diagnostic itself: the entries before its first flow."""
    is_inline = pl.col("message") == "inlineLoc"
    leading = related.filter(is_inline.cum_prod().over("explanation").cast(pl.Boolean)).drop_nulls("line")
    return leading.with_columns(depth=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("explanation"))


def _verdicts(explanations: pl.DataFrame) -> pl.DataFrame:
    """The verdicts on values; those on parameters follow from all that is said of one together."""
    values = explanations.filter(~pl.col("is_parameter"))
    minor = pl.col("gc_version").str.extract(r"go1\.(\d+)").cast(pl.Int32, strict=False)
    is_append = (minor >= _APPEND_REPORTED_SINCE) & pl.col("subject").str.starts_with("append(")
    return values.with_columns(
        kind=pl.when("is_variable").then(pl.lit("moved_to_heap")).otherwise(pl.lit("escapes")),
        expression=pl.when(is_append).then(pl.lit("append")).otherwise("subject"),
        level=pl.lit(None, pl.Int32),
        result=pl.lit(None, pl.String),
    )


def _lines(kind: str, portion: Portion, rows: Int64s) -> pl.DataFrame:
    """Lines that became nothing, with the text of the first."""
    lines = portion.lines
    first = bytes(lines.data[lines.starts[rows[0]] : lines.ends[rows[0]]][:400]) if len(rows) else b""
    frame = pl.DataFrame({"blob_index": portion.blob_index[rows], "line": portion.line_number[rows]})
    return oddities(kind, frame.with_columns(text=pl.lit(first.decode("utf-8", "replace"))))
