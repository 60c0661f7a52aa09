from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SchemaError
from pipeline.outputs.flamegraph import page, payload
from tests.outputs.builder import TREE, flame_tree, result
from tests.outputs.unpacking import payload_of

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u2028\u2029",
    "a\"b'c`d${e}",
    "]]>",
    "&lt;b&gt;",
    "\ud7ff\uffff\x00",
]


def test_a_page_carries_every_node_with_its_values() -> None:
    found = payload_of(page(flame_tree(TREE), title="t"))

    assert found.labels() == ["all", "main.main", "store.grow", "api.serve", "store.grow", "runtime.gc"]
    assert found.columns["value"] == [407, 400, 300, 90, 50, 7]
    assert found.columns["self"] == [0, 10, 300, 40, 50, 7]
    assert np.cumsum(found.columns["level"]).tolist() == [0, 1, 2, 2, 3, 1]


def test_frames_that_differ_in_their_line_alone_stay_apart() -> None:
    found = payload_of(page(flame_tree(TREE), title="t"))

    assert found.columns["frameLine"] == [1, 2, 3, 4, 5, 6]
    assert found.header["isDiff"] is False


def test_equal_frames_are_carried_once() -> None:
    tree = result("flame.tree", {"level": [0, 1, 1], "value": [3, 1, 2], "self": [0, 1, 2], "label": ["all", "f", "f"]})

    assert payload_of(page(tree, title="t")).columns["frame"] == [0, 1, 1]


def test_a_comparison_carries_both_sides() -> None:
    found = payload_of(page(flame_tree("all 0 0\n  main.grow 5 9\n  main.gone 3 0"), title="t"))

    assert found.header["isDiff"] is True
    assert found.columns["value"] == [8, 5, 3]
    assert found.columns["valueRight"] == [9, 9, 0]
    assert found.columns["selfRight"] == [0, 9, 0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_cannot_leave_its_place(name: str) -> None:
    tree = result("flame.tree", {"level": [0, 1], "value": [1, 1], "self": [0, 1], "label": ["all", name]})

    harmless = page(flame_tree("all 0\n  f 1"), title="t")
    hostile = page(tree, title=name, subtitle=name, sample_type=name, unit=name)

    assert payload_of(hostile).labels() == ["all", name]
    for mark in ("<script", "</script", "<!--", "<style", "<img"):
        assert hostile.count(mark) == harmless.count(mark)
    assert 'data-label="' in hostile
    assert f'data-label="{name}"' not in hostile or not set(name) & set("<>&\"'")


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(-5, 2**40)), min_size=1, max_size=50))
def test_values_survive_whatever_their_size_and_sign(pairs: list[tuple[int, int]]) -> None:
    values, own = zip(*pairs, strict=True)
    levels = [0] + [1] * (len(pairs) - 1)
    tree = result("t", {"level": levels, "value": list(values), "self": list(own), "label": ["f"] * len(pairs)})

    found = payload_of(page(tree, title="t"))

    assert found.columns["value"] == list(values)
    assert found.columns["self"] == list(own)


def test_null_and_decimal_columns_are_read_as_numbers() -> None:
    tree = result(
        "t",
        {
            "level": [0, 1],
            "value": pa.array([7, 7]).cast(pa.decimal128(38, 0)),
            "self": pa.array([None, 7], pa.int64()),
            "label": pa.array(["all", None], pa.string()),
            "file": pa.array([None, None], pa.string()),
            "line": pa.array([None, 12], pa.int64()),
        },
    )

    found = payload_of(page(tree, title="t"))

    assert found.columns["value"] == [7, 7]
    assert found.columns["self"] == [0, 7]
    assert found.labels() == ["all", ""]


@pytest.mark.parametrize(("levels", "row"), [([1, 2], 0), ([0, 0], 1), ([0, 2], 1), ([0, 1, 3], 2), ([0, 1, -1], 2)])
def test_rows_that_are_no_tree_are_refused_with_their_row(levels: list[int], row: int) -> None:
    ones = [1] * len(levels)
    tree = result("flame.tree", {"level": levels, "value": ones, "self": ones, "label": ["f"] * len(levels)})

    with pytest.raises(SchemaError, match=rf"flame\.tree, row {row}: level .* depth-first order"):
        page(tree, title="t")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match=r"flame\.tree: has no column self, label, only level, value"):
        page(result("flame.tree", {"level": [0], "value": [1]}), title="t")


def test_an_empty_tree_is_told_in_words() -> None:
    empty = result("flame.tree", {name: pa.array([], pa.int64()) for name in ("level", "value", "self", "label")})

    text = page(empty, title="t")

    assert "There is nothing to draw" in text
    assert "flame-data" not in text


def test_three_hundred_thousand_nodes_take_less_than_fifteen_bytes_each() -> None:
    random = np.random.default_rng(7)
    count = 300_000
    levels = np.zeros(count, np.int64)
    for row, step in enumerate(random.choice([1, 1, 1, 0, -1, -2], count - 1), start=1):
        levels[row] = min(max(1, levels[row - 1] + step), 80)
    functions = np.minimum(random.pareto(0.6, count) * 3, 20_000).astype(np.int64)
    own = np.where(random.random(count) < 0.5, (random.pareto(0.8, count) * 524288).astype(np.int64) % 2**40, 0)
    tree = result(
        "flame.tree",
        {
            "level": levels,
            "value": own + random.integers(0, 2**30, count),
            "self": own,
            "label": [f"example.com/shop/store.(*T).Method{number}" for number in functions],
            "line": functions % 900,
        },
    )

    assert len(payload(tree, unit="bytes", sample_type="inuse_space")) / count < 15
