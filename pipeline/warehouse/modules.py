"""The views and macros of `sql/`: read, put in order of dependence, created."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter

import duckdb

from pipeline.errors import SchemaError
from pipeline.resources import views
from pipeline.schema import tables
from pipeline.sqldoc import Declaration, declarations

# How COMMENT ON calls what a file declares.
_CATALOG_KINDS = {"VIEW": "VIEW", "MACRO": "MACRO TABLE", "FUNCTION": "MACRO"}
_BODY = re.compile(r"^\) AS(?: TABLE)?$\n", re.MULTILINE)
_REMARK = re.compile(r"--.*$", re.MULTILINE)
_NAME = re.compile(r"\b\w+\.\w+\b")


@cache
def modules() -> Mapping[str, Declaration]:
    """Every declared view and macro by name, `module.name`; one a file, and the path is the name."""
    found = {}
    for path in views():
        wanted = f"{path.parent.name}.{path.stem}"
        for declaration in declarations(path.read_text(encoding="utf-8"), where=f"{path.parent.name}/{path.name}"):
            if declaration.name != wanted:
                raise SchemaError(
                    f"sql/{path.parent.name}/{path.name}: declares {declaration.name}; its path says {wanted}"
                )
            found[declaration.name] = declaration
    return found


def fingerprint() -> str:
    """Changes with any declared table, view or macro."""
    texts = [table.declaration.text for table in tables().values()] + [module.text for module in modules().values()]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def create_modules(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view and macro, each after those it stands on, with its comments in the catalog.

    A stored one (`stored: on load`) becomes a table, which `refresh_stored` fills: what many others stand on,
    and what dashboards ask for all the time, is worked out once a load.
    """
    declared = modules()
    for schema in sorted({name.partition(".")[0] for name in declared}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name in in_order():
        declaration = declared[name]
        try:
            connection.execute(_definition(declaration))
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error as error:
            raise SchemaError(f"sql/{name.replace('.', '/')}.sql: {error}") from error
        connection.execute(";".join(_comments(declaration)))


def refresh_stored(connection: duckdb.DuckDBPyConnection) -> None:
    """Work out every stored view anew, each after those it stands on."""
    for name in in_order():
        if is_stored(modules()[name]):
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} {_query(modules()[name])}")


def is_stored(declaration: Declaration) -> bool:
    """Whether its rows are kept in the file."""
    return "stored" in declaration.directives


def _definition(declaration: Declaration) -> str:
    if is_stored(declaration):
        return declaration.text.replace("CREATE VIEW", "CREATE TABLE", 1)
    return declaration.text


def _query(declaration: Declaration) -> str:
    return _BODY.split(declaration.text, maxsplit=1)[-1].rstrip("; \n")


def in_order() -> tuple[str, ...]:
    """Names of all views and macros, each after those its query reads."""
    graph = {name: dependencies(name) for name in modules()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise SchemaError(f"sql/: views stand on each other in a circle: {' -> '.join(error.args[1])}") from error


def dependencies(name: str) -> tuple[str, ...]:
    """The views and macros that one of them reads: those whose names stand in its query."""
    declared = modules()
    words = _NAME.findall(_REMARK.sub("", _query(declared[name])))
    return tuple(sorted({word for word in words if word in declared and word != name}))


def _comments(declaration: Declaration) -> Iterator[str]:
    kind = "TABLE" if is_stored(declaration) else _CATALOG_KINDS[declaration.kind]
    yield f"COMMENT ON {kind} {declaration.name} IS {quoted(declaration.summary)}"
    if declaration.kind == "VIEW":
        for item in declaration.items:
            yield f'COMMENT ON COLUMN {declaration.name}."{item.name}" IS {quoted(item.doc)}'


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
