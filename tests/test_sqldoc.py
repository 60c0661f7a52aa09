"""The comment above a CREATE statement, and the comment above each of its items."""

from __future__ import annotations

import re

import pytest

from pipeline.errors import SchemaError
from pipeline.resources import schemas, views
from pipeline.sqldoc import Declaration, declarations

TABLE = """\
-- One row per cat.
--
-- Cats are counted once.
-- Even twice.
--
-- key: owner_id, name
-- sort: name
CREATE TABLE cat (
  -- Who feeds it.
  owner_id UBIGINT NOT NULL REFERENCES owner(owner_id),
  -- What it is called,
  -- by its owner.
  "name" VARCHAR,
  -- Its colours, the largest patch first.
  colours STRUCT(hue INTEGER, "column" BIGINT)[] NOT NULL
);
"""

MACRO = """\
-- One row per cat of an owner.
--
-- key: name
-- column name: what it is called
-- column age: in years
CREATE MACRO pets.cats_of(
  -- Whose.
  owner,
  -- How many at most.
  most := 10
) AS TABLE
SELECT name, age FROM cat
"""


def only(text: str) -> Declaration:
    (found,) = declarations(text, where="pets.sql")
    return found


def test_a_table_has_its_summary_prose_directives_and_columns() -> None:
    found = only(TABLE)

    assert (found.kind, found.name, found.summary) == ("TABLE", "cat", "One row per cat.")
    assert found.prose == "Cats are counted once.\nEven twice."
    assert found.directives == {"key": "owner_id, name", "sort": "name"}
    assert [(item.name, item.rest, item.doc) for item in found.items] == [
        ("owner_id", "UBIGINT NOT NULL REFERENCES owner(owner_id)", "Who feeds it."),
        ("name", "VARCHAR", "What it is called, by its owner."),
        ("colours", 'STRUCT(hue INTEGER, "column" BIGINT)[] NOT NULL', "Its colours, the largest patch first."),
    ]


def test_the_statement_goes_to_duckdb_without_the_comment_above_it() -> None:
    assert only(TABLE).text == TABLE[TABLE.index("CREATE") :].strip()


def test_a_list_in_a_directive_is_its_words() -> None:
    assert only(TABLE).listed("key") == ("owner_id", "name")
    assert only(TABLE).listed("partition") == ()


def test_a_macro_has_parameters_and_the_columns_of_its_result() -> None:
    found = only(MACRO)

    assert (found.kind, found.name) == ("MACRO", "pets.cats_of")
    assert [(item.name, item.rest, item.doc) for item in found.items] == [
        ("owner", "", "Whose."),
        ("most", ":= 10", "How many at most."),
    ]
    assert found.columns == {"name": "what it is called", "age": "in years"}
    assert found.directives == {"key": "name"}


def test_a_macro_without_parameters_has_no_items() -> None:
    found = only("-- One row per cat.\n--\n-- column n: how many\nCREATE MACRO pets.all() AS TABLE\nSELECT 1 AS n\n")

    assert (found.items, found.columns) == ((), {"n": "how many"})


def test_several_declarations_keep_their_comments_and_bodies_apart() -> None:
    first, second = declarations(f"{TABLE}\n{MACRO}", where="pets.sql")

    assert first == only(TABLE)
    assert second == only(MACRO)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pets.sql: no CREATE TABLE, VIEW, MACRO or FUNCTION in it"),
        ("SELECT 1", "pets.sql: no CREATE TABLE, VIEW, MACRO or FUNCTION in it"),
        (TABLE[TABLE.index("CREATE") :], "pets.sql: cat has no comment above it; say what one row is"),
        (TABLE.replace("  -- Who feeds it.\n", ""), "pets.sql: cat.owner_id has no comment above it"),
        (TABLE.replace("\n);", ""), "pets.sql: cat has no closing parenthesis at the start of a line"),
    ],
)
def test_what_is_missing_is_named(text: str, message: str) -> None:
    with pytest.raises(SchemaError, match=f"^{re.escape(message)}$"):
        list(declarations(text, where="pets.sql"))


@pytest.mark.parametrize("path", [*schemas(), *views()], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_ours_is_documented_to_the_last_column(path) -> None:  # type: ignore[no-untyped-def]
    for found in declarations(path.read_text(encoding="utf-8"), where=path.name):
        assert found.summary.endswith(".")
        assert all(item.doc.endswith((".", "?", ":")) for item in found.items), found.name
        assert found.items or found.columns
