from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from pipeline.errors import LakeError
from pipeline.lake import delta
from pipeline.schema import tables
from tests.lake.builder import batch, ingest, write


def test_a_commit_that_does_not_follow_on_what_was_looked_at_fails(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a b"))
    files = [file for file in written.files if file.table == "stack"]
    schema = tables()["stack"].schema
    seen = delta.opened(str(tmp_path), "stack")
    delta.commit(seen, str(tmp_path), "stack", files, schema=schema)

    with pytest.raises(delta.Moved):
        delta.commit(seen, str(tmp_path), "stack", files, schema=schema)

    seen = delta.opened(str(tmp_path), "stack")
    delta.commit(seen, str(tmp_path), "stack", [], files, schema=schema)
    with pytest.raises(delta.Moved):
        delta.commit(seen, str(tmp_path), "stack", files, schema=schema)
    assert delta.listed(delta.opened(str(tmp_path), "stack"), "stack") == []


@pytest.mark.parametrize(
    ("name", "counts"),
    [("batch", "nothing of it counts"), ("stack", "the batch counts, and the next command completes")],
)
def test_what_the_system_refuses_while_committing_is_one_line_that_says_what_counts(
    tmp_path: Path, name: str, counts: str
) -> None:
    (tmp_path / name).write_text("no folder")

    with pytest.raises(LakeError) as raised:
        delta.commit(None, str(tmp_path), name, [], schema=tables()["stack"].schema)

    said = str(raised.value)
    assert said.startswith(f"{tmp_path / name}: committing failed: ")
    assert counts in said
    assert said.isprintable()


@pytest.mark.parametrize("name", sorted(name for name, table in tables().items() if table.in_lake))
def test_every_declared_table_can_be_a_delta_table(tmp_path: Path, name: str) -> None:
    declared = tables()[name]

    delta.commit(None, str(tmp_path), name, [], schema=declared.schema, partition=declared.partition)

    log = delta.opened(str(tmp_path), name)
    assert log is not None
    fields = json.loads(log.schema().to_json())["fields"]
    assert [field["name"] for field in fields] == declared.schema.names
    assert {field["name"]: field["metadata"]["comment"] for field in fields} == {
        column.lake_name: column.doc for column in (*declared.columns, *declared.lake_only) if column.lake_name
    }
    assert [field["nullable"] for field in fields] == [field.nullable for field in declared.schema]
    assert tuple(log.metadata().partition_columns) == declared.partition


def test_a_table_without_what_its_rows_need_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "sample"), pa.table({"profile_hash": [1], "sample_type": ["cpu"], "value": [7]}))

    with pytest.raises(
        LakeError, match=r"sample: has no column sample_index.*older heapscape.*ingest the inputs into a new lake"
    ):
        delta.opened(str(tmp_path), "sample")


def test_a_log_of_many_commits_is_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "_CONFIGURATION", {"delta.checkpointInterval": "4"})
    for number in range(6):
        ingest(tmp_path, f"p{number}")

    assert list((tmp_path / "sample" / "_delta_log").glob("*.checkpoint.parquet"))
    assert pl.scan_delta(str(tmp_path / "sample")).select(pl.len()).collect().item() == 6 * 12


def test_what_other_engines_leave_out_by_statistics_is_left_out_rightly(tmp_path: Path) -> None:
    ingest(tmp_path, "a b c")

    large = pl.scan_delta(str(tmp_path / "sample")).filter(pl.col("value_0") > 50).collect()

    every = pa.concat_tables([batch("a b c")["sample"]])
    assert large.height == sum(value > 50 for value in every["value_0"].to_pylist())


@pytest.mark.parametrize("path", ["../../../out.parquet", "%2E%2E/out.parquet", "/etc/passwd", "./a.parquet"])
def test_a_file_outside_of_its_table_is_an_error_that_names_it(tmp_path: Path, path: str) -> None:
    ingest(tmp_path, "a")
    (entry,) = (tmp_path / "stack" / "_delta_log").glob("*.json")
    actions = [json.loads(line) for line in entry.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            action["add"]["path"] = path
    entry.write_text("\n".join(map(json.dumps, actions)))

    with pytest.raises(LakeError, match="which is not in the table"):
        delta.listed(delta.opened(str(tmp_path), "stack"), "stack")
