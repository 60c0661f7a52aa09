"""From what the compiler said to one row per verdict, with its explanation attached.

Text prints an explanation before its verdict and under another name: `x escapes to heap:` explains
`moved to heap: x`, `append(s, 1) escapes to heap:` explains `append escapes to heap`. The JSON log has the
explanations alone, and its verdicts on parameters are worked out from them as the compiler does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl
import pyarrow as pa

from pipeline.errors import DecodeError
from pipeline.formats.escape import log, text, wire
from pipeline.formats.escape.plain import Unmade, plain
from pipeline.formats.escape.recognise import HEAD_BYTES, is_log
from pipeline.formats.escape.sections import LOG, TEXT, Sizes, pieces_of, sections, whole_lines
from pipeline.formats.escape.wire import Report
from pipeline.values import Blob, Column, Decoded, Note

_SIZES: Final = Sizes()
_PLACE: Final = ["blob_index", "package", "file", "line", "column"]
_HEAP_KINDS: Final = ("leaking_param", "leaking_param_content")
_RESULTS_TRACKED: Final = 5

_COLUMNS: Final = {
    "escape_report": ("blob_index", "spelling", "go_version"),
    "escape_package": ("blob_index", "package"),
    "escape_site": (*_PLACE, "kind", "expression", "message", "function", "level", "result"),
    "escape_step": (
        *("site_index", "step", "flow_from", "flow_to", "expression", "operation"),
        *("file", "line", "column"),
    ),
    "escape_inline": ("site_index", "chain", "depth", "file", "line", "column"),
    "inlined_call": (*_PLACE, "function"),
}
_ARROW: Final = {pl.Int64: pa.int64(), pl.Int32: pa.int32(), pl.String: pa.string()}


def decode(blobs: Sequence[Blob], *, sizes: Sizes = _SIZES) -> Iterator[Decoded]:
    """Decode reports: small ones of one spelling together, large ones in sections, so that what is held is bounded."""
    large = [index for index, blob in enumerate(blobs) if blob.large or blob.size_bytes > sizes.enough_bytes]
    small = sorted(set(range(len(blobs))) - set(large))
    logs = [index for index in small if is_log(blobs[index].content)]
    texts = sorted(set(small) - set(logs))
    for batch in _batches(blobs, texts, sizes):
        yield _decoded(text.read(batch))
    for batch in _batches(blobs, logs, sizes):
        report = log.read(batch)
        yield _decoded(report, leaks=_leaks(report))
    for index in large:
        yield from _in_sections(index, blobs[index], sizes)


def _in_sections(index: int, blob: Blob, sizes: Sizes) -> Iterator[Decoded]:
    """Decode one report, section by section; what is said once of all of it comes last.

    Raises DecodeError where the bytes break off, or are others than before, behind sections that were read.
    """
    is_json = is_log(blob.content)
    told: list[pl.DataFrame] = []
    packages: set[str | None] = set()
    refusals: Mapping[int, str] = {}
    is_begun = False
    try:
        for report in _log_sections(index, blob, sizes) if is_json else _text_sections(index, blob, sizes):
            told.append(report.reports)
            new = report.packages.filter(~pl.col("package").is_in(list(packages)))
            packages |= set(new["package"])
            refusals = report.refusals
            part = replace(report, packages=new, reports=report.reports.clear(), refusals={})
            yield _decoded(part, leaks=_leaks(part) if is_json else None)
            is_begun = True
    except DecodeError as error:
        if is_begun:
            raise
        yield Decoded({}, refusals={index: str(error)})
        return
    whole = wire.stacked(told, wire.REPORTS)
    spelled = whole.group_by("blob_index").agg(pl.col("spelling").max(), pl.col("go_version").first())
    yield _decoded(replace(wire.nothing(), reports=spelled, refusals={} if spelled.height else refusals))


def _text_sections(index: int, blob: Blob, sizes: Sizes) -> Iterator[Report]:
    unmade = Unmade(index, head=blob.content[:HEAD_BYTES])
    lines = plain(_lines_of(blob, sizes), unmade)
    for section in sections(lines, spelling=TEXT, sizes=sizes):
        odd, unmade.odd = unmade.odd, []
        yield text.read_plain([(index, section.content)], odd, lines_above=section.lines_above)


def _log_sections(index: int, blob: Blob, sizes: Sizes) -> Iterator[Report]:
    for section in sections(_lines_of(blob, sizes), spelling=LOG, sizes=sizes):
        content, odd = wire.readable(section.content, index, lines_above=section.lines_above)
        yield log.read_plain([(index, content, odd)], lines_above=section.lines_above)


def _lines_of(blob: Blob, sizes: Sizes) -> Iterator[bytes]:
    held_bytes = blob.large.most_held_bytes if blob.large else blob.size_bytes
    return whole_lines(pieces_of(blob, most_bytes=sizes.enough_bytes), most_bytes=held_bytes)


def _batches(blobs: Sequence[Blob], indices: Sequence[int], sizes: Sizes) -> Iterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    size = 0
    for index in indices:
        content = blobs[index].content
        if batch and size + len(content) > sizes.enough_bytes:
            yield batch
            batch, size = [], 0
        batch.append((index, content))
        size += len(content)
    if batch:
        yield batch


def _decoded(report: Report, *, leaks: pl.DataFrame | None = None) -> Decoded:
    """Fold a report into tables; `leaks` are the verdicts on parameters where the report has none of its own."""
    said = wire.stacked([report.verdicts, *([] if leaks is None else [leaks])], wire.VERDICTS).sort("at")
    sites = _distinct(said)
    values, unsaid, lost = _values(report.explanations.filter(~pl.col("is_parameter")), sites)
    sites = pl.concat([sites, unsaid]).sort("at")
    parameters, unowned = _parameters(report.explanations.filter("is_parameter"), sites)
    numbered = sites.select(pl.col("at").alias("site")).with_row_index("site_index").cast(pl.Int64)
    owners = pl.concat([values, parameters]).join(numbered, on="site").sort("site_index", "at")
    frames = {
        "escape_report": report.reports.sort("blob_index"),
        "escape_package": report.packages.sort("blob_index", maintain_order=True),
        "escape_site": _completed(sites, owners.join(report.explanations, on="at", maintain_order="left")),
        "escape_step": _steps(report.steps, owners),
        "escape_inline": _inlines(report.inlines, owners),
        "inlined_call": report.calls.unique(maintain_order=True),
    }
    if leaks is None:
        lost = pl.concat([lost, unowned])
    return Decoded(
        columns={
            name: {column: _array(frames[name][column]) for column in columns} for name, columns in _COLUMNS.items()
        },
        notes=list(_notes(report, repeated=_repeated(said, sites), lost=lost)),
        refusals=report.refusals,
    )


def _distinct(said: pl.DataFrame) -> pl.DataFrame:
    """One row per verdict, named by its first `at`: generic shapes, inlined calls and test builds repeat them."""
    return said.unique([*_PLACE, "kind", "expression", "result"], keep="first", maintain_order=True)


def _matched(explained: pl.DataFrame, sites: pl.DataFrame, *, on: Sequence[str]) -> pl.DataFrame:
    """Pairs of an explanation (`at`) and its verdict (`site`) that agree on the position and these columns."""
    verdicts = sites.select(*_PLACE, *on, pl.col("at").alias("site"))
    found = explained.select(*_PLACE, *on, "at").join(verdicts, on=[*_PLACE, *on], nulls_equal=True)
    return found.select("at", "site")


def _values(explained: pl.DataFrame, sites: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Find the verdict of each explanation of a value: the pairs, verdicts nobody said, and what is left over.

    The closure that a `go` or `defer` statement makes of its call is explained, and allocated, without a verdict;
    it gets one here.
    """
    kind = pl.when("is_variable").then(pl.lit("moved_to_heap")).otherwise(pl.lit("escapes"))
    rest = explained.with_columns(kind=kind, expression=pl.col("subject"))
    pairs = _matched(rest, sites, on=["kind", "expression"])
    rest = rest.join(pairs, on="at", how="anti")
    appends = rest.filter(pl.col("subject").str.starts_with("append(")).with_columns(expression=pl.lit("append"))
    pairs = pl.concat([pairs, _matched(appends, sites, on=["kind", "expression"])])
    rest = rest.join(pairs, on="at", how="anti")
    free = sites.filter(pl.col("kind") == "escapes").join(pairs, left_on="at", right_on="site", how="anti")
    pairs = pl.concat([pairs, _rewritten(rest, free)])
    rest = rest.join(pairs, on="at", how="anti")
    unsaid = rest.join(free, on=_PLACE, how="anti", nulls_equal=True).filter(pl.col("is_variable").is_not_null())
    nothing = [pl.lit(None, pl.Int32).alias("level"), pl.lit(None, pl.String).alias("result")]
    # The verdict on an append, which may be in another section, is shortened.
    is_append = pl.col("subject").str.starts_with("append(")
    unsaid = unsaid.with_columns(expression=pl.when(is_append).then(pl.lit("append")).otherwise("subject"))
    new = _distinct(wire.stacked([unsaid.with_columns(nothing).sort("at")], wire.VERDICTS))
    pairs = pl.concat([pairs, _matched(unsaid, new, on=["kind", "expression"])])
    return pairs, new, rest.join(unsaid, on="at", how="anti").select("blob_index", "at", "message")


def _rewritten(rest: pl.DataFrame, free: pl.DataFrame) -> pl.DataFrame:
    """Pair what stands alone on either side of a position.

    Since Go 1.25 a constant takes the place of a variable between explanation and verdict
    (escape.go, rewriteWithLiterals): `i escapes to heap in F:`, then `3000 escapes to heap`.
    """
    alone = rest.filter(pl.col("subject").n_unique().over(_PLACE) == 1) if rest.height else rest
    verdict = free.filter(pl.len().over(_PLACE) == 1) if free.height else free
    return _matched(alone, verdict, on=["kind"])


def _parameters(explained: pl.DataFrame, sites: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the verdict of each explanation of a parameter: the pairs, and explanations that have none.

    A flow to a result belongs to the verdict on that result. Where there is none, the result was one too many to
    track or itself on the heap, so it belongs to the verdict on the heap, if it is among the shortest ways there.
    """
    rest = explained.with_columns(expression=pl.col("subject"), result=pl.col("sink"))
    pairs = _matched(rest, sites.drop_nulls("result"), on=["expression", "result"])
    rest = rest.join(pairs, on="at", how="anti")
    heap = sites.filter(pl.col("kind").is_in(_HEAP_KINDS))
    ways = _matched(rest, heap, on=["expression"]).join(rest.select("at", "derefs", "sink"), on="at")
    ways = ways.join(heap.select(pl.col("at").alias("site"), "kind"), on="site")
    needed = pl.when(pl.col("kind") == "leaking_param").then(0).otherwise(pl.col("derefs").min().over("site"))
    shortest = ways.filter(pl.col("derefs") == needed)
    to_result = pl.col("sink").str.contains(r"(?:^|\.)~r\d+$")
    shortest = shortest.filter(~to_result | to_result.all().over("site"))
    unowned = rest.join(ways, on="at", how="anti")
    moved = sites.filter(pl.col("kind") == "moved_to_heap")
    unowned = unowned.join(moved, on=[*_PLACE, "expression"], how="anti", nulls_equal=True)
    return pl.concat([pairs, shortest.select("at", "site")]), unowned.select("blob_index", "at", "message")


def _leaks(report: Report) -> pl.DataFrame:
    """The verdicts on parameters that follow from their flows (escape/leaks.go: AddHeap, AddResult, Optimize).

    A parameter that is itself on the heap has no other verdict, nor has one of a wrapper the compiler generates.
    Whether a named variable is a result of the function the log does not say: it is taken for one unless it is
    known to be on the heap.
    """
    moved = report.verdicts.filter(pl.col("kind") == "moved_to_heap")
    unnamed = pl.col("subject").str.contains(r"(?:^|\.)(?:~p\d+|\.this)$")
    diagnosed = (pl.col("file") != "<autogenerated>") & ~unnamed
    leaks = report.explanations.filter(pl.col("is_parameter") & diagnosed)
    leaks = leaks.with_columns(expression=pl.col("subject"))
    leaks = leaks.join(moved, on=[*_PLACE, "expression"], how="anti", nulls_equal=True)
    on_heap = moved.select("blob_index", "package", sink="expression", moved="expression").unique()
    leaks = leaks.join(on_heap, on=["blob_index", "package", "sink"], how="left", nulls_equal=True)
    result_index = pl.col("sink").str.extract(r"~r(\d+)$").cast(pl.Int32, strict=False).fill_null(0)
    is_tracked = (result_index < _RESULTS_TRACKED) & pl.col("moved").is_null()
    to_heap = pl.col("sink").str.starts_with("{") | ~is_tracked
    parameter = [*_PLACE, "expression"]
    leaks = leaks.with_columns(
        result=pl.when(~to_heap).then("sink"), shortest=pl.col("derefs").filter(to_heap).min().over(parameter)
    )
    leaks = leaks.filter(
        pl.col("result").is_null() | pl.col("shortest").is_null() | (pl.col("derefs") < pl.col("shortest"))
    )
    found = leaks.group_by([*parameter, "result"]).agg(
        pl.col("at").min(), pl.col("derefs").min().alias("level"), pl.col("message").first()
    )
    kind = (
        pl.when(pl.col("result").is_not_null())
        .then(pl.lit("leaking_param_to_result"))
        .when(pl.col("level") == 0)
        .then(pl.lit("leaking_param"))
        .otherwise(pl.lit("leaking_param_content"))
    )
    return found.with_columns(kind=kind)


def _completed(sites: pl.DataFrame, explained: pl.DataFrame) -> pl.DataFrame:
    """Sites with what only their explanations tell: the function, and how deep a parameter's content leaks."""
    told = explained.group_by("site").agg(
        pl.col("function").drop_nulls().first(), pl.col("derefs").min().alias("shortest")
    )
    sites = sites.join(told, left_on="at", right_on="site", how="left", maintain_order="left")
    is_content = pl.col("kind") == "leaking_param_content"
    return sites.with_columns(level=pl.when(is_content).then(pl.coalesce("level", "shortest")).otherwise("level"))


def _steps(steps: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """The steps of each verdict's explanations, one behind the other, repeated explanations once."""
    owned = steps.join(owners.select("site_index", pl.col("at").alias("explanation")), on="explanation")
    owned = owned.sort("site_index", "explanation", "at")
    many = owners.filter(pl.len().over("site_index") > 1)["site_index"].unique()
    told = owned.filter(pl.col("site_index").is_in(many.implode()))
    fields = pl.concat_str(
        "flow_from", "flow_to", "expression", "operation", "file", "line", "column", separator="\0", ignore_nulls=True
    )
    chains = told.group_by("site_index", "explanation", maintain_order=True).agg(fields.str.join("\n").alias("chain"))
    first = chains.unique(["site_index", "chain"], keep="first", maintain_order=True)
    repeated = chains.join(first, on=["site_index", "explanation"], how="anti")
    kept = owned.join(repeated, on=["site_index", "explanation"], how="anti", maintain_order="left")
    return kept.with_columns(step=pl.int_range(pl.len(), dtype=pl.Int32).over("site_index"))


def _inlines(inlines: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """The inlined calls of each verdict: its distinct chains, numbered in the order they were told in."""
    told = inlines.join(owners.select("site_index", pl.col("at").alias("explanation")), on="explanation")
    place = pl.concat_str("file", "line", "column", separator="\0").str.join("\n").alias("place")
    chains = told.sort("explanation", "depth").group_by("site_index", "explanation", maintain_order=True).agg(place)
    first = chains.unique(["site_index", "place"], keep="first", maintain_order=True).sort("site_index", "explanation")
    numbered = first.with_columns(chain=pl.int_range(pl.len(), dtype=pl.Int32).over("site_index"))
    kept = told.join(numbered, on=["site_index", "explanation"])
    return kept.sort("site_index", "chain", "depth")


def _repeated(said: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """The verdicts that were said before."""
    again = said.join(sites, on="at", how="anti", maintain_order="left")
    return again.select("blob_index", "at", "message")


def _notes(report: Report, *, repeated: pl.DataFrame, lost: pl.DataFrame) -> Iterator[Note]:
    """What became nothing, counted by blob and kind, with the first of each."""
    tallies = report.oddities.group_by("blob_index", "kind", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("line").first(), pl.col("text").first()
    )
    for row in tallies.sort("blob_index", "kind").iter_rows(named=True):
        yield Note(
            row["blob_index"], row["kind"], row["count"], f"line {row['line']}: {row['text']}".removesuffix(": ")
        )
    for kind, frame in (("duplicate_verdict", repeated), ("explanation_without_verdict", lost)):
        counted = frame.sort("at").group_by("blob_index", maintain_order=True).agg(pl.len(), pl.col("message").first())
        for blob_index, count, message in counted.iter_rows():
            yield Note(blob_index, kind, count, message[: wire.EXAMPLE_CHARS])


def _array(column: pl.Series) -> Column:
    return column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_ARROW[type(column.dtype)])
