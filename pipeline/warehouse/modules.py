"""The views and macros of `sql/`: read, put in order of dependence, created."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from pipeline.errors import SchemaError
from pipeline.resources import views
from pipeline.schema import tables
from pipeline.sqldoc import Declaration, declarations
from pipeline.warehouse.packing import definitions

# How COMMENT ON calls what a file declares.
_CATALOG_KINDS = {"VIEW": "VIEW", "MACRO": "MACRO TABLE", "FUNCTION": "MACRO"}
# Columns of a stored view.
Key = tuple[str, ...]
_REMARK = re.compile(r"--.*$", re.MULTILINE)
_NAME = re.compile(r"\b\w+\.\w+\b")
_WORD = re.compile(r"\w+")


class _Modules(Mapping[str, Declaration]):
    """What is declared, one a file, and the path is the name: a file is read when it is asked for."""

    def __init__(self) -> None:
        self._paths = {f"{path.parent.name}.{path.stem}": path for path in views()}
        self._read: dict[str, Declaration] = {}

    def __getitem__(self, name: str) -> Declaration:
        if name not in self._read:
            self._read[name] = _declared(self._paths[name], name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _declared(path: Path, name: str) -> Declaration:
    where = f"{path.parent.name}/{path.name}"
    found = tuple(declarations(path.read_text(encoding="utf-8"), where=where))
    strays = [declaration.name for declaration in found if declaration.name != name]
    if strays or len(found) != 1:
        raise SchemaError(f"sql/{where}: declares {', '.join(strays) or 'nothing'}; its path says {name}")
    return found[0]


@cache
def modules() -> Mapping[str, Declaration]:
    """Every declared view and macro by name, `module.name`."""
    return _Modules()


def fingerprint() -> str:
    """Changes with any declared table, view or macro."""
    texts = [table.declaration.text for table in tables().values()] + [module.text for module in modules().values()]
    texts += [statement for table in tables().values() for statement in definitions(table)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def create_modules(connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None) -> None:
    """Create every view and macro, or some with all they stand on, each after those it stands on; of all, with their comments in the catalog.

    A stored one (`stored: by series_id`) becomes a table, which `derived.follow` fills: what many others stand on,
    and what dashboards ask for all the time, is worked out on loading. A staged one (`staged: by series_id`) is a table
    while stored ones are worked out of it, and a view for who asks for it afterwards.
    """
    declared = modules()
    names = standing_on(declared if names is None else names)
    for schema in sorted({name.partition(".")[0] for name in names}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    is_whole = len(names) == len(declared)
    for name in names:
        declaration = declared[name]
        try:
            connection.execute(_definition(declaration))
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error as error:
            raise SchemaError(f"sql/{name.replace('.', '/')}.sql: {error}") from error
    # Views over views over views take DuckDB long to understand: what stands on staged ones was made over tables.
    for name in names:
        if staged_by(declared[name]):
            connection.execute(f"DROP TABLE {name}; {declared[name].text}")
        if is_whole:
            connection.execute(";".join(_comments(declared[name])))


def create_beside(
    connection: duckdb.DuckDBPyConnection,
    wanted: Sequence[str],
    *,
    home: str,
    shown: Callable[[Sequence[str]], str],
) -> None:
    """Create some stored or staged views as empty tables in the database in use, over whatever they stand on.

    home   the database that has all of it: other stored views show rows from there
    shown  which of them, by their columns; they are called `shown`
    """
    declared = modules()
    needed = _needed(wanted)
    for schema in sorted({name.partition(".")[0] for name in needed}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name in in_order():
        if name in wanted and staged_by(declared[name]):
            connection.execute(_definition(declared[name]))
        elif name in wanted:
            connection.execute(f"CREATE TABLE {name} AS FROM {home}.{name} LIMIT 0")
        elif name in needed and stored_by(declared[name]):
            condition = shown([item.name for item in declared[name].items])
            connection.execute(f"CREATE VIEW {name} AS FROM {home}.{name} AS shown WHERE {condition}")
        elif name in needed:
            connection.execute(declared[name].text)


def tables_under(wanted: Sequence[str]) -> Set[str]:
    """The declared tables that some views may read, those below other stored views left out."""
    return {word for name in _needed(wanted) for word in _WORD.findall(modules()[name].query)} & set(tables())


def _needed(wanted: Sequence[str]) -> Set[str]:
    """Everything that some views stand on, as far as other stored views, and these."""
    found = set(wanted)
    left = list(wanted)
    while left:
        name = left.pop()
        if name in wanted or not stored_by(modules()[name]):
            left += [other for other in dependencies(name) if other not in found]
            found.update(dependencies(name))
    return found


def stored_by(declaration: Declaration) -> Key:
    """The columns by which a stored view's rows can be worked out apart; none when its rows are not kept in the file."""
    return tuple(word.removeprefix("by ") for word in declaration.listed("stored"))


def staged_by(declaration: Declaration) -> Key:
    """The same of a view that is a table only while stored ones are worked out of it."""
    return tuple(word.removeprefix("by ") for word in declaration.listed("staged"))


def _definition(declaration: Declaration) -> str:
    if stored_by(declaration) or staged_by(declaration):
        return declaration.text.replace("CREATE VIEW", "CREATE TABLE", 1).rstrip("; \n") + "\nWITH NO DATA"
    return declaration.text


@cache
def in_order() -> tuple[str, ...]:
    """Names of all views and macros, each after those its query reads."""
    return _in_order(modules())


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    graph = {name: dependencies(name) for name in names}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise SchemaError(f"sql/: views stand on each other in a circle: {' -> '.join(error.args[1])}") from error


def standing_on(names: Collection[str]) -> tuple[str, ...]:
    """Some views and macros and everything they stand on, in order."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += dependencies(name)
    return _in_order(sorted(found))


@cache
def dependencies(name: str) -> tuple[str, ...]:
    """The views and macros that one of them reads: those whose names stand in its query."""
    declared = modules()
    return tuple(sorted(word for word in _names_in(declared[name].query) if word in declared and word != name))


@cache
def _names_in(query: str) -> frozenset[str]:
    return frozenset(_NAME.findall(_REMARK.sub("", query)))


def _comments(declaration: Declaration) -> Iterator[str]:
    kind = "TABLE" if stored_by(declaration) else _CATALOG_KINDS[declaration.kind]
    yield f"COMMENT ON {kind} {declaration.name} IS {quoted(declaration.summary)}"
    if declaration.kind == "VIEW":
        for item in declaration.items:
            yield f'COMMENT ON COLUMN {declaration.name}."{item.name}" IS {quoted(item.doc)}'


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
