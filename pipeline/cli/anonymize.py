"""heapscape anonymize: lakes and profiles for others, without names."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from functools import partial

import click

from pipeline import flow
from pipeline.buckets import is_url
from pipeline.cli.console import answer, say
from pipeline.cli.options import LakePlace, Place, lake_option, leave_out, limits, memory_option
from pipeline.errors import UsageError, of_system
from pipeline.files import written_beside
from pipeline.pseudonyms import Pseudonyms
from pipeline.text import printable
from pipeline.warm import compile_missing


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option(
    "--output",
    "-o",
    "into",
    metavar="DIR",
    type=LakePlace(),
    required=True,
    help="Where the lake, or the profiles, are written: a folder that is empty, or not there.",
)
@click.option(
    "--names",
    "kept",
    metavar="FILE.csv",
    type=Place(),
    help="Write for yourself what each name is called now, to read answers by.",
)
@lake_option
@memory_option
def anonymize(files: tuple[str, ...], into: str, kept: str | None, lake: str, memory: str) -> None:
    """Write the lake, or profiles, without names, for others to look at.

    Functions, packages, files, services, labels, messages and expressions are called n1, n2, ... instead, equal ones alike,
    so that every view says the same with the same numbers. Go's standard library, times, sizes, line numbers, addresses and
    numbers in labels stay; texts that quote an input are left out. FILEs of profiles are written as pprof, a file each.

    \b
      heapscape anonymize -o shared-lake --names names.csv
      heapscape anonymize heap-1.pb.gz heap-2.pb.gz -o shared
      heapscape load --lake shared-lake --db shared.duckdb
    """
    names = Pseudonyms()
    if files:
        _write_profiles(files, into, names, memory=memory)
    else:
        rows = flow.anonymize_lake(lake, into, names=names)
        answer(into)
        say(f"{sum(rows.values()):,} rows of {len(rows):,} tables, {len(names.known()):,} names replaced")
    if kept:
        _write_names(names.known(), kept)


def _write_profiles(files: tuple[str, ...], into: str, names: Pseudonyms, *, memory: str) -> None:
    # Imported here: a lake is written without them.
    from pipeline.outputs.pprof.decoded import profile_of
    from pipeline.outputs.pprof.nameless import nameless
    from pipeline.outputs.pprof.proto import packed

    if is_url(into):
        raise UsageError(f"{into}: profiles are written into a folder on this machine")
    told = partial(leave_out, inputs=files)
    decoded = flow.profiles_in(files, limits=limits(memory), told=told, ready=compile_missing)
    folder = _new_folder(into)
    for number, one in enumerate(decoded, start=1):
        path = os.path.join(folder, f"{number:0{len(str(len(decoded)))}d}.pb.gz")
        with written_beside(path) as draft:
            draft.write_bytes(packed(nameless(profile_of(one), names)))
        answer(path)
    say(f"{len(names.known()):,} names replaced")


def _new_folder(path: str) -> str:
    try:
        os.makedirs(path, exist_ok=True)
        found = os.listdir(path)
    except OSError as error:
        raise of_system(error, where=path, doing="cannot be written into") from error
    if found:
        raise UsageError(f"{path}: there is something already; give a folder that is empty, or not there")
    return path


def _write_names(known: Mapping[str, str], path: str) -> None:
    with written_beside(path) as draft, open(draft, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("now", "name"))
        table.writerows((now, printable(name)) for name, now in known.items())
