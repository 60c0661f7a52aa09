"""The array that events are put in order in."""

from __future__ import annotations

import numpy as np

from pipeline.formats.gotrace import memory as mem
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import state as trace_state


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_rows_are_found_by_id_after_the_tables_have_moved() -> None:
    memory = mem.roomier(mem.fresh())
    rows = {}
    for identity in range(1, 200):
        if memory[c.GS + c.END] == memory[c.GS + c.ROOM]:
            memory = mem.roomier(memory)
        trace_state.new_g(memory, identity * 1_000_003, 2)
    rows = {identity: trace_state.find_g(memory, identity * 1_000_003) for identity in range(1, 200)}

    assert all(memory[row + c.G_ID] == identity * 1_000_003 for identity, row in rows.items())
    assert trace_state.find_g(memory, 5) == trace_state.NONE


def test_free_rows_are_used_again_after_a_move() -> None:
    memory = mem.roomier(mem.fresh())
    first, second = trace_state.new_g(memory, 1, 2), trace_state.new_g(memory, 2, 2)
    trace_state.end_g(memory, first)
    trace_state.end_g(memory, second)
    nothing = mem.look_up(numbers(), numbers())
    memory = mem.for_generation(memory, threads=3, texts=nothing, stacks=nothing)

    again = [trace_state.new_g(memory, identity, 2) for identity in (3, 4, 5)]

    assert len(set(again)) == 3
    assert len(mem.rows_of(memory, c.GS)) == 3
    assert [trace_state.find_g(memory, identity) for identity in (1, 2)] == [trace_state.NONE] * 2


def test_a_dense_look_up_is_a_table() -> None:
    found = mem.look_up(numbers(1, 3), numbers(10, 30))

    assert found.dense.tolist() == [0, 10, -1, 30]


def test_a_sparse_look_up_is_sorted() -> None:
    found = mem.look_up(numbers(2**40, -1, 7), numbers(1, 2, 3))

    assert found.ids.tolist() == [-1, 7, 2**40]
    assert found.numbers.tolist() == [2, 3, 1]
    assert len(found.dense) == 0
