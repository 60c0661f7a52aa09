"""heapscape ingest: decode inputs into the lake."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from typing import Final

import click

from pipeline import flow
from pipeline.cli.cluster import check_paths, cluster
from pipeline.cli.console import answer, progress, say, say_losses, say_refusals, show_json
from pipeline.cli.options import (
    again,
    check_content_option,
    jobs_options,
    label_option,
    lake_option,
    limits,
    memory_option,
    outcome_option,
    typed,
)
from pipeline.errors import PipelineError, UsageError
from pipeline.warm import compile_missing
from pipeline.workers import workers

_SOME_REFUSED = 1
_NOTHING_DONE = 3
# Inputs that hold what is counted as well: what an input is called, how the receipt names what it holds, and people; told is
# what there is, and the first in any case.
_HOLDING: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "escape report": ("escape report", {"site": "site"}),
    "log": ("log", {"cycle": "GC cycle", "logged goroutine": "goroutine"}),
    "goroutine dump": ("goroutine dump", {"dumped goroutine": "goroutine"}),
    "memstats": ("MemStats dump", {"memstats moment": "moment"}),
    "metrics": ("metrics file", {"metrics moment": "moment"}),
}
# Inputs that are named one by one; the rest is a count.
_NAMED: Final = 3
_HELD: Final = {held for _, holding in _HOLDING.values() for held in holding}


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@lake_option
@label_option
@check_content_option
@jobs_options
@outcome_option
@memory_option
def ingest(
    inputs: tuple[str, ...],
    lake: str,
    labels: dict[str, str],
    check_content: bool,
    jobs: int,
    scheduler: str | None,
    format_: str,
    memory: str,
) -> int:
    """Decode INPUTs into the Parquet lake.

    An INPUT is a file, a folder, a glob, a zip or tar archive, or - for standard input; gzip, zstd, bzip2 and xz
    are taken off. So is a URL: s3://, gs:// or az:// of an object or a folder, http:// of what a service answers.
    Formats are known by content. What is in the lake already is skipped, a file with the path, size and time of
    change it had then without being read, an object with the same ETag; what was refused is tried again.

    \b
      heapscape ingest profiles/ --label service=checkout
      heapscape ingest s3://bucket/profiles --lake s3://bucket/lake
      heapscape ingest http://localhost:6060/debug/pprof/heap
      heapscape ingest /shared/profiles --lake /shared/lake --scheduler tcp://scheduler:8786
    """
    started = time.monotonic()
    receipt = ingest_with_progress(
        inputs,
        lake,
        labels=labels,
        check_content=check_content,
        jobs=jobs,
        scheduler=scheduler,
        memory=memory,
    )
    say_receipt(receipt, seconds=time.monotonic() - started)
    if format_ == "json":
        show_json(_as_json(receipt))
    else:
        answer(f"lake {lake} is at batch {receipt.batch}")
    return exit_code(receipt)


def ingest_with_progress(
    inputs: tuple[str, ...],
    lake: str,
    *,
    labels: Mapping[str, str],
    check_content: bool,
    jobs: int,
    scheduler: str | None,
    memory: str,
    skip: Sequence[str] = (),
) -> flow.Receipt:
    """Ingest in this process, in several, or on a cluster, with a bar on a terminal."""
    if scheduler:
        check_paths(inputs, lake)
    try:
        with (
            progress("decoding", None) as advance,
            cluster(scheduler) if scheduler else workers(jobs) as executor,
        ):
            receipt = flow.ingest(
                inputs,
                lake,
                labels=labels,
                limits=limits(memory),
                skip=skip,
                executor=executor,
                check_content=check_content,
                # Who runs a cluster warms its workers.
                ready=None if scheduler else compile_missing,
                advance=advance,
            )
    except BrokenProcessPool as error:
        raise PipelineError(
            "a decoding process was killed, for want of memory perhaps; what was committed stays. "
            "Run it again with fewer --jobs or less --memory"
        ) from error
    if not (receipt.ingested or receipt.known or receipt.refusals):
        raise UsageError(f"{', '.join(inputs)}: no files there; hidden ones are skipped unless named")
    return receipt


def say_receipt(receipt: flow.Receipt, *, seconds: float) -> None:
    """What went in and what did not, on standard error."""
    parts = [
        _counted(name, count, within=receipt.ingested)
        for name, count in sorted(receipt.ingested.items())
        if name not in _HELD
    ]
    whole = sum(count for name, count in receipt.ingested.items() if name not in _HELD)
    inputs = whole + len(receipt.refusals) + receipt.known
    line = f"{inputs:,} input{'s' if inputs != 1 else ''}: {', '.join(parts) or 'nothing new'}"
    if receipt.known:
        line += f" · {receipt.known:,} already there"
    if receipt.refusals:
        line += f" · {len(receipt.refusals):,} refused"
    say(f"{line}  {seconds:.1f} s")
    say_refusals(receipt.refusals, again=again())
    say_losses(receipt.losses, again=again())
    if receipt.unlike:
        count = len(receipt.unlike)
        some = ", ".join(receipt.unlike[:_NAMED]) + (f" and {count - _NAMED:,} more" if count > _NAMED else "")
        say(
            f"  labels stay: {count:,} input{'s were' if count > 1 else ' was'} there already under other labels than these: {some}; "
            f"to change them: heapscape lake relabel INPUT... --label KEY=VALUE{typed('lake')}"
        )


def exit_code(receipt: flow.Receipt) -> int:
    """1 when something was refused, 3 when all was."""
    if not receipt.refusals:
        return 0
    return _SOME_REFUSED if receipt.ingested or receipt.known else _NOTHING_DONE


def _as_json(receipt: flow.Receipt) -> Mapping[str, object]:
    return {
        "batch": receipt.batch,
        "ingested": dict(receipt.ingested),
        "known": receipt.known,
        "refused": [{"uri": uri, "reason": reason} for uri, reason in receipt.refusals],
        "unlike": list(receipt.unlike),
        "lost": [asdict(loss) for loss in receipt.losses],
    }


def _counted(name: str, count: int, *, within: Mapping[str, int]) -> str:
    if name in _HOLDING:
        noun, (first, *others) = _HOLDING[name][0], _HOLDING[name][1].items()
        there = [first, *(one for one in others if within.get(one[0]))]
        return f"{_number(count, noun)} ({', '.join(_number(within.get(held, 0), what) for held, what in there)})"
    if name == "binary":
        return f"{count:,} {'binary' if count == 1 else 'binaries'}"
    return _number(count, name if name == "trace" else f"{name} profile")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"
