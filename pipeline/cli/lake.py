"""heapscape lake: care of the Parquet lake."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from pipeline import flow
from pipeline.cli.console import answer, show_json
from pipeline.cli.moments import Age
from pipeline.cli.options import Finite, label_option, lake_option, outcome_option
from pipeline.cli.spelling import Spelling
from pipeline.errors import UsageError
from pipeline.lake.keep import Kept
from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable

_SOMETHING_WRONG = 3


@click.group(cls=Spelling)
def lake() -> None:
    """Check the Parquet lake and tidy it up."""


@lake.command()
@lake_option
@outcome_option
def verify(lake: str, format_: str) -> int:
    """Check that every file is what the lake's logs say, and that all references land.

    Leftovers of a crash are named and are no fault. The exit code is 3 when something is wrong.

    \b
      heapscape lake verify
    """
    findings = list(flow.verify_lake(lake))
    if format_ == "json":
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            answer(f"{finding.severity}: {finding.path}: {finding.problem}; {finding.advice}")
        answer(f"{lake}: {_verdict(len(findings))}")
    return _SOMETHING_WRONG if any(finding.severity == "error" for finding in findings) else 0


@lake.command()
@lake_option
@click.option(
    "--older-than",
    "hours",
    type=Finite(min=0),
    metavar="HOURS",
    default=24,
    show_default=True,
    help="Leave what was touched since: a younger file may be one that another process is about to commit.",
)
@outcome_option
def vacuum(lake: str, hours: float, format_: str) -> None:
    """Remove files that crashes and compactions left behind: those that no log lists.

    Nothing that counts is touched.

    \b
      heapscape lake vacuum
      heapscape lake vacuum --older-than 1
    """
    removed = flow.vacuum_lake(lake, older_than_hours=hours)
    if format_ == "json":
        show_json(removed)
        return
    for path in removed:
        answer(path)
    answer(f"{lake}: {len(removed):,} file{'s' if len(removed) != 1 else ''} removed")


@lake.command()
@lake_option
@outcome_option
def compact(lake: str, format_: str) -> None:
    """Merge small files, so that a lake that is added to every few minutes stays fast to open and to read.

    No row changes, and symbols that many batches brought are kept once. The files that were merged stay until a vacuum.

    \b
      heapscape lake compact
      heapscape lake vacuum
    """
    _say_kept(lake, flow.compact_lake(lake), format_)


@lake.command()
@lake_option
@click.option(
    "--older-than",
    "age",
    type=Age(),
    metavar="AGE",
    required=True,
    help="What was taken longer ago than this is to go: 30d, 12h.",
)
@outcome_option
def expire(lake: str, age: timedelta, format_: str) -> None:
    """Take out what is old: its rows, and symbols that nothing else speaks of.

    A profile or a trace that does not say when it was taken, a report and an executable go by when they were read.
    All stay known, so that old files in a folder that is ingested again do not come back. The next load takes them out
    of the database; the files stay until a vacuum.

    \b
      heapscape lake expire --older-than 30d
      heapscape lake vacuum
    """
    if not age:
        raise UsageError(
            "--older-than 0: all is older than that, and nothing would stay; say how much to keep, such as 1h, or remove the folder"
        )
    _say_kept(lake, flow.expire_lake(lake, before=datetime.now(UTC) - age), format_)


@lake.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@lake_option
@label_option
@outcome_option
def relabel(inputs: tuple[str, ...], lake: str, labels: dict[str, str], format_: str) -> None:
    """Give sources that the lake has other labels, without reading them again.

    An INPUT is a file, a folder, a glob or a URL, as it was offered. Labels that are not named stay. The next load makes
    the database anew.

    \b
      heapscape lake relabel artefacts/ --label service=pay
      heapscape load
    """
    if not labels:
        raise UsageError("no labels; give some with --label, such as --label service=pay")
    told = flow.relabel_lake(lake, inputs, labels)
    if format_ == "json":
        show_json(told)
        return
    for uri in told:
        answer(uri)
    said = " ".join(f"{key}={value}" for key, value in labels.items())
    answer(f"{lake}: {len(told):,} source{'s' if len(told) != 1 else ''} labelled {said}")


@lake.command()
@lake_option
@outcome_option
def info(lake: str, format_: str) -> None:
    """What the lake holds and what it weighs, by table, day and service.

    \b
      heapscape lake info
      heapscape lake info --format json
    """
    found = flow.describe_lake(lake)
    if format_ == "json":
        show_json(asdict(found))
        return
    total = sum(weight.size_bytes for weight in found.tables.values())
    counted = ", ".join(f"{count:,} {name}" for name, count in found.sources.items() if count)
    answer(f"{lake}: batch {found.batch}, {readable(total, unit='bytes')}, sources: {counted}")
    for title, weights in (("table", found.tables), ("day", found.days)):
        rows = [(name, f"{one.files:,}", f"{one.rows:,}", _size(one.size_bytes)) for name, one in weights.items()]
        _answer_table([(title, "files", "rows", "size"), *rows])
    _answer_table([("service", "profiles"), *((name or "-", f"{count:,}") for name, count in found.services.items())])
    _answer_table([("note", "sources"), *((name, f"{count:,}") for name, count in found.notes.items())])


def _size(size_bytes: int) -> str:
    return readable(size_bytes, unit="bytes")


def _answer_table(rows: list[tuple[str, ...]]) -> None:
    if len(rows) > 1:
        answer("")
        for line in aligned(rows, right=range(1, len(rows[0]))):
            answer(line)


def _say_kept(lake: str, kept: Kept, format_: str) -> None:
    if format_ == "json":
        show_json(asdict(kept))
        return
    for name, (before, after) in kept.files.items():
        sizes = kept.size_bytes[name]
        answer(
            f"{name}: {before:,} → {after:,} files, {readable(sizes[0], unit='bytes')} → {readable(sizes[1], unit='bytes')}"
        )
    answer(f"{lake}: {len(kept.files):,} table{'s' if len(kept.files) != 1 else ''} changed")


def _verdict(findings: int) -> str:
    return "sound" if not findings else f"{findings} finding{'s' if findings != 1 else ''}"
