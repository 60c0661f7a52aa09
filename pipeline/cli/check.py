"""heapscape check: thresholds for CI and cron."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from pipeline.cli.choices import nothing_fits, parts_of, require_reports
from pipeline.cli.console import STANDARD_OUTPUT, answer_lines, deliver, say, show_query
from pipeline.cli.options import (
    Output,
    Place,
    database_option,
    opened,
    owner_options,
    resource_options,
    show_sql_option,
)
from pipeline.cli.thresholds import LIMITS, Threshold, defaults, each_once
from pipeline.errors import UsageError
from pipeline.outputs import check_json, check_junit, check_markdown, check_sarif, check_text
from pipeline.warehouse import check_questions, growth_questions, questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb

    from pipeline.values import Result

Row = dict[str, Any]

# What a breach ends with; 0 to 3 are taken.
BREACH: Final = 4
# Sites that are told of a series that fails.
_SITES: Final = 5
_OF_HEAPS: Final = frozenset({"growth", "growth_share", "slope", "site_growth"})
_HOW: Final = {
    **dict.fromkeys(("growth", "growth_share", "slope", "site_growth"), "it takes two heap profiles of a series: heapscape collect URL --every 60s --for 10m"),
    **dict.fromkeys(("headroom", "headroom_time"), "it takes MemStats or metrics of a process with GOMEMLIMIT or the label memory_limit; for a time two moments of it"),
    **dict.fromkeys(("goroutines", "goroutine_growth"), "it takes goroutine profiles or dumps, for growth two of a series: heapscape collect URL --kind goroutine --every 60s"),
    **dict.fromkeys(("pause", "pause_p99"), "it takes a log with GODEBUG=gctrace=1, a trace, MemStats or metrics"),
}  # fmt: skip


def _limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--max-growth and the others."""
    told = {
        "--max-growth": "Live bytes that a series may gain from its first profile to its last, or a share of the first.",
        "--max-site-growth": "Live bytes that one allocation site may gain.",
        "--max-slope": "How fast the heap of a series may grow: a straight line through all its profiles.",
        "--min-headroom": "What must be left below GOMEMLIMIT or the label memory_limit, or the time until it is reached.",
        "--max-goroutines": "Goroutines in the last profile or dump of a series; with + how many more than in its first.",
        "--max-pause": "The longest that the GC may stop a program.",
        "--max-pause-p99": "What 99 of 100 of those pauses may not be longer than.",
    }
    for option, help_ in reversed(told.items()):
        limit = LIMITS[option]
        command = click.option(
            option,
            option.strip("-").replace("-", "_"),
            type=limit,
            multiple=True,
            metavar=limit.name,
            help=f"{help_} Such as {limit.example}.",
        )(command)
    return command


@click.command()
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@_limit_options
@click.option(
    "--new-escapes",
    "builds",
    nargs=2,
    metavar="OLD NEW",
    help="Escapes that build NEW has and OLD has not; those that moved to another line are not new.",
)
@click.option(
    "--min-bytes",
    type=LIMITS["--min-bytes"],
    metavar=LIMITS["--min-bytes"].name,
    help="Only new escapes that hold more live bytes, or allocate faster, in production. Such as 1MiB or 100KiB/s.",
)
@owner_options
@click.option("--series", type=int, metavar="ID", help="Only this series, by its id; processes are of none.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("table", "json", "junit", "sarif", "markdown")),
    default="table",
    show_default=True,
    help="How to print the answer.",
)
@click.option(
    "--out", "-o", "path", metavar="FILE", type=Output(), help="Write the answer there; - is standard output."
)
@click.option(
    "--source-dir",
    default=".",
    show_default=True,
    metavar="DIR",
    type=Place(),
    help="The checkout: SARIF names files as they are there, whatever the machine they were built on.",
)
@click.option("--limit", "-n", type=click.IntRange(min=1), default=30, show_default=True, help="Rows of tables.")
@database_option
@resource_options
@show_sql_option
def check(
    inputs: tuple[str, ...],
    builds: tuple[str, str] | None,
    min_bytes: Threshold | None,
    format_: str,
    path: str | None,
    source_dir: str,
    limit: int,
    db: str,
    memory: str,
    threads: int | None,
    show_sql: bool,
    **options: Any,
) -> int:
    """Hold growth, slope, headroom, goroutines, pauses and new escapes against thresholds, for CI and cron.

    Ends with 4 when something is beyond its threshold with the whole of its 95 % interval. What is beyond it, but for all that
    sampling and scatter tell may not be, is `uncertain`: it is said, and does not fail. Without a threshold it checks
    --max-growth 50MiB, --max-slope 10MiB/h, --min-headroom 2h, --max-goroutines +1000 and --max-pause 10ms, as far as
    there is something to measure; what is asked for and cannot be measured is an error. With INPUTs the question is
    about them and no database is kept.

    \b
      heapscape check heaps/ --max-growth 50MiB --max-slope 10MiB/h
      heapscape check --service checkout --min-headroom 2h --format junit -o check.xml
      heapscape check --new-escapes 1.4.1 1.4.2 --min-bytes 1MiB --format sarif -o check.sarif
      heapscape check --max-slope 10MiB/h --show-sql

    Exit codes: 0 all keep to their thresholds, 1 so do those that could be read, 2 usage, 3 nothing could be done, 4 a breach.
    """
    owner = {name: options.pop(name) for name in ("service", "instance", "build", "series")}
    given = each_once(one for several in options.values() for one in several)
    if min_bytes and not builds:
        raise UsageError("--min-bytes is of --new-escapes OLD NEW; give both")
    asked = given or ({} if builds else each_once(defaults()))
    with opened(inputs, db, memory=memory, threads=threads, views=check_questions.VIEWS) as connection:
        if show_sql:
            return _show_sql(connection, asked, owner, builds=builds, least=min_bytes)
        rows, missing = _held(connection, asked, owner, builds=builds, least=min_bytes, is_asked_for=bool(given))
    if not (given or builds):
        say(f"no threshold is given; checked: {', '.join(one.option for one in asked.values())}")
    for option, why in missing.items():
        say(f"{option}: not checked: {why}")
    exit_code = BREACH if any(row["verdict"] == "breach" for row in rows) else 0
    _write(rows, missing, format_=format_, path=path, source_dir=source_dir, limit=limit, exit_code=exit_code)
    say(check_text.summary(rows))
    return exit_code


def _show_sql(
    connection: duckdb.DuckDBPyConnection,
    asked: Mapping[str, Threshold],
    owner: Mapping[str, Any],
    *,
    builds: tuple[str, str] | None,
    least: Threshold | None,
) -> int:
    if asked and builds:
        raise UsageError(
            "--show-sql prints one query; ask for that of the thresholds and that of --new-escapes one after the other"
        )
    found = _new_escapes(connection, builds, least, owner) if builds else _judged(connection, asked, owner)
    show_query(found.question)
    return 0


def _held(
    connection: duckdb.DuckDBPyConnection,
    asked: Mapping[str, Threshold],
    owner: Mapping[str, Any],
    *,
    builds: tuple[str, str] | None,
    least: Threshold | None,
    is_asked_for: bool,
) -> tuple[list[Row], dict[str, str]]:
    """What was measured with its verdicts, what fails first; and why the rest could not be, by option."""
    rows = _measured(connection, asked, owner)
    missing = _missing(connection, asked, rows, owner, is_asked_for=is_asked_for)
    if builds:
        rows = _in_order([*rows, *_escapes(connection, builds, least, owner)])
    _add_sites(connection, rows)
    if _OF_HEAPS & asked.keys() and (singles := _singles(connection, owner)):
        say(f"{singles:,} series with one heap profile {'has' if singles == 1 else 'have'} no growth to check")
    return rows, missing


def _measured(
    connection: duckdb.DuckDBPyConnection, asked: Mapping[str, Threshold], owner: Mapping[str, Any]
) -> list[Row]:
    rows = _judged(connection, asked, owner).table.to_pylist()
    return [{**_finite(row), "option": asked[row["checked"]].option, "sites": []} for row in rows]


def _judged(connection: duckdb.DuckDBPyConnection, asked: Mapping[str, Threshold], owner: Mapping[str, Any]) -> Result:
    return check_questions.measures(connection, {name: one.value for name, one in asked.items()}, **owner)


def _escapes(
    connection: duckdb.DuckDBPyConnection,
    builds: tuple[str, str],
    least: Threshold | None,
    owner: Mapping[str, Any],
) -> Iterator[Row]:
    found = _new_escapes(connection, builds, least, owner)
    option = f"--new-escapes {' '.join(builds)}{f' {least.option}' if least else ''}"
    for row in found.table.to_pylist():
        yield {**_finite(row), "option": option, "sites": []}


def _new_escapes(
    connection: duckdb.DuckDBPyConnection, builds: tuple[str, str], least: Threshold | None, owner: Mapping[str, Any]
) -> Result:
    require_reports(connection, builds)
    return check_questions.new_escapes(
        connection,
        builds,
        least=least.value if least else None,
        is_rate=bool(least and least.checked == "rate"),
        service=owner["service"],
    )


def _finite(row: Row) -> Row:
    """Without numbers that JSON has not: files may say anything."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """What fails first; else as it comes."""
    return sorted(rows, key=lambda row: ("breach", "uncertain", "ok").index(row["verdict"]))


def _missing(
    connection: duckdb.DuckDBPyConnection,
    asked: Mapping[str, Threshold],
    rows: Sequence[Row],
    owner: Mapping[str, Any],
    *,
    is_asked_for: bool,
) -> dict[str, str]:
    """Why a threshold is held against nothing, by option; raises UsageError when it was asked for, or when all are."""
    found = {row["checked"] for row in rows}
    missing = {one.option: _HOW[name] for name, one in asked.items() if name not in found}
    if not missing or (found and not is_asked_for):
        return missing
    every = check_questions.measures(connection, {name: one.value for name, one in asked.items() if name not in found})
    if every.table.num_rows and (parts := parts_of(**owner)):
        raise UsageError(nothing_fits(every.table, parts, noun="measure"))
    option, why = next(iter(missing.items()))
    raise UsageError(
        f"{option}: there is nothing to measure; {why}"
        if is_asked_for
        else f"there is nothing to check: no growth, no headroom, no goroutines, no pauses; of growth {why}"
    )


def _singles(connection: duckdb.DuckDBPyConnection, owner: Mapping[str, Any]) -> int:
    """How many series have one heap profile, of which nothing can be said."""
    counts = questions.series(connection, questions.Selection(**owner), least=1).table["profiles"].to_pylist()
    return counts.count(1)


def _add_sites(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """To the series that do not keep to their thresholds the sites that grew most."""
    failed = [row for row in rows if row["checked"] in _OF_HEAPS and not row["file"] and row["verdict"] != "ok"]
    if not failed:
        return
    ids = sorted({row["series_id"] for row in failed})
    sites = growth_questions.growth(connection, ids, limit=_SITES).table
    told = sites.select(
        ["series_id", "function", "file", "line", "growth_bytes", "relative_error", "reason"]
    ).to_pylist()
    for row in failed:
        row["sites"] = [
            _finite(one) for one in told if one["series_id"] == row["series_id"] and one["growth_bytes"] > 0
        ]


def _write(
    rows: Sequence[Row],
    missing: Mapping[str, str],
    *,
    format_: str,
    path: str | None,
    source_dir: str,
    limit: int,
    exit_code: int,
) -> None:
    """The answer in its format, on standard output or in a file."""
    if format_ == "table" and path is None:
        answer_lines(check_text.text(rows, limit=limit))
        return
    pages: Mapping[str, Callable[[], str]] = {
        "table": lambda: f"{check_text.text(rows, limit=limit)}\n",
        "json": lambda: check_json.page(rows, missing, exit_code=exit_code),
        "junit": lambda: check_junit.page(rows, missing),
        "sarif": lambda: check_sarif.page(rows, missing, locate=partial(_within, source_dir), exit_code=exit_code),
        "markdown": lambda: check_markdown.page(rows, missing, limit=limit),
    }
    deliver(pages[format_](), path or STANDARD_OUTPUT)


def _within(root: str, file: str) -> str | None:
    """The path in a checkout of a file that a profile names, by the longest end of its name that is there."""
    parts = [part for part in file.replace("\\", "/").split("/") if part]
    if ".." in parts or "\0" in file:
        return None
    ends = ("/".join(parts[at:]) for at in range(len(parts)))
    return next((end for end in ends if os.path.isfile(os.path.join(root, end))), None)
