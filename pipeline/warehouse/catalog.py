"""What can be asked: tables, views, macros and functions with their columns and meanings, as they are declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from pipeline.errors import QueryError
from pipeline.schema import Table, tables
from pipeline.sqldoc import Declaration
from pipeline.warehouse.modules import modules

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\w+(?:\.\w+)*")
# As many as a screen has room for, with their columns.
_FEW = 4
# What tells of all there is.
_CATALOG = re.compile(r"\b(?:duckdb_\w+|pragma_\w+|information_schema|show|summarize|describe)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to ask.

    name     as it stands behind FROM, or in front of parentheses
    kind     `table`, `view`, `macro` (behind FROM, with arguments) or `function`
    columns  their names, of a function its parameters
    """

    name: str
    kind: str
    summary: str
    columns: tuple[str, ...]


def entries() -> Iterator[Entry]:
    """All that people ask; private ones, whose names begin with `_`, are left out."""
    for name, table in sorted(tables().items()):
        yield Entry(name, "table", table.summary, tuple(column.name for column in table.columns))
    for name, module in sorted(modules().items()):
        if "._" in name:
            continue
        columns = tuple(module.columns) or tuple(item.name for item in module.items)
        yield Entry(name.removeprefix("main."), module.kind.lower(), module.summary, columns)


def declared(name: str) -> str:
    """The SQL that makes a table, a view or a macro; raises QueryError for what there is not."""
    found = _found(name)
    return found.declaration.text if isinstance(found, Table) else found.text


def explained(name: str) -> str:
    """What one row is, what could surprise, and every column; raises QueryError for what there is not."""
    found = _found(name)
    declaration = found.declaration if isinstance(found, Table) else found
    lines = [f"{declaration.kind.lower()} {declaration.name}", "", declaration.summary]
    lines += ["", *declaration.prose.splitlines()] if declaration.prose else []
    keys = declaration.listed("key")
    lines += ["", f"key: {', '.join(keys)}"] if keys else []
    if declaration.kind in ("MACRO", "FUNCTION"):
        lines += _described("parameters", [(item.name + item.rest, item.doc) for item in declaration.items])
        lines += _described("columns", list(declaration.columns.items()))
    elif isinstance(found, Table):
        lines += _described("columns", [(f"{one.name} {one.sql_type}", one.doc) for one in found.columns])
    else:
        lines += _described("columns", [(item.name, item.doc) for item in declaration.items])
    return "\n".join(lines)


def named_in(query: str) -> tuple[str, ...] | None:
    """The views and macros that a query may ask, by the words in it: all of them, which None is, when it asks what there is."""
    if _CATALOG.search(query):
        return None
    words = {word.lower() for word in _WORD.findall(query)}
    named = (name for name in modules() if words >= set(name.removeprefix("main.").split(".")))
    # What a database is made with needs it.
    return (*named, "int64.clamp")


def columns_in(query: str) -> str:
    """What the tables, views and macros that a query names have, a line each, for who misspelled a column; empty where it names many."""
    return "".join(f"\n{one.name} has {', '.join(one.columns)}" for one in _few_in(query))


def rows_of(query: str) -> str:
    """What a row is of the tables, views and macros that a query names, behind semicolons, for who sees none; empty where it names many."""
    return "".join(f"; {one.name}: {one.summary}" for one in _few_in(query))


def _few_in(query: str) -> list[Entry]:
    words = set(_NAME.findall(query.lower()))
    named = [one for one in entries() if one.kind != "function" and one.name in words]
    return named if len(named) <= _FEW else []


def _described(title: str, items: list[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in items), default=0)
    return ["", f"{title}:", *(f"  {name:<{width}}  {doc}" for name, doc in items)] if items else []


def _found(name: str) -> Table | Declaration:
    wanted = name.strip().rstrip(";").lower()
    if wanted in tables():
        return tables()[wanted]
    for known in (wanted, f"main.{wanted}"):
        if known in modules():
            return modules()[known]
    every = [entry.name for entry in entries()]
    near = get_close_matches(wanted, every, 3, 0.5) or [one for one in every if one.endswith(f".{wanted}")]
    raise QueryError(f"{name}: no table, view or macro; {'did you mean ' + ', '.join(near) if near else 'see .tables'}")
