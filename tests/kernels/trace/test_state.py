"""Rows by id against a dictionary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.gotrace import memory as mem
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import NONE, end_g, end_region, find_g, new_g, new_region

IDS = st.integers(0, 40)


@given(st.lists(st.tuples(st.booleans(), IDS), max_size=200))
def test_rows_come_and_go_as_in_a_dictionary(steps: list[tuple[bool, int]]) -> None:
    memory = mem.roomier(mem.fresh())
    model: dict[int, int] = {}
    for is_new, identity in steps:
        if is_new and identity not in model:
            model[identity] = new_g(memory, identity, 2)
        elif not is_new and identity in model:
            end_g(memory, model.pop(identity))
        assert all(find_g(memory, one) == model.get(one, NONE) for one in range(41))


def test_regions_are_nested() -> None:
    memory = mem.roomier(mem.fresh())
    g = new_g(memory, 1, 2)
    outer = new_region(memory, g)
    inner = new_region(memory, g)

    end_region(memory, g)

    assert memory[g + c.G_REGION] == outer
    assert new_region(memory, g) == inner
