from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from pipeline.lake.layout import (
    batch_number,
    batch_path,
    content_name,
    data_path,
    folder_path,
    folders_above,
    is_staged_name,
    partition_values,
    source_column,
    staged_path,
)
from pipeline.schema import tables


def test_batches_have_ten_digits_so_that_names_sort_as_numbers() -> None:
    assert batch_path(12, token="a" * 32) == f"0000000012-{'a' * 32}.parquet"


def test_only_names_of_batches_have_a_number() -> None:
    token = "0" * 32
    names = (f"0000000012-{token}.parquet", "0000000012.parquet", f"{token}.parquet", f"12-{token}.parquet")

    assert [batch_number(name) for name in names] == [12, 0, 0, 0]


def test_partitions_become_hive_folders() -> None:
    folder = folder_path("sample", [("kind", "heap"), ("day", date(2026, 11, 23))])

    assert folder == "sample/kind=heap/day=2026-11-23"


def test_a_table_without_partitions_is_one_folder() -> None:
    assert folder_path("stack", []) == "stack"


@given(st.lists(st.one_of(st.none(), st.text(min_size=1)), max_size=3))
def test_any_partition_value_comes_back_from_its_path(values: list[str | None]) -> None:
    partition = [(f"c{index}", value) for index, value in enumerate(values)]

    path = data_path(folder_path("sample", partition), sha256="0" * 64)

    assert partition_values(path) == dict(partition)
    assert path.count("/") == len(values) + 1


def test_a_data_file_is_named_by_half_of_its_hash() -> None:
    path = data_path("stack", sha256="0123456789abcdef" * 4)

    assert path == "stack/0123456789abcdef0123456789abcdef.parquet"


def test_staged_and_finished_files_are_told_apart_by_name() -> None:
    staged = staged_path("stack", token="a" * 32).rpartition("/")[2]
    finished = data_path("stack", sha256="b" * 64).rpartition("/")[2]

    kinds = [(is_staged_name(name), content_name(name)) for name in (staged, finished, "part-1.parquet", ".hidden.tmp")]

    assert kinds == [(True, None), (False, "b" * 32), (False, None), (False, None)]


def test_folders_above_go_up_to_the_lake_itself() -> None:
    found = folders_above(["sample/kind=heap/day=2026-11-23/x.parquet", "stack/y.parquet"])

    assert found == ["", "sample", "sample/kind=heap", "sample/kind=heap/day=2026-11-23", "stack"]


def test_every_table_but_the_symbols_says_which_source_a_row_is_from() -> None:
    without = {name for name, table in tables().items() if table.in_lake and source_column(table) is None}

    assert without == {"function", "mapping", "location", "stack", "label_set"}
