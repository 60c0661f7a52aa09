from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs.pprof_graph import Edge, Stacks, call_edges, called_inlined, flat_cum, named
from tests.outputs.builder import stacks


def edges_of(given_stacks: Stacks, *, dropped: tuple[str, ...] = ()) -> list[Edge]:
    kept = np.array([name not in dropped for name in given_stacks.names], np.bool_)
    found = named(call_edges(given_stacks, kept=kept), given_stacks.names)
    return sorted(found, key=lambda edge: (edge.caller, edge.callee))


def weights(given_stacks: Stacks) -> dict[str, tuple[int, int]]:
    flat, cum = flat_cum(given_stacks)
    return dict(zip(given_stacks.names, zip(flat.tolist(), cum.tolist(), strict=True), strict=True))


def test_cum_counts_a_recursive_function_once_per_sample() -> None:
    assert weights(stacks("main f g f 10\nmain f 5")) == {"main": (0, 15), "f": (15, 15), "g": (0, 10)}


def test_a_sample_without_a_stack_belongs_to_nobody() -> None:
    assert weights(stacks("main 10\n7")) == {"main": (10, 10)}


def test_an_edge_counts_once_per_sample() -> None:
    assert edges_of(stacks("f g f g 10")) == [Edge("f", "g", 10), Edge("g", "f", 10)]


def test_a_function_calling_itself_makes_no_edge() -> None:
    assert edges_of(stacks("f f g 10")) == [Edge("f", "g", 10)]


def test_a_dropped_function_is_bridged() -> None:
    assert edges_of(stacks("main middle leaf 10"), dropped=("middle",)) == [Edge("main", "leaf", 10)]


def test_a_bridge_back_to_the_same_function_is_no_edge() -> None:
    assert edges_of(stacks("main f middle f 10"), dropped=("middle",)) == [Edge("main", "f", 10)]


def test_an_edge_is_inlined_only_when_every_call_was() -> None:
    assert edges_of(stacks("f +g 10\nf g 1\nh +g 2")) == [Edge("f", "g", 11), Edge("h", "g", 2, inlined=True)]


def test_only_calls_of_functions_that_were_inlined_matter_for_their_marks() -> None:
    samples = stacks("f +g 10\nh g 1\nf k 5")
    every = np.ones(len(samples.names), np.bool_)

    found = named(called_inlined(call_edges(samples, kept=every)), samples.names)

    assert set(found) == {Edge("f", "g", 10, inlined=True), Edge("h", "g", 1)}


def test_samples_do_not_run_into_each_other() -> None:
    assert edges_of(stacks("a b 1\nc d 2")) == [Edge("a", "b", 1), Edge("c", "d", 2)]


def test_a_sample_of_weight_zero_makes_no_edge() -> None:
    assert edges_of(stacks("a b 0\na c 5")) == [Edge("a", "c", 5)]


@pytest.mark.parametrize("text", ["main 5", "5"])
def test_a_stack_of_one_frame_or_none_has_no_edges(text: str) -> None:
    assert edges_of(stacks(text)) == []


def slow_edges(
    samples: list[tuple[list[tuple[int, bool]], int]], kept: list[bool]
) -> dict[tuple[int, int], tuple[int, bool]]:
    """newGraph of pprof's graph.go, line by line."""
    edges: dict[tuple[int, int], tuple[int, bool]] = {}
    for frames, weight in samples:
        if weight == 0:
            continue
        seen: set[tuple[int, int]] = set()
        parent = -1
        for node, inlined in frames:
            if not kept[node]:
                continue
            if parent >= 0 and node != parent and (parent, node) not in seen:
                seen.add((parent, node))
                before, was_inlined = edges.get((parent, node), (0, True))
                edges[parent, node] = before + weight, was_inlined and inlined
            parent = node
    return edges


def slow_flat_cum(samples: list[tuple[list[tuple[int, bool]], int]], count: int) -> tuple[list[int], list[int]]:
    flat, cum = [0] * count, [0] * count
    for frames, weight in samples:
        for node in {node for node, _ in frames}:
            cum[node] += weight
        if frames:
            flat[frames[-1][0]] += weight
    return flat, cum


SAMPLES = st.lists(
    st.tuples(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=8), st.integers(-5, 1000)), max_size=12
)


@given(SAMPLES, st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_graph_is_the_one_built_sample_by_sample(
    samples: list[tuple[list[tuple[int, bool]], int]], kept: list[bool]
) -> None:
    flattened = [frame for frames, _ in samples for frame in frames]
    columns = Stacks(
        names=[f"f{number}" for number in range(6)],
        offsets=np.cumsum([0] + [len(frames) for frames, _ in samples]),
        frames=np.array([node for node, _ in flattened], np.int64),
        inlined=np.array([inlined for _, inlined in flattened], np.bool_),
        values=np.array([weight for _, weight in samples], np.int64),
    )

    edges = call_edges(columns, kept=np.array(kept))
    flat, cum = flat_cum(columns)

    pairs = zip(edges.caller.tolist(), edges.callee.tolist(), strict=True)
    facts = zip(edges.weight.tolist(), edges.inlined.tolist(), strict=True)
    assert dict(zip(pairs, facts, strict=True)) == slow_edges(samples, kept)
    assert (flat.tolist(), cum.tolist()) == slow_flat_cum(samples, 6)
