from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from pipeline.errors import UsageError
from pipeline.outputs.folded import write
from pipeline.values import Result
from tests.outputs.builder import result


def folded(stacks: Sequence[Sequence[str | None] | None], values: Sequence[float | None]) -> Result:
    return result("stack.folded", {"frames": pa.array(stacks, pa.list_(pa.string())), "value": pa.array(values)})


def test_a_stack_is_a_line_from_root_to_leaf() -> None:
    assert (
        write(folded([["main.main", "main.grow"], ["main.main"]], [100, 7])) == "main.main;main.grow 100\nmain.main 7\n"
    )


def test_names_lose_semicolons_and_line_breaks() -> None:
    assert write(folded([["a;b", "c\nd\r\n\u2028e"]], [1])) == "a:b;c d e 1\n"


def test_blanks_in_names_stay_because_the_value_is_behind_the_last() -> None:
    assert write(folded([["f[go.shape.struct { N int }]"]], [3])) == "f[go.shape.struct { N int }] 3\n"


def test_stacks_without_names_still_count() -> None:
    stacks = folded([[], None, [None, ""]], [1, 2, 4])

    assert write(stacks) == "<unknown> 1\n<unknown> 2\n<unknown>;<unknown> 4\n"


def test_values_are_integers_and_null_is_nothing() -> None:
    assert write(folded([["a"], ["b"]], [2.0, None])) == "a 2\nb 0\n"


def test_a_diff_has_two_numbers() -> None:
    columns = {"frames": pa.array([["a", "b"]], pa.list_(pa.string())), "value": [1], "valueRight": [2]}

    assert write(result("stack.folded", columns)) == "a;b 1 2\n"


def test_a_slice_of_a_table_folds_its_own_rows() -> None:
    whole = folded([["a"], ["b", "c"], ["d"]], [1, 2, 3])

    assert write(Result(whole.name, whole.columns, whole.table.slice(1, 1))) == "b;c 2\n"


def test_no_stacks_are_no_lines() -> None:
    assert write(folded([], [])) == ""


def test_a_result_without_frames_is_refused_with_its_columns() -> None:
    with pytest.raises(UsageError, match=r"heap\.growth: has the columns stack_id, bytes; folded stacks need a list"):
        write(result("heap.growth", {"stack_id": [1], "bytes": [2]}))
