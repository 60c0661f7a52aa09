"""heapscape lake: care of the Parquet lake."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline import flow
from pipeline.cli.console import answer, show_json
from pipeline.cli.options import Finite, lake_option, outcome_option

_SOMETHING_WRONG = 3
_S_PER_HOUR = 3600


@click.group()
def lake() -> None:
    """Check the Parquet lake and tidy it up."""


@lake.command()
@lake_option
@outcome_option
def verify(lake: str, format_: str) -> int:
    """Check that every file is what the manifest says, and that all references land.

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
def sweep(lake: str, hours: float, format_: str) -> None:
    """Remove what crashes left behind: files that no commit lists.

    Nothing that was committed is touched, and no file that heapscape did not write.

    \b
      heapscape lake sweep
      heapscape lake sweep --older-than 1
    """
    removed = flow.sweep_lake(lake, older_than_s=hours * _S_PER_HOUR)
    if format_ == "json":
        show_json(removed)
        return
    for path in removed:
        answer(path)
    answer(f"{lake}: {len(removed):,} file{'s' if len(removed) != 1 else ''} removed")


def _verdict(findings: int) -> str:
    return "sound" if not findings else f"{findings} finding{'s' if findings != 1 else ''}"
