"""The options of `go tool pprof`, by its names, with one dash or two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields, replace
from functools import wraps
from types import MappingProxyType
from typing import Any, Final, TypeVar

import click

from pipeline.cli.console import say
from pipeline.cli.options import Finite
from pipeline.errors import UsageError
from pipeline.outputs.pprof.reports import REPORTS, Entry
from pipeline.outputs.pprof.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])

# Fields of Settings that are a flag for each choice.
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "sort": {"flat": "Sort by flat.", "cum": "Sort by cum."},
    "granularity": {
        "functions": "Add up by function.",
        "filefunctions": "Add up by function and file.",
        "files": "Add up by file.",
        "lines": "Add up by line.",
        "addresses": "Add up by address.",
    },
}
# Shortcuts for a sample type; the last takes means, too.
_SHORTCUTS: Final = {
    "total_delay": "delay",
    "mean_delay": "delay",
    "contentions": "contentions",
    "inuse_space": "inuse_space",
    "inuse_objects": "inuse_objects",
    "alloc_space": "alloc_space",
    "alloc_objects": "alloc_objects",
}
_HELP: Final = {
    "sample_index": "Sample type, by name or number.",
    "mean": "Mean of the values: each divided by the first sample type, a count.",
    "divide_by": "Divide all values.",
    "normalize": "Scale to the total of the base.",
    "unit": "Unit of the values: B, MB, ms, ...; minimum or auto.",
    "focus": "Only samples with a frame that matches, by function, file or binary.",
    "ignore": "Leave out samples with a frame that matches.",
    "hide": "Leave out frames that match.",
    "show": "Only frames that match.",
    "show_from": "Leave out frames that call the outermost one that matches.",
    "prune_from": "Leave out frames that the innermost one that matches calls.",
    "tagfocus": "Only samples with a label that matches: REGEX, KEY=REGEX, or of numbers a range such as 1kb:10kb.",
    "tagignore": "Leave out samples with such a label.",
    "tagshow": "Only labels whose name matches.",
    "taghide": "Leave out labels whose name matches.",
    "tagroot": "Add the values of these labels to each stack as roots: KEY,KEY...",
    "tagleaf": "Add the values of these labels to each stack as leaves.",
    "noinlines": "Count functions that were inlined as those they were inlined into.",
    "showcolumns": "Show columns with lines.",
    "relative_percentages": "Percentages of what the filters leave.",
    "nodecount": "Nodes at most; 0 for all.",
    "nodefraction": "Leave out nodes below this share.",
    "edgefraction": "Leave out calls below this share.",
    "trim": "Leave out what is small; -trim=false shows all.",
    "drop_negative": "Leave out nodes below zero.",
    "trim_path": "Beginnings of file names to cut off, with colons between.",
    "source_path": "Folders of sources, with colons between: file names begin behind their last part.",
    "call_tree": "Tell calls apart by the path they come from, in pictures and callgrind.",
    "compact_labels": "A short heading.",
}
# Of flags that are set unless told otherwise.
_WITH_NO: Final = {"trim": ("-trim/-notrim", "--trim/--no-trim")}
_METAVARS: Final = {
    **dict.fromkeys(("focus", "ignore", "hide", "show", "show_from", "prune_from", "tagshow", "taghide"), "REGEX"),
    **dict.fromkeys(("tagfocus", "tagignore"), "FILTER"),
    **dict.fromkeys(("tagroot", "tagleaf"), "KEYS"),
    **dict.fromkeys(("trim_path", "source_path"), "PATHS"),
    "sample_index": "TYPE",
    "unit": "UNIT",
}


def spellings(name: str) -> tuple[str, ...]:
    """`-show_from` and `--show-from`."""
    return f"-{name}", f"--{name.replace('_', '-')}"


def report_options(command: _Command) -> _Command:
    """A flag for each report; the command gets the `report` asked for, and its `pattern`."""

    @wraps(command)
    def reported(*arguments: Any, **options: Any) -> Any:
        asked = {name: value for name in REPORTS if (value := options.pop(f"report_{name}"))}
        report, pattern = _one_report(asked)
        return command(*arguments, report=report, pattern=pattern, **options)

    for name, entry in reversed(list(REPORTS.items())):
        declared = (*dict.fromkeys((f"-{name}", f"--{name}")), f"report_{name}")
        if entry.takes_pattern:
            option = click.option(*declared, default="", metavar="REGEX", help=f"Report: {entry.help}")
        else:
            option = click.option(*declared, is_flag=True, help=f"Report: {entry.help}")
        reported = option(reported)
    return reported  # type: ignore[return-value]


def _one_report(asked: Mapping[str, str | bool]) -> tuple[Entry, str]:
    if len(asked) > 1:
        raise UsageError(f"must set at most one output format; there are {', '.join(f'-{name}' for name in asked)}")
    if not asked:
        listed = ", ".join(f"-{name}" for name in REPORTS)
        raise UsageError(f"no report is named, and pprof's interactive shell is left out; give one of {listed}")
    ((name, value),) = asked.items()
    return REPORTS[name], value if isinstance(value, str) else ""


def settings_options(
    *, only: Collection[str] | None = None, types: Mapping[str, click.types.ParamType[Any]] = MappingProxyType({})
) -> Callable[[_Command], _Command]:
    """An option for each of pprof's settings; the command gets them as `settings`.

    only   the names of some, and of flags for a sample type; the others are as pprof has them unless told
    types  of options, where they are stricter than pprof
    """
    taken = {one.name: one for one in fields(Settings) if only is None or one.name in only}
    shortcuts = [name for name in _SHORTCUTS if only is None or name in only]
    options = [*_settings(taken.values(), types), *_flags(taken, shortcuts)]

    def decorated(command: _Command) -> _Command:
        @wraps(command)
        def settled(*arguments: Any, **given: Any) -> Any:
            found = {name: given.pop(name) for name in taken if name not in _CHOICES}
            for name, choices in _CHOICES.items():
                if name in taken:
                    found |= _one_choice(name, [choice for choice in choices if given.pop(f"is_{choice}")])
            settings = _with_shortcuts(Settings(**found), [name for name in shortcuts if given.pop(name)])
            return command(*arguments, settings=settings, **given)

        for option in reversed(options):
            settled = option(settled)
        return settled  # type: ignore[return-value]

    return decorated


def _with_shortcuts(settings: Settings, shortcuts: Sequence[str]) -> Settings:
    """With the sample type that the first of some flags stands for, unless it is chosen."""
    for name in shortcuts:
        if settings.sample_index:
            say(f"Multiple value selections, ignoring -{name}")
        else:
            settings = replace(settings, sample_index=_SHORTCUTS[name])
    return replace(settings, mean=True) if "mean_delay" in shortcuts else settings


def _settings(
    taken: Iterable[Field[Any]], types: Mapping[str, click.types.ParamType[Any]]
) -> Iterator[Callable[[_Command], _Command]]:
    for one in taken:
        if one.name in _CHOICES:
            continue
        default, declared, help_ = one.default, (*spellings(one.name), one.name), _HELP[one.name]
        type_ = types.get(one.name)
        if default is True:
            yield click.option(*_WITH_NO[one.name], one.name, default=True, help=help_)
        elif default is False:
            yield click.option(*declared, is_flag=True, help=help_)
        elif isinstance(default, float):
            yield click.option(*declared, type=type_ or Finite(), default=default, show_default=True, help=help_)
        elif isinstance(default, int):
            yield click.option(*declared, type=type_ or int, default=default, metavar="N", help=help_)
        else:
            yield click.option(*declared, type=type_ or str, default=default, metavar=_METAVARS[one.name], help=help_)


def _flags(taken: Collection[str], shortcuts: Iterable[str]) -> Iterator[Callable[[_Command], _Command]]:
    for of_field, choices in _CHOICES.items():
        if of_field in taken:
            for name, help_ in choices.items():
                yield click.option(*dict.fromkeys((f"-{name}", f"--{name}")), f"is_{name}", is_flag=True, help=help_)
    for name in shortcuts:
        means = "-mean " if name == "mean_delay" else ""
        yield click.option(*spellings(name), name, is_flag=True, help=f"{means}-sample_index={_SHORTCUTS[name]}")


def _one_choice(name: str, chosen: Sequence[str]) -> dict[str, str]:
    if len(chosen) > 1:
        raise UsageError(f"conflicting options set: [{' '.join(chosen)}]")
    return {name: chosen[0]} if chosen else {}
