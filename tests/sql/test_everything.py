"""What reads everything leaves nothing out, and says what it could not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.schema import tables
from pipeline.warehouse.modules import modules
from tests.sql.everything import Unreadable, ask_everything, read_everything
from tests.sql.world import open_world

FILES = Path(__file__).parents[1] / "fixtures" / "files"
ASKED = [name for name, module in modules().items() if module.kind in ("VIEW", "MACRO")]
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)


def test_every_table_view_macro_and_question_of_a_small_lake_is_read(tmp_path: Path) -> None:
    base = FILES / "lifecycle" / "service=lifecycle" / "build=go1.27-trim"
    inputs = [base / "rate=1" / "heap-00.pb.gz", base / "rate=1" / "heap-10.pb.gz", base / "report=m2"]
    flow.ingest([str(path) for path in inputs], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "some.duckdb"))

    with flow.open_warehouse(str(tmp_path / "some.duckdb")) as connection:
        rows, answers = read_everything(connection), ask_everything(connection)

    assert set(rows) == {*tables(), *ASKED}
    assert min(rows[name] for name in ("sample", "heap.series", "flame.tree", "flame.diff", "escape.site")) > 0
    assert min(answers[name] for name in ("profiles", "growth", "flame graph", "folded stacks", "escapes")) > 0


def test_an_empty_world_is_read_whole() -> None:
    with open_world() as connection:
        rows, answers = read_everything(connection), ask_everything(connection)

    assert set(rows) == {*tables(), *ASKED}
    # Go's size classes are the same everywhere, a tree has a root, every class of attribution a row, and no new escape is told.
    assert [name for name, count in rows.items() if count] == [
        "alloc._size_class",
        "attribution._size_class",
        "attribution.coverage_between",
        "escape.tree",
        "flame.diff",
        "flame.tree",
        "flame.weighted",
        "gate.new_escapes",
        "pyroscope.flame_graph",
    ]
    assert {name for name, count in answers.items() if count} == {
        *("flame graph", "difference", "tree of escapes"),
        # The row that says that there are none.
        "new escapes",
    }


def test_all_that_cannot_be_read_is_named_at_once() -> None:
    with open_world() as connection:
        connection.execute("DROP VIEW gc.pause")
        connection.execute(
            "CREATE VIEW gc.pause AS SELECT CASE WHEN i = 500_000 THEN error('broken here') END AS i FROM range(600_000) t(i)"
        )
        connection.execute("DROP VIEW stack.root")
        with pytest.raises(Unreadable, match="broken here") as caught:
            read_everything(connection, only=("gc.pause", "gc.cycle", "stack.root", "source"))

    assert set(caught.value.failures) == {"gc.pause", "stack.root"}
