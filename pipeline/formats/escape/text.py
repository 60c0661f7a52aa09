"""The text spellings: what `-gcflags=-m` and `-m=2` print, bare, inside a build's log or inside `go build -json`.

The grammar is that of cmd/compile/internal/escape (escape.go, solve.go) and base/print.go, Go 1.22 to 1.27.
Explanations of `-m=2` repeat the position of what they explain on every line; their verdict comes later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from pipeline.formats.escape import wire
from pipeline.formats.escape.plain import Unmade, plain
from pipeline.formats.escape.recognise import HEAD_BYTES
from pipeline.formats.escape.wire import Portion, Report, nearest_above, oddities, stacked

_EXPLAINING: Final = re.compile(rb"[^\n]{0,4096}?: {3}")

_HEADER: Final = r"^# (?:(?P<package>[^\s\[\]]+)(?: \[[^\s\[\]]+\])?|\[(?P<vetted>[^\s\[\]]+)\])$"
_NUMBERS: Final = r"(:[0-9]+(?::[0-9]+)?)$"
_RESPLIT: Final = r"^(?s)(?P<prefix>.*?:[0-9]+): (?P<message>.*)$"
_LEAK: Final = r"^leaking param: (?P<expression>.*?)(?: to result (?P<result>\S+) level=(?P<level>\d+))?$"
_VALUE: Final = r"^(?P<subject>.*) escapes to heap(?: in (?P<function>.*))?:$"
PARAMETER: Final = (
    r"^parameter (?P<subject>\S+) leaks to (?P<sink>\{storage for .*\}|\S+)"
    r"(?: for (?P<function>.*?))? with derefs=(?P<derefs>\d+):?$"
)
FLOW: Final = r"^ +flow: (?P<flow_to>\{storage for .*?\}|\S+) (?:←|=) (?P<flow_from>[&*]*(?:\{storage for .*\}|\S+)):$"
_FROM: Final = r"^    from (?P<expression>.*) \((?P<operation>[^()]+)\) at (?P<where>.*)$"
_WHY_AT: Final = r"( \([^()]+\) at [^()]*)$"
# A verdict on a variable of the compiler's own making has no place in a file.
_NOWHERE: Final = (
    r"^(?:<unknown line number>: |moved to heap: |leaking param|[^:]+(?: escapes to heap| does not escape)$)"
)
_PASSED_OVER: Final = (
    r"^(?:assuming .* is unsafe uintptr$|marking .* as escaping |mutates param: |calls param: "
    r"|should not PGO devirtualize |imprecise interface call$|index bounds check elided$)"
    r"| capturing by (?:ref|value): | ignoring self-assignment in | considered 'big'; reducing max cost"
)
_ONLY_VERBOSE: Final = r"^cannot inline |^can inline .* with cost \d+ as: "
_UNKNOWN: Final = "<unknown line number>"
_ZERO_COPY: Final = "zero-copy string->[]byte conversion"
_UNMUTATED: Final = " does not escape, mutate, or call"


@dataclass(frozen=True, slots=True)
class _Above:
    """The package header in force where a part of a large blob begins."""

    blob_index: int = -1
    package: str | None = None


def read(contents: Sequence[tuple[int, bytes]]) -> Report:
    """Read text reports, each given with its blob index."""
    ready, odd = [], []
    for index, content in contents:
        unmade = Unmade(index, head=content[:HEAD_BYTES])
        ready.append((index, b"".join(plain([content], unmade))))
        odd += unmade.odd
    return read_plain(ready, odd)


def read_plain(ready: Sequence[tuple[int, bytes]], odd: Sequence[pl.DataFrame] = (), *, lines_above: int = 0) -> Report:
    """Read what `plain` made of text reports, and what was `odd` about it; `lines_above` are before each of them."""
    reports: list[Report] = []
    above, at = _Above(), 0
    for some in wire.pieces(ready, is_start=_is_start, lines_above=lines_above):
        portion = wire.portion_of(some)
        report, above = _portion(portion, above, at=at)
        reports.append(report)
        at += len(portion.blob_index)
    found = [*odd, *(_unterminated(index, content, lines_above) for index, content in ready)]
    return _joined(reports, found, blob_indices=[index for index, _ in ready])


def _is_start(content: bytes, position: int) -> bool:
    return _EXPLAINING.match(content, position) is None


def _unterminated(blob_index: int, content: bytes, lines_above: int) -> pl.DataFrame:
    """A last line without a line feed may be cut off anywhere, in a name too."""
    if not content or content.endswith(b"\n"):
        return pl.DataFrame(schema=wire.ODDITIES)
    text = content[content.rfind(b"\n") + 1 :][:400].decode("utf-8", "replace")
    return wire.oddity("unterminated_line", blob_index, line=lines_above + content.count(b"\n") + 1, text=text)


def _joined(reports: Sequence[Report], found: Sequence[pl.DataFrame], *, blob_indices: Sequence[int]) -> Report:
    seen = stacked((report.reports for report in reports), wire.REPORTS)
    spelled = seen.group_by("blob_index", maintain_order=True).agg(
        pl.col("spelling").max(), pl.col("go_version").first()
    )
    recognised = set(spelled["blob_index"])
    unread = [index for index in blob_indices if index not in recognised]
    return Report(
        verdicts=stacked((report.verdicts for report in reports), wire.VERDICTS),
        explanations=stacked((report.explanations for report in reports), wire.EXPLANATIONS),
        steps=stacked((report.steps for report in reports), wire.STEPS),
        inlines=pl.DataFrame(schema=wire.INLINES),
        calls=stacked((report.calls for report in reports), wire.CALLS),
        packages=stacked((report.packages for report in reports), wire.PACKAGES).unique(maintain_order=True),
        reports=spelled,
        oddities=stacked([report.oddities for report in reports] + list(found), wire.ODDITIES),
        refusals=dict.fromkeys(
            unread,
            "no line of it is a message of the Go compiler's escape analysis or inliner; "
            "build with -gcflags=-m or -gcflags=-m=2 and keep what goes to standard error",
        ),
    )


def _portion(portion: Portion, above: _Above, *, at: int) -> tuple[Report, _Above]:
    """Read some consecutive lines; `at` is the place of the first among all."""
    frame = _resplit(_frame(portion))
    frame, above = _with_packages(frame, above)
    told = _placed(frame.filter(pl.col("role").is_not_null() & ~pl.col("role").is_in(["flow", "from", "warning"])))
    sound = told.filter("is_sound")
    explanations, steps, odd = _explained(frame, told)
    calls = sound.filter(pl.col("message").str.starts_with("inlining call to ")).with_columns(
        function=pl.col("message").str.strip_prefix("inlining call to ")
    )
    report = Report(
        verdicts=_verdicts(sound).with_columns(pl.col("row").alias("at") + at),
        explanations=explanations.with_columns(pl.col("at") + at),
        steps=steps.with_columns(pl.col("explanation") + at, pl.col("at") + at),
        inlines=pl.DataFrame(schema=wire.INLINES),
        calls=calls,
        packages=sound.drop_nulls("package").select("blob_index", "package").unique(maintain_order=True),
        reports=_spellings(sound),
        oddities=stacked([_unread(frame, told), odd], wire.ODDITIES),
    )
    return report, above


def _frame(portion: Portion) -> pl.DataFrame:
    prefix, message = wire.prefixes_and_messages(portion.lines)
    frame = pl.DataFrame(
        {
            "row": np.arange(len(prefix)),
            "blob_index": portion.blob_index,
            "line_number": portion.line_number,
            "is_separated": portion.lines.separated,
            "prefix": prefix,
            "message": message,
        }
    )
    ends_in_digit = (portion.lines.data[portion.lines.separators - 1] - ord("0")) < 10
    return frame.with_columns(to_split=pl.Series(~ends_in_digit & portion.lines.separated))


def _resplit(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut behind the position where the first `: ` is not behind it (`stderr: ./main.go:5:2: ...`), then name roles."""
    odd = frame.filter("to_split")
    if odd.height:
        whole = odd.select(
            "row", pl.concat_str("prefix", pl.lit(": "), "message").str.extract_groups(_RESPLIT).alias("part")
        )
        better = whole.unnest("part").drop_nulls().with_columns(pl.col("prefix").str.replace(r"^(?s).*: ", ""))
        frame = frame.update(better, on="row", how="left") if better.height else frame
    return frame.with_columns(role=pl.when("is_separated").then(_role()))


def _role() -> pl.Expr:
    """What a message is, told by its fixed words; null for the messages of others."""
    message = pl.col("message").str
    return (
        pl.when(message.starts_with("    from "))
        .then(pl.lit("from"))
        .when(message.starts_with("  flow: "))
        .then(pl.lit("flow"))
        .when(message.starts_with("  warning: truncated explanation"))
        .then(pl.lit("warning"))
        .when(message.starts_with("inlining call to ") | message.starts_with("can inline "))
        .then(pl.lit("inlining"))
        .when(message.starts_with("cannot inline ") | message.starts_with("devirtualizing "))
        .then(pl.lit("inlining"))
        .when(message.starts_with("PGO devirtualizing "))
        .then(pl.lit("inlining"))
        .when(message.starts_with("moved to heap: "))
        .then(pl.lit("moved_to_heap"))
        .when(message.starts_with("leaking param content: "))
        .then(pl.lit("leaking_param_content"))
        .when(message.starts_with("leaking param: "))
        .then(pl.lit("leaking_param"))
        .when(pl.col("message") == _ZERO_COPY)
        .then(pl.lit("zero_copy"))
        .when(message.starts_with("parameter ") & message.contains(" leaks to ", literal=True))
        .then(pl.lit("parameter"))
        .when(message.ends_with(" escapes to heap"))
        .then(pl.lit("escapes"))
        .when(message.ends_with(" does not escape") | message.ends_with(_UNMUTATED))
        .then(pl.lit("does_not_escape"))
        .when(message.ends_with(":") & message.contains(" escapes to heap", literal=True))
        .then(pl.lit("value"))
    )


def _with_packages(frame: pl.DataFrame, above: _Above) -> tuple[pl.DataFrame, _Above]:
    """Give every line the import path of the header above it in its blob."""
    marked = frame.filter(~pl.col("is_separated") & pl.col("prefix").str.starts_with("# "))
    headers = marked.select("row", "blob_index", pl.col("prefix").str.extract_groups(_HEADER).alias("part")).unnest(
        "part"
    )
    headers = headers.with_columns(package=pl.coalesce("package", "vetted")).drop_nulls("package")
    owner = frame["blob_index"].to_numpy()
    last = nearest_above(frame["row"].to_numpy(), headers["row"].to_numpy())
    owners = np.append(headers["blob_index"].to_numpy(), -1)
    names = pl.concat([headers["package"], pl.Series([above.package, None], dtype=pl.String)])
    outside = np.where(owner == above.blob_index, headers.height, headers.height + 1)
    package = names.gather(np.where(owners[last] == owner, last, outside))
    is_header = np.zeros(frame.height, bool)
    is_header[headers["row"].to_numpy()] = True
    frame = frame.with_columns(package=package, is_header=pl.Series(is_header))
    return frame, _Above(int(owner[-1]), package[-1]) if frame.height else above


def _placed(told: pl.DataFrame) -> pl.DataFrame:
    """Take positions apart; `is_place` says that there is one, `is_sound` that its numbers are numbers of lines."""
    placed = _place(told, "prefix")
    return placed.with_columns(is_place=pl.col("file").is_not_null(), is_sound=pl.col("line").is_not_null())


def _place(frame: pl.DataFrame, position: str) -> pl.DataFrame:
    """File, line and column of a position, the column 0 where there is none; null for what is not one."""
    frame = frame.with_columns(tail=pl.col(position).str.extract(_NUMBERS))
    numbers = pl.col("numbers").list
    file = pl.col(position).str.strip_suffix(pl.col("tail"))
    frame = frame.with_columns(
        numbers=pl.col("tail").str.split(":"),
        file=pl.when(file != "").then(file),
    ).with_columns(
        line=numbers.get(1, null_on_oob=True).cast(pl.Int32, strict=False),
        column=numbers.get(2, null_on_oob=True).fill_null("0").cast(pl.Int32, strict=False),
    )
    fits = (pl.col("line") > 0) & pl.col("column").is_not_null() & pl.col("file").is_not_null()
    return frame.drop("tail", "numbers").with_columns(
        pl.when(fits).then(name).alias(name) for name in ("line", "column")
    )


def _verdicts(sound: pl.DataFrame) -> pl.DataFrame:
    told = sound.filter(~pl.col("role").is_in(["inlining", "parameter", "value"]))
    leaking = wire.taken_apart(told.filter(pl.col("role") == "leaking_param"), _LEAK)
    to_result = pl.col("result").is_not_null()
    leaking = leaking.with_columns(
        kind=pl.when(to_result).then(pl.lit("leaking_param_to_result")).otherwise("role"),
        level=pl.col("level").fill_null("0").cast(pl.Int32, strict=False),
    )
    told = told.filter(pl.col("role") != "leaking_param")
    others = told.with_columns(kind=pl.col("role"), expression=_expression())
    return pl.concat([leaking, others], how="diagonal").sort("row")


def _expression() -> pl.Expr:
    """What a verdict is about, between or beside its fixed words."""
    message, role = pl.col("message").str, pl.col("role")
    return (
        pl.when(role == "moved_to_heap")
        .then(message.strip_prefix("moved to heap: "))
        .when(role == "leaking_param_content")
        .then(message.strip_prefix("leaking param content: "))
        .when(role == "zero_copy")
        .then(message.strip_prefix("zero-copy "))
        .when(role == "escapes")
        .then(message.strip_suffix(" escapes to heap"))
        .otherwise(message.strip_suffix(_UNMUTATED).str.strip_suffix(" does not escape"))
    )


def _explained(frame: pl.DataFrame, told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The explanations of `-m=2`, their steps, and oddities among their lines."""
    heads = told.filter(pl.col("role").is_in(["parameter", "value"]))
    below = _under_heads(frame.filter(pl.col("role").is_in(["flow", "from", "warning"])), heads)
    orphans = below.filter(pl.col("explanation").is_null() & (pl.col("prefix") != _UNKNOWN))
    below = below.drop_nulls("explanation").sort("explanation", "row")
    both = wire.once_each(below.filter(pl.col("role") != "warning"), _taken_apart).with_columns(at=pl.col("row"))
    is_read = pl.coalesce("flow_from", "operation").is_not_null()
    steps = wire.steps_of(both.filter(is_read))
    explanations = _explanations(heads.filter("is_sound")).with_columns(at=pl.col("row"))
    odd = [
        _lines("malformed_line", orphans),
        _lines("malformed_line", both.filter(~is_read)),
        _lines("truncated_explanation", below.filter(pl.col("role") == "warning")),
    ]
    return wire.with_variables(explanations, steps), steps, stacked(odd, wire.ODDITIES)


def _under_heads(below: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Give every line of an explanation the row of its first line: the nearest above with the same position."""
    if not below.height or not heads.height:
        return below.with_columns(explanation=pl.lit(None, pl.Int64))
    nearest = nearest_above(below["row"].to_numpy(), heads["row"].to_numpy())
    head = heads[np.maximum(nearest, 0)]
    is_same = (
        (head["prefix"] == below["prefix"]) & (head["blob_index"] == below["blob_index"]) & pl.Series(nearest >= 0)
    )
    below = below.with_columns(explanation=pl.when(is_same).then(head["row"]))
    # Where a build's jobs write into one log, lines of several explanations are mixed.
    mixed = below.filter(pl.col("explanation").is_null()).drop("explanation")
    if not mixed.height:
        return below
    starts = heads.select("blob_index", "prefix", "row", pl.col("row").alias("explanation")).sort("row")
    found = mixed.sort("row").join_asof(starts, on="row", by=["blob_index", "prefix"], check_sortedness=False)
    return pl.concat([below.drop_nulls("explanation"), found.select(below.columns)]).sort("row")


def _taken_apart(messages: pl.DataFrame) -> pl.DataFrame:
    """Take lines below the first of an explanation apart."""
    is_flow = pl.col("message").str.starts_with("  flow: ")
    flows = wire.taken_apart(messages.filter(is_flow), FLOW)
    return pl.concat([flows, _expressions(messages.filter(~is_flow))], how="diagonal")


def _expressions(froms: pl.DataFrame) -> pl.DataFrame:
    """Take each `from EXPR (WHY) at POS` of `message` apart."""
    # A pattern that is anchored at the end only is searched for from there, many times as fast as one with groups.
    froms = froms.with_columns(tail=pl.col("message").str.extract(_WHY_AT))
    usual = froms.drop_nulls("tail")
    split = pl.col("tail").str.strip_prefix(" (").str.splitn(") at ", 2)
    body = pl.col("message").str.strip_prefix("    from ").str
    usual = usual.with_columns(
        expression=body.head(body.len_chars().cast(pl.Int64) - pl.col("tail").str.len_chars()),
        operation=split.struct.field("field_0"),
        where=split.struct.field("field_1"),
    )
    unusual = wire.taken_apart(froms.filter(pl.col("tail").is_null()), _FROM)
    froms = pl.concat([usual, unusual]).drop("tail")
    return _place(froms, "where").with_columns(file=pl.when(pl.col("line").is_not_null()).then("file"))


def _explanations(heads: pl.DataFrame) -> pl.DataFrame:
    """Take the first lines of explanations apart."""
    parameters = wire.taken_apart(heads.filter(pl.col("role") == "parameter"), PARAMETER)
    values = wire.taken_apart(heads.filter(pl.col("role") == "value"), _VALUE)
    both = pl.concat([parameters, values.with_columns(message=pl.col("subject") + " escapes to heap")], how="diagonal")
    is_parameter = pl.col("role") == "parameter"
    derefs = pl.col("derefs").cast(pl.Int32, strict=False)
    known = both.filter(pl.col("subject").is_not_null() & (derefs.is_not_null() | ~is_parameter)).sort("row")
    return known.with_columns(is_parameter=is_parameter, derefs=derefs)


def _spellings(sound: pl.DataFrame) -> pl.DataFrame:
    """`m2` where a line has what only `-m=2` says."""
    role, message = pl.col("role"), pl.col("message")
    is_verbose = role.is_in(["parameter", "value"]) | ((role == "inlining") & message.str.contains(_ONLY_VERBOSE))
    spelled = sound.group_by("blob_index", maintain_order=True).agg(is_verbose.any())
    spelling = pl.when("role").then(pl.lit("m2")).otherwise(pl.lit("m"))
    return spelled.select("blob_index", spelling.alias("spelling"), pl.lit(None, pl.String).alias("go_version"))


def _unread(frame: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Lines that became nothing: those of other tools, those without a place, those with absurd numbers."""
    absurd = told.filter(pl.col("is_place") & ~pl.col("is_sound"))
    strange = frame.filter(pl.col("role").is_null() & ~pl.col("is_header"))
    strange = strange.filter(
        ~pl.col("message").str.contains(_PASSED_OVER) & ((pl.col("prefix") != "") | pl.col("is_separated"))
    )
    placeless = told.filter(~pl.col("is_place")).select(frame.columns)
    strange = _whole(pl.concat([strange, placeless]))
    is_nowhere = pl.col("text").str.contains(_NOWHERE)
    odd = [
        _lines("malformed_line", absurd),
        oddities("verdict_without_position", strange.filter(is_nowhere)),
        oddities("other_diagnostics", strange.filter(~is_nowhere)),
    ]
    return stacked(odd, wire.ODDITIES)


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    rest = pl.when("is_separated").then(pl.lit(": ") + pl.col("message")).otherwise(pl.lit(""))
    return frame.select("blob_index", pl.col("line_number").alias("line"), (pl.col("prefix") + rest).alias("text"))


def _lines(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    return oddities(kind, _whole(frame))
