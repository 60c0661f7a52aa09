"""heapscape pprof: what `go tool pprof` prints, of files and of the database."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from pipeline import flow
from pipeline.cli.console import STANDARD_OUTPUT, answer_exactly, deliver, say
from pipeline.cli.options import (
    Output,
    database_option,
    leave_out,
    limits,
    merge_option,
    opened,
    resource_options,
    selection,
    selection_options,
)
from pipeline.cli.pprof_options import report_options, settings_options
from pipeline.cli.profiles import choose_profiles, loaded, prepared
from pipeline.errors import UsageError
from pipeline.files import written_beside
from pipeline.formats.binary.recognise import looks_like_executable
from pipeline.outputs.pprof import decoded
from pipeline.outputs.pprof.fetched import fetched
from pipeline.outputs.pprof.profile import Profile
from pipeline.outputs.pprof.reports import Entry
from pipeline.outputs.pprof.settings import Settings
from pipeline.warm import compile_missing


@click.command()
@click.argument("inputs", nargs=-1, metavar="[FILE...]")
@report_options
@click.option(
    "-base", "--base", "bases", multiple=True, metavar="PROFILE", help="Take this profile off; repeat to add up."
)
@click.option(
    "-diff_base",
    "--diff-base",
    "diff_bases",
    multiple=True,
    metavar="PROFILE",
    help="The same, and percentages are of its total.",
)
@settings_options()
@click.option(
    "-all_frames", "--all-frames", "all_frames", is_flag=True, help="Show frames that the profile asks to drop."
)
@click.option(
    "-add_comment", "--add-comment", "comment", default="", metavar="TEXT", help="Add a comment to the profile."
)
@click.option("-o", "-output", "--output", "output", metavar="FILE", type=Output(), help="Write the report there.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help="This profile of the database, by id or part of its uri; repeat to add up.",
)
@merge_option
@selection_options
@database_option
@resource_options
def pprof(
    inputs: tuple[str, ...],
    report: Entry,
    pattern: str,
    bases: tuple[str, ...],
    diff_bases: tuple[str, ...],
    settings: Settings,
    all_frames: bool,
    comment: str,
    output: str | None,
    profiles: tuple[str, ...],
    merge: bool,
    db: str,
    memory: str,
    threads: int | None,
    **chosen: Any,
) -> None:
    """Print what `go tool pprof` prints, byte for byte: give a report and its options as you would there.

    Of FILEs, which are added up; without one, of the newest heap profile of the database unless told otherwise.
    Two of pprof's things are left out: -disasm, and the interactive shell.

    \b
      heapscape pprof -top -cum heap.pb.gz
      heapscape pprof -tree -focus=store -nodecount=20 --service checkout
      heapscape pprof -peek='store.*Put' -diff_base=before.pb.gz after.pb.gz
      heapscape pprof -proto -tagfocus=tenant=acme -output acme.pb.gz cpu.pb.gz
    """
    if bases and diff_bases:
        raise UsageError("-base and -diff_base flags cannot both be specified")
    named = Named(inputs, profiles, bases or diff_bases, merge, chosen)
    sources, less = (
        _of_files(named, memory=memory) if inputs else _of_database(named, db, memory=memory, threads=threads)
    )
    profile = fetched(
        sources,
        less,
        is_diff=bool(diff_bases),
        is_normalized=settings.normalize,
        has_all_frames=all_frames,
        comment=comment,
    )
    _hand_out(report.write(prepared(profile, settings, kind=report.kind, pattern=pattern)), output)


@dataclass(frozen=True, slots=True)
class Named:
    """Which profiles are asked for: files, or ids and parts of names in a database.

    bases   what is taken off, files where the others are
    chosen  the options of a selection
    """

    inputs: tuple[str, ...]
    profiles: tuple[str, ...]
    bases: tuple[str, ...]
    merge: bool
    chosen: Mapping[str, Any]


def _of_files(named: Named, *, memory: str) -> tuple[list[Profile], list[Profile]]:
    def read(names: Sequence[str]) -> list[Profile]:
        told = partial(leave_out, inputs=names)
        found = flow.profiles_in(names, limits=limits(memory), told=told, ready=compile_missing) if names else ()
        return [decoded.profile_of(one) for one in found]

    return read(_without_program(named.inputs)), read(named.bases)


def _without_program(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same without the executable that may stand first of several, as `go tool pprof` takes it."""
    if len(names) > 1 and os.path.isfile(names[0]):
        with suppress(OSError), open(names[0], "rb") as file:
            if looks_like_executable(file.read(512)):
                say(f"{names[0]}: an executable, which is left out: names are those that the profiles have")
                return names[1:]
    return names


def _of_database(named: Named, db: str, *, memory: str, threads: int | None) -> tuple[list[Profile], list[Profile]]:
    with opened((), db, memory=memory, threads=threads) as connection:

        def read(names: tuple[str, ...], option: str) -> list[Profile]:
            picked = choose_profiles(connection, selection(names, **named.chosen), merge=named.merge, option=option)
            return loaded(connection, picked)

        return read(named.profiles, "--profile"), read(named.bases, "--base") if named.bases else []


def _hand_out(written: str | bytes, output: str | None) -> None:
    if output is None or output == STANDARD_OUTPUT:
        if isinstance(written, bytes):
            deliver(written, STANDARD_OUTPUT)
        else:
            answer_exactly(written)
    else:
        with written_beside(output) as draft:
            draft.write_bytes(written.encode() if isinstance(written, str) else written)
        say(f"Generating report in {output}")
