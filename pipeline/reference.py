"""The reference pages `schemas/README.md` and `sql/README.md`, made from the comments in the SQL files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.resources import schemas, views
from pipeline.sqldoc import Declaration, Item, declarations

_REFERENCES = re.compile(r" ?REFERENCES (\w+)\(\w+\)")

_TABLES = """# Tables

Written by `make docs` from the comments in these files; change those.

Each table is declared once, here. From it come the Parquet schema of the lake with these texts as field metadata,
the tables and comments of the DuckDB file, the checks that every reference lands, and this page.
Ids are content hashes, the same in every lake. A *partition* column is a folder of the lake.
"""

_VIEWS = """# Views

Written by `make docs` from the comments in these files; change those.

One view or macro a file, and the path is the name: `heap/growth.sql` is `heap.growth`. Names that begin with `_` are
private and may change. A *stored* view is worked out once, when the database is loaded; all others when they are asked.
Views of `audit` are promises: they are empty.
"""


def schemas_page() -> str:
    """The text of `schemas/README.md`: every table, column, type, meaning and reference."""
    found = [(path, _declared(path)) for path in schemas()]
    index = [f"* [`{path.name}`]({path.name}): {_links(table.name for table in tables)}" for path, tables in found]
    sections = ["\n".join(_table(table)) for _, tables in found for table in tables]
    return "\n".join([_TABLES, *index, "", *sections])


def views_page(stands_on: Mapping[str, Sequence[str]]) -> str:
    """The text of `sql/README.md`: every view and macro, its row, key and columns, and what it stands on.

    stands_on  for each view or macro the others that its query reads
    """
    found = [(path, declaration) for path in views() for declaration in _declared(path)]
    folders = sorted({path.parent.name for path, _ in found})
    index = [
        f"* `{folder}`: {_links(view.name for path, view in found if path.parent.name == folder)}" for folder in folders
    ]
    sections = ["\n".join(_view(view, stands_on.get(view.name, ()))) for _, view in found]
    return "\n".join([_VIEWS, *index, "", *sections])


def _declared(path: Path) -> tuple[Declaration, ...]:
    return tuple(declarations(path.read_text(encoding="utf-8"), where=path.name))


def _table(table: Declaration) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield from _prose(table)
    facts = [_fact("key", table), _fact("partition", table)]
    if "origin" in table.directives:
        facts.append("made by the warehouse, not in the lake")
    if "alike" in table.directives:
        facts.append("in DuckDB a view, which keeps once what rows have alike")
    if "objects" in table.directives:
        facts.append("in DuckDB a view, which works objects out of their bytes")
    yield _facts(facts)
    yield "| column | type | meaning |\n|---|---|---|"
    yield from (_table_column(item) for item in table.items)
    yield ""


def _table_column(item: Item) -> str:
    target = _REFERENCES.search(item.rest)
    sql_type = _REFERENCES.sub("", item.rest)
    meaning = f"{item.doc} → [{target[1]}](#{target[1]})" if target else item.doc
    return f"| `{item.name}` | {_cell(sql_type)} | {_cell(meaning)} |"


def _view(view: Declaration, stands_on: Sequence[str]) -> Iterator[str]:
    yield f"## {view.name}\n"
    yield from _prose(view)
    facts = [
        "" if view.kind == "VIEW" else view.kind.lower(),
        _fact("key", view),
        "stored" if "stored" in view.directives else "",
    ]
    if stands_on:
        facts.append(f"stands on {_links(stands_on)}")
    yield _facts(facts)
    if view.kind != "VIEW":
        yield "| parameter | meaning |\n|---|---|"
        yield from (f"| `{item.name}{item.rest and ' ' + item.rest}` | {_cell(item.doc)} |" for item in view.items)
        yield ""
    if view.kind == "FUNCTION":
        return
    columns = view.columns if view.kind == "MACRO" else {item.name: item.doc for item in view.items}
    yield "| column | meaning |\n|---|---|"
    yield from (f"| `{name}` | {_cell(doc)} |" for name, doc in columns.items())
    yield ""


def _prose(declaration: Declaration) -> Iterator[str]:
    yield f"{declaration.summary}\n"
    if declaration.prose:
        yield f"{declaration.prose}\n"


def _fact(directive: str, declaration: Declaration) -> str:
    words = ", ".join(f"`{word}`" for word in declaration.listed(directive))
    return f"{directive} {words}" if words else ""


def _facts(facts: Sequence[str]) -> str:
    return " · ".join(fact for fact in facts if fact) + "\n"


def _links(names: Iterator[str] | Sequence[str]) -> str:
    # GitHub drops dots from the anchor of a heading.
    return ", ".join(f"[`{name}`](#{name.replace('.', '')})" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
