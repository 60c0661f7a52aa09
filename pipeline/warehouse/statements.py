"""Only what reads: which of other people's statements the database answers.

DuckDB's own parser decides: by the type of the statement, by its tree, and by whether it can stand where only a query
can. The types alone do not: a CTE may delete or copy (`WITH a AS (COPY t TO 'file') ...` is a SELECT), EXPLAIN ANALYZE
runs what it explains, and a table function may write. DuckDB's settings are the second wall, not the first: they allow
the path of the attached file whatever `enable_external_access` says. And what is read is the data and what is written of
it in the catalog, never the machine: who may ask may be somebody else than who owns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

from pipeline.errors import QueryError

# MULTI is a PIVOT that finds its columns by itself: DuckDB looks for them first, and keeps them in a type of its own.
READING: Final = ("SELECT", "EXPLAIN", "MULTI")

# What DuckDB's own table functions may do: make rows of their arguments, ...
ROW_MAKERS: Final = frozenset({
    "generate_series", "icu_calendar_names", "json_each", "json_tree", "pg_timezone_names", "range", "repeat",
    "repeat_row", "summary", "test_all_types", "test_vector_types", "unnest",
})  # fmt: skip
# ... or, as its views, tell what there is to ask.
CATALOG: Final = frozenset({
    "duckdb_columns", "duckdb_constraints", "duckdb_dependencies", "duckdb_functions", "duckdb_indexes", "duckdb_keywords",
    "duckdb_schemas", "duckdb_sequences", "duckdb_tables", "duckdb_types", "duckdb_views", "pragma_show", "pragma_storage_info",
    "pragma_table_info", "pragma_version",
})  # fmt: skip
# Names that are DuckDB's own: the others tell of files, settings, secrets, memory and what others ask.
_OF_DUCKDB: Final = re.compile(r"(?:duckdb|pragma|pg)_\w+")
# Functions of one value that change something for the next query, and one that tells of the machine.
WRITERS: Final = frozenset({"nextval", "setseed", "setval", "write_log"})
TELLERS: Final = frozenset({"current_setting"})

_ADVICE: Final = (
    "heapscape sql only reads: SELECT, FROM, WITH, VALUES, TABLE, PIVOT, UNPIVOT, DESCRIBE, SUMMARIZE, SHOW, "
    "and EXPLAIN of these"
)
_EXPLAIN: Final = re.compile(r"(?:\s|--[^\n]*\n)*(EXPLAIN\b(?:\s+ANALYZE\b)?(?:\s*\([\w\s,]*\))?)\s*(.*)", re.I | re.S)
# In DuckDB's JSON a quote inside a text is escaped, so that these find keys and never what a text holds.
_WRITING_NODE: Final = re.compile(r'"type":"(\w+)_QUERY_NODE"')
_TABLE_FUNCTION: Final = re.compile(r'"type":"TABLE_FUNCTION".*?"function_name":"((?:[^"\\]|\\.)*)"')
_FUNCTION: Final = re.compile(r'"function_name":"((?:[^"\\]|\\.)*)"')
_TABLE: Final = re.compile(r'"table_name":"((?:[^"\\]|\\.)*)"')
_WRITING_WORDS: Final = frozenset({"copy", "delete", "insert", "merge", "update"})
_IN_FULL: Final = "name the values of the PIVOT, as in PIVOT t ON kind IN ('heap', 'cpu')"


def reading(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The one statement of a query, as it may be run; raises QueryError when it does more than read."""
    statements = _parsed(connection, query)
    if not statements:
        raise QueryError("the query is empty; write a statement such as: FROM source")
    if len(statements) > 1:
        raise QueryError(f"the query has {len(statements)} statements; ask one at a time")
    found = kind(statements[0])
    if found not in READING:
        raise QueryError(f"{found.replace('_', ' ')}: {_ADVICE}")
    explain = _EXPLAIN.fullmatch(query)
    if explain:
        # What is run is put together from what was checked, so that it matters little how it was taken apart.
        return f"{explain[1]} {reading(connection, explain[2])}"
    if found == "EXPLAIN":
        raise QueryError("EXPLAIN: put it first, with ANALYZE or (FORMAT json) behind it and no comment in between")
    if found == "MULTI":
        return _pivot(connection, query)
    _check_tree(connection, query)
    return query


def kind(statement: duckdb.Statement) -> str:
    """DuckDB's type of a statement; UNKNOWN for one that its Python interface has no name for."""
    try:
        return str(statement.type.name)
    except ValueError:
        return "UNKNOWN"


def _parsed(connection: duckdb.DuckDBPyConnection, query: str) -> list[duckdb.Statement]:
    try:
        return connection.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(f"DuckDB: {error}") from error


def _check_tree(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Look at the whole of DuckDB's tree of a SELECT."""
    ((tree,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    if not tree.startswith('{"error":false'):
        raise QueryError(f"SELECT: DuckDB does not tell what this query does, so it is not run: {tree}")
    for node in _WRITING_NODE.findall(tree):
        raise QueryError(f"{node} in a WITH: {_ADVICE}")
    tables = _TABLE.findall(tree)
    for table in tables:
        if "." in table or "/" in table:
            raise QueryError(f"{table}: is read as a file, and heapscape sql reads the database alone")
    _check_names(tables)
    _check_functions(connection, set(_TABLE_FUNCTION.findall(tree)), values=set(_FUNCTION.findall(tree)))


def _pivot(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """A PIVOT that finds its columns, without what could write: its tree cannot be had, so its words must do."""
    # Where only a query can stand: no CREATE TABLE AS, no COPY, no SET. A semicolon may end it.
    standing = [text for text in (query, query.rpartition(";")[0]) if _is_one_query(connection, text)]
    if not standing:
        raise QueryError(f"a statement around a PIVOT: {_ADVICE}")
    words = {word.lower() for word in re.findall(r"\w+", query)}
    for word in sorted(words & _WRITING_WORDS):
        raise QueryError(f"{word.upper()} beside a PIVOT without IN: {_ADVICE}; or {_IN_FULL}")
    for (path,) in connection.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall():
        suffix = Path(path).suffix.lower()
        if suffix and suffix in query.lower():
            raise QueryError(f"{suffix} beside a PIVOT without IN: it may name a file; {_IN_FULL}")
    _check_functions(connection, words, values=words)
    return standing[0]


def _is_one_query(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    """Whether a text is what can stand in parentheses behind FROM."""
    try:
        return len(connection.extract_statements(f"FROM (\n{text}\n)")) == 1
    except duckdb.Error:
        return False


def _check_names(names: Iterable[str]) -> None:
    """Raise QueryError for a table, view or function by which DuckDB tells of more than the database has in it."""
    for name in sorted({name.lower() for name in names} - CATALOG - ROW_MAKERS):
        if _OF_DUCKDB.fullmatch(name):
            raise QueryError(
                f"{name}: it is DuckDB's own and may tell of the machine; what there is to ask tell SHOW ALL TABLES, "
                "duckdb_columns(), duckdb_views(), duckdb_functions() and information_schema"
            )


def _check_functions(connection: duckdb.DuckDBPyConnection, called: Iterable[str], *, values: set[str]) -> None:
    """Raise QueryError for a function that writes, or reads something else than its arguments and the catalog."""
    for name in sorted({name.lower() for name in values} & WRITERS):
        raise QueryError(f"{name}(): it changes something; {_ADVICE}")
    for name in sorted({name.lower() for name in values} & TELLERS):
        raise QueryError(f"{name}(): it tells of the machine; heapscape sql reads the database alone")
    _check_names(called)
    unknown = sorted({name.lower() for name in called} - ROW_MAKERS - CATALOG)
    if not unknown:
        return
    # Those of the file are views with parameters, of heapscape itself.
    query = """
    SELECT function_name FROM duckdb_functions()
    WHERE internal AND function_type IN ('table', 'table_macro') AND list_contains(?::VARCHAR[], lower(function_name))
    """
    for (name,) in connection.execute(query, [unknown]).fetchall():
        raise QueryError(f"{name}(): it reads or does more than the database; {_ADVICE}")
