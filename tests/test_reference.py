"""The pages about tables and views say what the SQL files say."""

from __future__ import annotations

from pipeline.reference import schemas_page, views_page
from pipeline.schema import tables
from pipeline.warehouse.modules import modules


def test_every_table_has_its_section_with_all_columns() -> None:
    sections = {text.partition("\n")[0]: text for text in schemas_page().split("\n## ")[1:]}

    assert set(sections) == set(tables())
    for name, table in tables().items():
        assert [line for line in sections[name].splitlines() if line.startswith("| `")] == [
            line
            for line in sections[name].splitlines()
            if any(f"| `{column.name}` |" in line for column in (*table.columns, *table.lake_only))
        ]
        assert sections[name].count("\n| `") == len(table.columns) + len(table.lake_only)


def test_a_reference_links_to_its_table_and_is_no_part_of_the_type() -> None:
    page = schemas_page()

    assert "| `stack_id` | INTEGER NOT NULL | Call stack. → [stack](#stack) |" in page


def test_a_table_tells_its_key_its_folders_and_whether_it_is_in_the_lake() -> None:
    page = schemas_page()

    assert (
        "key `profile_id`, `sample_index` · partition `kind`, `day` · in DuckDB a view, which works objects out of their bytes\n"
        in page
    )
    assert "key `stack_id` · made by the warehouse, not in the lake\n" in page


def test_every_view_has_its_section_and_a_link_in_the_index() -> None:
    page = views_page({})
    sections = [text.partition("\n")[0] for text in page.split("\n## ")[1:]]

    assert sorted(sections) == sorted(modules())
    assert all(f"[`{name}`](#{name.replace('.', '')})" in page for name in modules())


def test_a_view_tells_what_it_stands_on_and_a_macro_its_parameters() -> None:
    page = views_page({"heap.growth": ("heap.inuse", "heap.profiles")})

    assert "stands on [`heap.inuse`](#heapinuse), [`heap.profiles`](#heapprofiles)\n" in page
    assert "| `stack_ids := NULL` | Count only these stacks; all when NULL. |" in page
    assert "| `valueRight` | Weight after, of the node and all below it. |" in page
    assert "macro · key `node_index`" in page
