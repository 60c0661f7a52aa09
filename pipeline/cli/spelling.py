"""How options are spelled: with one dash or two, as Go's flags are, so that what people have in their fingers from pprof works.

Of one dash click would make a letter and its value, or several letters: `-hide=json` were an option `-h`, and `-i`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import click

from pipeline.text import printable

# What a command takes in place of another's option, and why.
_INSTEAD: Final = {
    "db": ("lake", "this is about the lake that a database is made of; name that with --lake DIR"),
    "trace": ("profile", "a trace is chosen as profiles are: with --profile"),
    "profile": ("trace", "a trace is chosen with --trace"),
    "lake": (
        "db",
        "answers come from the database; make it with heapscape load --lake DIR, and name it with --db FILE",
    ),
}

# Of `go tool pprof`, with what does the like here; the others of its own words are no options of a command.
_PICTURE: Final = "heapscape flame, and -dot and -svg of heapscape pprof"
_NAMING: Final = (
    "heapscape run with the executable among its INPUTs, which names the addresses of profiles that have no names"
)
_FETCHING: Final = "heapscape collect, which asks running services"
_ELSEWHERE: Final = {
    "http": "heapscape serve",
    "web": _PICTURE,
    "svg": _PICTURE,
    "png": _PICTURE,
    "pdf": _PICTURE,
    "ps": _PICTURE,
    "gif": _PICTURE,
    "disasm": "go tool pprof itself",
    "interactive": "heapscape sql",
    "seconds": _FETCHING,
    "timeout": _FETCHING,
    "symbolize": _NAMING,
    "tools": _NAMING,
    "buildid": _NAMING,
}
# The shortest way to say how many rows, which pprof's commands have another word for.
_ROWS: Final = ("n", "limit", "top")
# strconv.ParseBool.
_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True")
_FALSE: Final = ("0", "f", "F", "FALSE", "false", "False")


class Spelling(click.Group):
    """A group whose commands take their options with one dash or two."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            own = {name for option in self.get_params(ctx) for name in option.opts}
            name = next(one for one in words if one.startswith("-") and one not in own).partition("=")[0]
            raise click.NoSuchOption(
                name,
                f"No such option '{name}' here: options stand behind the command, as in {ctx.command_path} COMMAND {name} ...; --help has the commands",
                ctx=ctx,
            ) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and os.path.exists(args[0]) and self.get_command(ctx, args[0]) is None:
            ctx.fail(
                f"{printable(args[0])} is a file or a folder; a command stands before it: {ctx.command_path} --help has them all"
            )
        name, command, rest = super().resolve_command(ctx, args)
        if command is None or isinstance(command, click.Group):
            return name, command, rest
        # The command's own context is not there yet, and its usage belongs to what is said.
        context = click.Context(command, parent=ctx, info_name=name)
        found = spelled(command, rest, context=context)
        if rest and not rest[0].startswith("-") and not any(isinstance(one, click.Argument) for one in command.params):
            known = " or ".join(f"{one.opts[0]} {rest[0]}" for one in command.params if one.name in ("lake", "db"))
            context.fail(f"{rest[0]} stands alone, and {context.command_path} takes options; write {known or '--help'}")
        return name, command, found


def spelled(command: click.Command, arguments: Sequence[str], *, context: click.Context | None = None) -> list[str]:
    """The same arguments as click reads them; raises NoSuchOption with the whole of an unknown name."""
    context = context or click.Context(command)
    return list(_spelled(_options(command, context), list(arguments), context=context))


def _options(command: click.Command, context: click.Context) -> Mapping[str, tuple[str, click.Option]]:
    """Options by name without dashes, each with the spelling that click knows."""
    found: dict[str, tuple[str, click.Option]] = {}
    # Click makes its own once, for whoever asks first, and that may be somebody with other names for it.
    own = click.Option(sorted(command.get_help_option_names(context)), is_flag=True)
    for option in (own, *command.params):
        if isinstance(option, click.Option):
            for spelling in (*option.opts, *option.secondary_opts):
                found.setdefault(spelling.lstrip("-"), (spelling, option))
    return found


def _spelled(
    options: Mapping[str, tuple[str, click.Option]], arguments: list[str], *, context: click.Context
) -> Iterator[str]:
    while arguments:
        argument = arguments.pop(0)
        if argument == "--":
            yield from (argument, *arguments)
            return
        if not argument.startswith("-") or argument == "-":
            yield argument
            continue
        name, equals, value = argument.lstrip("-").partition("=")
        if name not in options and _is_letter_with_value(argument, options):
            yield argument
            continue
        if name not in options:
            raise _unknown(argument.partition("=")[0], name, options, context=context)
        spelling, option = options[name]
        if not option.is_flag and not option.count:
            yield f"{spelling}{equals}{value}" if len(name) > 1 or not equals else f"{spelling}{value}"
            if not equals:
                if option.nargs > 1 and any(
                    each.lstrip("-") in options for each in arguments[: option.nargs] if each[:1] == "-"
                ):
                    raise click.BadOptionUsage(
                        spelling, f"Option '{spelling}' takes {option.nargs} values: {option.metavar}.", ctx=context
                    )
                # What follows is its value, whatever it looks like.
                yield from (arguments.pop(0) for _ in range(min(option.nargs, len(arguments))))
        elif not equals or value in _TRUE:
            yield spelling
        elif value in _FALSE and option.secondary_opts:
            yield option.secondary_opts[0]
        elif value not in _FALSE:
            raise click.BadOptionUsage(
                spelling, f"Option '{spelling}' is true or false, and {value!r} is neither.", ctx=context
            )


def _is_letter_with_value(argument: str, options: Mapping[str, tuple[str, click.Option]]) -> bool:
    """Whether it is one like `-n20` or `-o./file`: a letter, and a value that no name could go on with."""
    if argument.startswith("--") or len(argument) < 3 or argument[1] not in options:
        return False
    return not options[argument[1]][1].is_flag and not (argument[2].isalpha() or argument[2] in "_=")


def _unknown(
    typed: str, name: str, options: Mapping[str, tuple[str, click.Option]], *, context: click.Context
) -> click.NoSuchOption:
    # Commands that take some of its options.
    is_its_own = "focus" in options and name in _of_pprof(context)
    instead = f"heapscape pprof -{name}" if is_its_own else _ELSEWHERE.get(name)
    if instead:
        return click.NoSuchOption(
            typed, f"No such option '{typed}': for what it does in go tool pprof there is {instead}.", ctx=context
        )
    if name in _ROWS and "nodecount" in options:
        return click.NoSuchOption(
            typed, f"No such option '{typed}': how many rows are shown says -nodecount.", ctx=context
        )
    if name in _INSTEAD and name not in options and _INSTEAD[name][0] in options:
        return click.NoSuchOption(typed, f"No such option '{typed}' here: {_INSTEAD[name][1]}.", ctx=context)
    words = [one for one in options if len(one) > 1]
    begins = [one for one in words if len(name) > 1 and one.startswith(name)]
    near = get_close_matches(name.replace("-", "_"), words, 3, 0.6)
    dashes = typed[: len(typed) - len(typed.lstrip("-"))]
    listed = ", ".join(f"{dashes}{one}" for one in dict.fromkeys([*begins, *near]))
    said = f" Did you mean {listed}?" if listed else f" See which there are with: {context.command_path} --help"
    return click.NoSuchOption(typed, f"No such option '{typed}'.{said}", ctx=context)


def _of_pprof(context: click.Context) -> set[str]:
    """The options that `heapscape pprof` takes as go tool pprof does."""
    root = context.find_root()
    command = root.command.get_command(root, "pprof") if isinstance(root.command, click.Group) else None
    return {one.lstrip("-") for option in (command.params if command else ()) for one in option.opts}
