"""Options that several commands share."""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from pipeline import config, flow
from pipeline.buckets import SCHEMES, is_url, local_path
from pipeline.cli.console import STANDARD_OUTPUT, say_losses, say_refusals
from pipeline.cli.moments import Age, TakenAt, spelled
from pipeline.errors import PipelineError, UsageError
from pipeline.inputs.limits import MEMORY_FOR_ONE, Limits
from pipeline.outputs import tabular
from pipeline.text import printable, storable
from pipeline.warm import compile_missing

if TYPE_CHECKING:
    import duckdb

    from pipeline.warehouse.questions import Selection

_Command = TypeVar("_Command", bound=Callable[..., Any])

# Go's compressor reaches 1:1032 on zeros; nothing honest comes near it.
_MAX_RATIO = 1_000
_MAX_MEMBERS = 1_000_000
_MAX_DEPTH = 2
# Inputs that are written out; of more a shell's glob is meant.
_MOST_NAMED = 3


class Place(click.types.StringParamType):
    """A path that DuckDB can open; an empty one, from a variable that is not set, would quietly be the default."""

    name = "path"
    may_be_url = False
    may_be_stdout = False
    expected = "a file on this machine was expected"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("it is empty; name a file or a folder", param, ctx)
        if storable(value) != value:
            self.fail(f"{value!r} is not text in UTF-8, and DuckDB opens no such file; name another", param, ctx)
        value = local_path(value)
        if value == STANDARD_OUTPUT and not self.may_be_stdout:
            self.fail("standard output, which - is elsewhere, it cannot be; a file of this name is ./-", param, ctx)
        if "://" in value and not (self.may_be_url and is_url(value)):
            self.fail(f"{value}: {self.expected}", param, ctx)
        return super().convert(value, param, ctx)


class LakePlace(Place):
    """The same in a folder or in a bucket."""

    may_be_url = True
    expected = f"a lake is a folder, or in a bucket at {', '.join(f'{scheme}://' for scheme in SCHEMES)}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        value = super().convert(value, param, ctx)
        if os.path.isfile(value):
            self.fail(f"{printable(value)}: it is a file; {self.expected}", param, ctx)
        return value


class Output(Place):
    """The same for what is written, which may go to standard output as `-`."""

    may_be_stdout = True


class Finite(click.FloatRange):
    """A number in a range; `nan` is in every range, as Python compares."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class Moment(click.ParamType):  # type: ignore[type-arg]
    """A time since a trace began, in nanoseconds: `10ms`, `1.5s`, `250us`, `2m`; a bare number is nanoseconds."""

    name = "time"
    _UNITS: Final = {"": 1, "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|)", str(value), re.ASCII)
        if not found:
            self.fail(f"{value!r} is no time; write a number and ns, us, ms, s or m, such as 10ms", param, ctx)
        fraction = found[2] or ""
        return int(found[1] + fraction) * self._UNITS[found[3]] // 10 ** len(fraction)


def setting(declared: config.Setting, **attributes: Any) -> Callable[[_Command], _Command]:
    """The option for a declared setting."""
    return click.option(
        f"--{declared.name}",
        envvar=declared.environment,
        default=declared.default,
        show_default=declared.default is not None,
        show_envvar=True,
        help=declared.help,
        **attributes,
    )


def lake_option(command: _Command) -> _Command:
    """--lake DIR"""
    return setting(config.LAKE, metavar="DIR", type=LakePlace())(command)


def database_option(command: _Command) -> _Command:
    """--db FILE"""
    return setting(config.DATABASE, metavar="FILE", type=Place())(command)


def resource_options(command: _Command) -> _Command:
    """--memory SIZE and --threads N"""
    command = setting(config.THREADS, type=click.IntRange(min=1))(command)
    return memory_option(command, least=config.LEAST_MEMORY)


def memory_option(command: _Command, *, least: str = config.LEAST_DECODING_MEMORY) -> _Command:
    """--memory SIZE"""
    return setting(config.MEMORY, metavar="SIZE", callback=partial(_check_size, least=least))(command)


def format_option(command: _Command) -> _Command:
    """--format for answers that are tables"""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(tabular.FORMATS),
        default="table",
        show_default=True,
        help="How to print the answer.",
    )(command)


def show_sql_option(command: _Command) -> _Command:
    """--show-sql"""
    return click.option(
        "--show-sql",
        is_flag=True,
        help="Print the query in place of its answer: it runs as it is in DuckDB, on the file, and in `heapscape sql`.",
    )(command)


def outcome_option(command: _Command) -> _Command:
    """--format for commands that say what they did"""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(("table", "json")),
        default="table",
        show_default=True,
        help="How to print what was done.",
    )(command)


def jobs_options(command: _Command) -> _Command:
    """--jobs N and --scheduler ADDRESS"""
    command = setting(config.SCHEDULER, metavar="ADDRESS")(command)
    return setting(config.JOBS, type=click.IntRange(min=1))(command)


def label_option(command: _Command) -> _Command:
    """--label KEY=VALUE, repeatable"""
    return click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="KEY=VALUE",
        callback=_read_labels,
        help="Label for every input; service, instance and build are the ones views use. Repeat for more.",
    )(command)


def check_content_option(command: _Command) -> _Command:
    """--check-content"""
    return click.option(
        "--check-content",
        is_flag=True,
        help="Read files too that are known by path, size and time of change.",
    )(command)


def selection_options(command: _Command) -> _Command:
    """Which profiles a question is about."""
    command = owner_options(span_options(command))
    kinds = "Only profiles of this kind: heap, allocs, cpu, goroutine, mutex, block, trace, ..."
    command = click.option("--kind", metavar="KIND", help=kinds)(command)
    return click.option("--series", type=int, metavar="ID", help="Only this series, by its id.")(command)


def merge_option(command: _Command) -> _Command:
    """--merge"""
    return click.option(
        "--merge",
        is_flag=True,
        help="Add up all profiles that fit: not the newest alone, and those of a --profile that is a part of several names.",
    )(command)


def owner_options(command: _Command) -> _Command:
    """Whose profiles or traces a question is about."""
    for name in ("service", "instance", "build"):
        command = click.option(f"--{name}", metavar=name.upper(), help=f"Only this {name}.")(command)
    return command


def span_options(command: _Command) -> _Command:
    """--since, --until and --last: when what a question is about was taken. The command gets `since` and `until`."""
    options = (
        click.option(
            "--since",
            type=TakenAt(),
            metavar="MOMENT",
            help="Only what was taken then or later, UTC: 2026-11-30, 2026-11-30T12:00:00Z, or 2h ago.",
        ),
        click.option(
            "--until",
            type=TakenAt(is_end=True),
            metavar="MOMENT",
            help="Only what was taken then or before; a day counts whole.",
        ),
        click.option(
            "--last",
            type=Age(),
            metavar="AGE",
            help="Only what was taken in the last 2h, 30m, 7d; before --until or now.",
        ),
    )

    @wraps(command)
    def within(
        *arguments: Any, since: datetime | None, until: datetime | None, last: timedelta | None, **more: Any
    ) -> Any:
        since, until = _span(since, until, last)
        return command(*arguments, since=since, until=until, **more)

    for option in reversed(options):
        within = option(within)
    return within  # type: ignore[return-value]


def _span(
    since: datetime | None, until: datetime | None, last: timedelta | None
) -> tuple[datetime | None, datetime | None]:
    if since is not None and last is not None:
        raise UsageError("--since and --last both say where a span of time begins; leave one of them out")
    if last is not None:
        try:
            since = (until or datetime.now(UTC).replace(tzinfo=None)) - last
        except OverflowError as error:
            raise UsageError("--last reaches back to before there were years; give it fewer days") from error
    if since is not None and until is not None and since > until:
        raise UsageError(
            f"--since {spelled(since)} is later than --until {spelled(until)}, so nothing was taken between them"
        )
    return since, until


def selection(profiles: Sequence[str] = (), **options: Any) -> Selection:
    """The Selection that the options of `selection_options` make."""
    # It comes with DuckDB, which who brings something into a lake need not wait for.
    from pipeline.warehouse.questions import Selection

    return Selection(**options, profiles=tuple(profiles))


def limits(memory: str) -> Limits:
    """What one input may cost: a twelfth of the memory for its plain bytes, which columns and tables multiply."""
    return Limits(
        max_plain_bytes=config.size_bytes(memory) // MEMORY_FOR_ONE,
        max_ratio=_MAX_RATIO,
        max_members=_MAX_MEMBERS,
        max_depth=_MAX_DEPTH,
    )


def typed(*names: str) -> str:
    """Those of some options that were typed, as another command needs them to be about the same."""
    context = click.get_current_context(silent=True)
    if context is None:
        return ""
    given = [name for name in names if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    return "".join(f" --{name} {shlex.quote(context.params[name])}" for name in given)


def again() -> str:
    """What another command needs to be about the same: inputs that are asked alone, or the --db that was typed."""
    context = click.get_current_context(silent=True)
    inputs = context.params.get("inputs") if context else None
    if context is None or not inputs or "lake" in context.params:
        return typed("db")
    return f" {shlex.join(inputs) if len(inputs) <= _MOST_NAMED else 'INPUT...'}"


@contextmanager
def opened(
    inputs: Sequence[str], db: str, *, memory: str, threads: int | None, views: Sequence[str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database; or, when inputs are named, one made of them for this question only, with the views it asks."""
    if inputs and typed("db"):
        raise UsageError(
            f"--db {db} and inputs: an answer is of one or the other; leave --db out, or put the inputs in with: "
            f"heapscape run INPUT...{typed('db')}{_by_name(inputs)}"
        )
    if not inputs:
        with flow.open_warehouse(db, threads=threads, memory=memory) as connection:
            yield connection
        return
    if os.path.exists(db) and (hint := _by_name(inputs)):
        raise UsageError(f"{', '.join(_no_files(inputs))}: no such file or folder{hint}")
    told = partial(leave_out, inputs=inputs)
    with flow.once(
        inputs,
        limits=limits(memory),
        threads=threads,
        memory=memory,
        views=views,
        told=told,
        ready=compile_missing,
    ) as connection:
        yield connection


def _by_name(inputs: Sequence[str]) -> str:
    """How those that are no files are chosen if the database calls something so, behind a semicolon; empty where each may be a file."""
    missing = _no_files(inputs)
    taken = {one for option in click.get_current_context().command.params for one in option.opts}
    chosen = next((one for one in ("--profile", "--trace") if one in taken), None)
    if not missing or chosen is None:
        return ""
    words = ("--base", chosen) if "--base" in taken and len(missing) == 2 else (chosen,) * len(missing)
    named = " ".join(f"{word} {shlex.quote(one)}" for word, one in zip(words, missing, strict=True))
    return f"; what the database calls so is chosen with: {named}"


def _no_files(inputs: Sequence[str]) -> list[str]:
    return [one for one in inputs if one and one != "-" and not (re.search(r"[/*?\[]", one) or os.path.lexists(one))]


def leave_out(receipt: flow.Receipt, *, inputs: Sequence[str]) -> None:
    """Say which inputs, and what of them, the answer is without; raises PipelineError when none is left."""
    if not (receipt.ingested or receipt.refusals):
        raise UsageError(f"{', '.join(inputs)}: no files there; hidden ones are skipped unless named")
    say_refusals(receipt.refusals, again=again())
    say_losses(receipt.losses, again=again())
    if not receipt.ingested:
        raise PipelineError("nothing of what was given could be read, so there is no answer")
    if receipt.refusals:
        click.get_current_context().obj.extend(uri for uri, _ in receipt.refusals)


def _check_size(context: click.Context, parameter: click.Parameter, value: str, *, least: str) -> str:
    try:
        size = config.size_bytes(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if size < config.size_bytes(least):
        raise click.BadParameter(f"{value} is too little for anything; {least} is the least that works")
    return value


def _read_labels(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE; write it like service=checkout")
        if storable(value) != value:
            raise click.BadParameter(f"{value!r} is not text in UTF-8; write it in UTF-8")
        if labels.setdefault(key, text) != text:
            raise click.BadParameter(
                f"{key} is {labels[key]!r} and {text!r}; an input has one value of a label: leave one out"
            )
    return labels
