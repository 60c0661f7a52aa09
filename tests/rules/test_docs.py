"""Every relation and column says what it is, and the generated pages are what the generator writes."""

from __future__ import annotations

from collections import Counter

from pipeline.reference import schemas_page, views_page
from pipeline.schema import tables
from pipeline.sqldoc import Declaration
from pipeline.warehouse.modules import dependencies, modules
from tests.rules.tree import ROOT

DECLARED = (*(table.declaration for table in tables().values()), *modules().values())


def test_every_relation_and_column_has_a_comment_of_its_own() -> None:
    bare = [declared.name for declared in DECLARED if not declared.summary.strip()]
    bare += [f"{declared.name}.{item}" for declared in DECLARED for item, doc in _docs(declared) if not doc.strip(" .")]

    assert bare == []


def test_no_two_columns_of_a_relation_have_the_same_comment() -> None:
    repeated = {
        declared.name: doc
        for declared in DECLARED
        for doc, times in Counter(doc for _, doc in _docs(declared)).items()
        # Files and lines come in groups whose first says whose: "Its package.", "Its file."
        if times > 1
        and doc not in ("Its file.", "Its line.", "Its package.", "Its base name.", "Source file.")
        and doc != "From labels; NULL without one."
        and doc != "From labels of the report; NULL without one."
    }

    assert repeated == {}


def test_a_column_of_instants_says_what_they_count_from() -> None:
    zeros = ("clock", "since 1970", "start of the process", "the first of these lines")
    untold = [
        f"{declared.name}.{item}"
        for declared in DECLARED
        if not declared.name.rpartition(".")[2].startswith("_")
        for item, doc in _docs(declared)
        if item in ("time_ns", "start_ns", "begin_ns", "end_ns") and not any(zero in doc for zero in zeros)
    ]

    assert untold == []


def test_no_two_relations_have_the_same_comment() -> None:
    assert [summary for summary, times in Counter(one.summary for one in DECLARED).items() if times > 1] == []


def test_every_first_line_says_what_one_row_is() -> None:
    relations = [one for one in DECLARED if one.kind != "FUNCTION"]

    assert [one.name for one in relations if not one.summary.startswith("One row") or one.summary[-1] != "."] == []


def test_every_relation_declares_a_key_of_its_own_columns() -> None:
    wrong = [
        one.name
        for one in DECLARED
        if one.kind != "FUNCTION" and (not one.listed("key") or not set(one.listed("key")) <= set(dict(_docs(one))))
    ]

    assert wrong == []


def test_the_page_of_tables_is_the_generated_one() -> None:
    assert (ROOT / "schemas" / "README.md").read_text() == schemas_page(), "run: make docs"


def test_the_page_of_views_is_the_generated_one() -> None:
    stands_on = {view: dependencies(view) for view in modules()}

    assert (ROOT / "sql" / "README.md").read_text() == views_page(stands_on), "run: make docs"


def _docs(declared: Declaration) -> list[tuple[str, str]]:
    columns = declared.columns if declared.kind == "MACRO" else {item.name: item.doc for item in declared.items}
    return list(columns.items())
