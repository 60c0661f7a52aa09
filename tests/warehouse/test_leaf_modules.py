"""Growth by module, with the module of each stack at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.warehouse import flame_tree, growth_questions, leaf_modules, questions
from pipeline.warehouse.connect import open_readonly


@pytest.mark.parametrize("database", ["demo", "every_kind"])
def test_it_is_what_the_macro_says(request: pytest.FixtureRequest, database: str) -> None:
    path: Path = request.getfixturevalue(database)
    with open_readonly(str(path)) as connection:
        leaves = leaf_modules.every_leaf_module(connection)
        assert leaves is not None
        series = questions.series(connection, questions.Selection(), least=1).table.to_pylist()
        assert series
        for one in series:
            ends = (one["first_profile_id"], one["last_profile_id"])
            told = growth_questions.growth_by_module(connection, [one["series_id"]], window=ends)
            weighed = flame_tree.weighed(connection, ends[:1], ends[1:], "inuse_space")
            found = leaf_modules.growth_by_module(leaves, weighed, one["series_id"])

            assert found.table.to_pylist() == told.table.to_pylist()


def test_very_many_stacks_are_not_held(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaf_modules, "_MOST_STACKS", 3)

    with open_readonly(str(demo)) as connection:
        assert leaf_modules.every_leaf_module(connection) is None


def test_sums_beyond_64_bits_are_the_largest_that_fit() -> None:
    most = (1 << 63) - 1
    values = np.array([most, most, -most, 5, -7, -most - 1, -most - 1], np.int64)

    sums = leaf_modules._clamped(leaf_modules._sums(np.array([0, 0, 1, 1, 2, 2, 2]), values, 3))

    assert sums == [most, 5 - most, -most - 1]
    assert pa.array(sums, pa.int64()).null_count == 0
