"""heapscape lake: care of the Parquet lake."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline import flow
from pipeline.cli.console import output, show_json
from pipeline.cli.options import lake_option, outcome_option

_SOMETHING_WRONG = 3


@click.group()
def lake() -> None:
    """Check the Parquet lake."""


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
            output().print(f"{finding.severity}: {finding.path}: {finding.problem}; {finding.advice}", markup=False)
        output().print(f"{lake}: {_verdict(len(findings))}", markup=False)
    return _SOMETHING_WRONG if any(finding.severity == "error" for finding in findings) else 0


def _verdict(findings: int) -> str:
    return "sound" if not findings else f"{findings} finding{'s' if findings != 1 else ''}"
