"""Our queries as anybody can run them: with the values in the places of parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby
from textwrap import dedent
from typing import Final

from pipeline.values import Question

# What a `$name` in it is none: texts, quoted names, comments.
_TOKEN: Final = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\$(?P<name>[a-z_]+)""")


class Expression(str):
    """SQL that stands in the place of a parameter as it is."""

    __slots__ = ()


def runnable(question: Question, instead: Mapping[str, object] | None = None) -> str:
    """The query as one text that DuckDB runs on the published file, each parameter as a literal.

    instead  parameter -> what to write in the place of what it was asked with
    """
    values = {**question.parameters, **(instead or {})}

    def written(found: re.Match[str]) -> str:
        return found[0] if found["name"] is None else literal(values[found["name"]])

    return _TOKEN.sub(written, dedent(question.text).strip())


def literal(value: object) -> str:
    """A value as SQL writes it; raises TypeError for one that our queries are not asked with."""
    match value:
        case Expression():
            return value
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case datetime():
            return f"TIMESTAMP '{value}'"
        case date():
            return f"DATE '{value}'"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_text(str(key))}: {literal(one)}' for key, one in value.items())}}}"
        case _:
            raise TypeError(f"{type(value).__name__}: not a type that SQL has a literal for")


def _text(value: str) -> str:
    """A text; a character that a terminal would obey, or nobody would see, is told by its number."""
    if value.isprintable():
        return _quoted(value)
    runs = groupby(value, key=lambda one: one if not one.isprintable() else "")
    parts = [
        _quoted("".join(run)) if not one else " || ".join(f"chr({ord(same)})" for same in run) for one, run in runs
    ]
    return f"({' || '.join(parts)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
