"""The one parser of "comment above CREATE TABLE, VIEW, MACRO or FUNCTION", for `schemas/` and `sql/` alike.

A declaration is a comment block, then `CREATE KIND name (`, then one item a line, each with a comment
above it, then `)` and, for a view or a macro, `AS` and the query, for a function (DuckDB's scalar macro) the expression. In the comment block the first line
says what a row is, prose follows, and lines of the form `word: a, b` are directives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.errors import SchemaError

_CREATE = re.compile(r"^CREATE (TABLE|VIEW|MACRO|FUNCTION) ([\w.]+) ?\(?(\))?", re.MULTILINE)
_DIRECTIVE = re.compile(
    r"^(key|sort|partition|dictionary|lake|alike|ticks|objects|origin|stored|staged|column [\w]+): (.*)$"
)
_BODY = re.compile(r"^\) AS(?: TABLE)?$\n", re.MULTILINE)
_ITEM = re.compile(r'^  "?(?P<name>\w+)"?(?P<rest>[^\n]*?),?$')


@dataclass(frozen=True, slots=True)
class Item:
    """A column of a table or view, or a parameter of a macro or function; `rest` is what follows its name."""

    name: str
    rest: str
    doc: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One CREATE statement with its documentation.

    columns  `column NAME: ...` directives: what a macro's result has
    text     the statement as DuckDB is given it, without the comment block above
    """

    kind: str
    name: str
    summary: str
    prose: str
    directives: Mapping[str, str]
    items: tuple[Item, ...]
    text: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What a view selects, or a macro."""
        return _BODY.split(self.text, maxsplit=1)[-1].rstrip("; \n")

    def listed(self, directive: str) -> tuple[str, ...]:
        """The comma-separated words of a directive, empty when it is not given."""
        value = self.directives.get(directive, "")
        return tuple(word.strip() for word in value.split(",") if word.strip())


def declarations(text: str, *, where: str) -> Iterator[Declaration]:
    """Every CREATE statement of one file, in order; raises SchemaError for one without its comment."""
    starts = list(_CREATE.finditer(text))
    if not starts:
        raise SchemaError(f"{where}: no CREATE TABLE, VIEW, MACRO or FUNCTION in it")
    for position, start in enumerate(starts):
        header = _comment_above(text, start.start())
        if not header:
            raise SchemaError(f"{where}: {start[2]} has no comment above it; say what one row is")
        following = starts[position + 1] if position + 1 < len(starts) else None
        end = _header_start(text, following.start()) if following else len(text)
        yield _declaration(start, header, text[start.start() : end].strip(), where=where)


def _declaration(start: re.Match[str], header: list[str], body: str, *, where: str) -> Declaration:
    directives, columns, prose = {}, {}, []
    for line in header[1:]:
        if found := _DIRECTIVE.match(line):
            if found[1].startswith("column "):
                columns[found[1].removeprefix("column ")] = found[2]
            else:
                directives[found[1]] = found[2]
        else:
            prose.append(line)
    return Declaration(
        kind=start[1],
        name=start[2],
        summary=header[0],
        prose="\n".join(prose).strip(),
        directives=directives,
        items=tuple(_items(body, name=start[2], where=where)) if not start[3] else (),
        text=body,
        columns=columns,
    )


def _items(body: str, *, name: str, where: str) -> Iterator[Item]:
    comment: list[str] = []
    for line in body.splitlines()[1:]:
        if line.startswith(")"):
            return
        if line.strip().startswith("--"):
            comment.append(line.strip().removeprefix("--").strip())
        elif found := _ITEM.match(line):
            if not comment:
                raise SchemaError(f"{where}: {name}.{found['name']} has no comment above it")
            yield Item(found["name"], found["rest"].strip(), " ".join(comment))
            comment = []
    raise SchemaError(f"{where}: {name} has no closing parenthesis at the start of a line")


def _comment_above(text: str, end: int) -> list[str]:
    lines = text[_header_start(text, end) : end].splitlines()
    return [line.removeprefix("--").removeprefix(" ") for line in lines]


def _header_start(text: str, end: int) -> int:
    start = end
    while start > 0:
        line_start = text.rfind("\n", 0, start - 1) + 1
        if not text[line_start:start].startswith("--"):
            break
        start = line_start
    return start
