"""What can be asked, and what it means."""

from __future__ import annotations

import pytest

from pipeline.errors import QueryError
from pipeline.warehouse.catalog import columns_in, declared, entries, explained, named_in, rows_of
from pipeline.warehouse.modules import modules


def test_all_that_people_ask_is_there_once_and_nothing_private() -> None:
    found = {entry.name: entry for entry in entries()}

    assert len(found) == len(list(entries())) > 100
    assert (found["profile"].kind, found["heap.series"].kind) == ("table", "view")
    assert (found["flame.tree"].kind, found["folded"].kind) == ("macro", "function")
    assert found["flame.tree"].columns[:3] == ("level", "value", "self")
    assert "kind" not in found["sample"].columns
    assert not [name for name in found if "._" in name]


def test_a_view_is_explained_with_its_limits_its_key_and_its_columns() -> None:
    lines = explained("heap.series").splitlines()

    assert lines[0] == "view heap.series"
    assert "A series of one profile has no growth and no slope." in lines
    assert "key: series_id" in lines
    assert "  growth_bytes       Last minus first." in lines


def test_a_table_is_explained_with_its_types_and_a_macro_with_its_parameters() -> None:
    assert "  status VARCHAR" in explained("source")
    assert "parameters:\n  profile_ids" in explained("flame.tree")
    assert "parameters:\n  of_stack" in explained("FOLDED;")


def test_the_sql_that_makes_one_is_what_was_declared() -> None:
    assert declared("heap.series").startswith("CREATE VIEW heap.series (")
    assert declared("source").startswith("CREATE TABLE source (")


@pytest.mark.parametrize(
    ("name", "said"), [("heap.serie", "did you mean heap.series"), ("summary", "summary"), ("qqqqq", "see .tables")]
)
def test_what_there_is_not_is_an_error_that_says_what_there_is(name: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        explained(name)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("FROM heap.series", {"heap.series"}),
        ('FROM "heap"."series" AS s', {"heap.series"}),
        ("SELECT folded(stack_id) FROM stack", {"main.folded"}),
        ("SELECT FUNCS(stack_id) FROM Flame.Tree([1], 'cpu')", {"main.funcs", "flame.tree"}),
        ("FROM profile", set()),
    ],
)
def test_what_a_query_asks_is_found_in_its_words(query: str, wanted: set[str]) -> None:
    found = named_in(query)

    assert found is not None
    assert wanted <= set(found)
    assert len(found) < 10


@pytest.mark.parametrize("query", ["SHOW ALL TABLES", "FROM duckdb_views()", "DESCRIBE heap.series"])
def test_what_asks_for_the_catalog_needs_all_of_it(query: str) -> None:
    assert named_in(query) is None
    assert len(modules()) > 100


def test_what_a_query_names_has_its_columns_and_says_what_a_row_is() -> None:
    query = "SELECT wat FROM Source JOIN profile USING (source_id), flame.folded([1], 'cpu')"

    assert [line.partition(",")[0] for line in columns_in(query).splitlines()] == [
        "",
        "profile has profile_id",
        "source has source_id",
        "flame.folded has functions",
    ]
    assert rows_of("FROM alloc.survival WHERE cycles > 1").startswith(
        "; alloc.survival: One row per trace with allocation events (`GODEBUG=traceallocfree=1`), "
    )


def test_of_a_query_that_names_many_nothing_is_listed() -> None:
    query = "FROM source, profile, sample, stack, function"

    assert (columns_in(query), rows_of(query)) == ("", "")
