"""What pictures ask besides."""

from __future__ import annotations

from pathlib import Path

from pipeline.flow import open_warehouse
from pipeline.warehouse import plot_questions


def test_size_classes_are_of_one_process_small_ones_first_and_large_objects_last(demo: Path) -> None:
    with open_warehouse(str(demo)) as connection:
        rows = plot_questions.size_classes(connection, service="checkout").table.to_pylist()
        nobody = plot_questions.size_classes(connection, service="nobody").table.num_rows

    assert len({(row["source"], row["source_id"], row["process"]) for row in rows}) == 1
    sizes = [row["object_bytes"] for row in rows]
    assert (sizes[:-1], sizes[-1]) == (sorted(sizes[:-1]), None)
    assert all(row["inuse_bytes"] > 0 for row in rows)
    assert nobody == 0


def test_of_several_processes_it_is_the_one_that_holds_most(every_kind: Path) -> None:
    with open_warehouse(str(every_kind)) as connection:
        rows = plot_questions.size_classes(connection).table.to_pylist()
        query = """
        SELECT source, source_id, process, series_id FROM alloc.size_class GROUP BY ALL ORDER BY SUM(inuse_bytes) DESC
        """
        first, *others = connection.execute(query).fetchall()

    assert others
    # The small ones of very many are no bars.
    assert len(rows) == 20
    assert {(row["source"], row["source_id"], row["process"], row["series_id"]) for row in rows} == {first}
