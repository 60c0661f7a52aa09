"""Functions and calls with their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs.pprof.graph import Graph, edges_of, frames_of, output_unit, rebuilt, trimmed, whole
from tests.outputs.pprof.seen import prepared, profile


def weights(graph: Graph) -> dict[str, tuple[int, int]]:
    return {graph.names[node]: (int(graph.flat[node]), int(graph.cum[node])) for node in np.flatnonzero(graph.present)}


def calls(graph: Graph) -> dict[str, tuple[int, bool, bool]]:
    edges = graph.edges
    return {
        f"{graph.names[edges.caller[place]]} {graph.names[edges.callee[place]]}": (
            int(edges.weight[place]),
            bool(edges.is_inlined[place]),
            bool(edges.is_residual[place]),
        )
        for place in range(len(edges.weight))
    }


def of(*samples: str, **settings: Any) -> Graph:
    return whole(frames_of(prepared(profile(*samples), **settings)))


def test_a_recursive_function_counts_once_a_sample() -> None:
    graph = of("a a b 1", "b a b 4")

    assert weights(graph) == {"a": (1, 5), "b": (4, 5)}
    assert calls(graph) == {"b a": (5, False, False), "a b": (4, False, False)}


def test_a_call_is_inlined_when_every_call_is() -> None:
    assert calls(of("a|b 1", "c|b 2", "c b 3")) == {"b a": (1, True, False), "b c": (5, False, False)}


def test_a_node_that_is_left_out_is_bridged() -> None:
    frames = frames_of(prepared(profile("a b c 1")))
    graph = whole(frames)

    bridged = rebuilt(graph, frames, np.array([name != "b" for name in graph.names]))

    assert calls(bridged) == {"c a": (1, False, True)}


def test_samples_that_weigh_nothing_make_no_call() -> None:
    assert calls(of("a b 0", "a c 1")) == {"c a": (1, False, False)}


def test_what_cancels_out_is_no_node() -> None:
    assert weights(of("a c 1", "a b -1", "b 2")) == {"b": (2, 1), "c": (0, 1)}


def test_nodes_below_the_cutoff_go_and_then_those_beyond_the_number() -> None:
    made = profile("a d 100", "b d 40", "c d 1")

    shown = trimmed(prepared(made, nodefraction=0.05, nodecount=2))

    assert [shown.graph.names[node] for node in shown.order] == ["a", "b"]
    assert (shown.considered, shown.dropped_nodes) == (3, 1)


def test_a_node_at_the_cutoff_stays_and_a_loss_for_its_size() -> None:
    shown = trimmed(prepared(profile("a 989", "b 10", "c -10", "d 9", "e 2"), nodefraction=0.01))

    assert [shown.graph.names[node] for node in shown.order] == ["a", "b", "c"]
    assert shown.dropped_nodes == 2


def test_a_light_call_is_not_shown_but_one_to_what_is_no_node_is() -> None:
    graph = trimmed(
        prepared(profile("a m 1000", "b m 5", "c d m 3", "c d m -3"), edgefraction=0.01, nodefraction=0.0)
    ).graph

    assert set(calls(graph)) == {"m a", "m d", "d c"}


def test_cum_is_another_order() -> None:
    shown = trimmed(prepared(profile("a d 100", "b d 40"), sort="cum"))

    assert [shown.graph.names[node] for node in shown.order] == ["d", "a", "b"]


def test_means_are_of_the_first_type() -> None:
    made = profile("a b 2 10", "a b 2 11", types=["events/count", "delay/nanoseconds"])

    shown = trimmed(prepared(made, mean=True))

    assert [shown.graph.cum_value(node) for node in shown.order] == [5, 5]


def test_one_unit_suits_all_figures() -> None:
    report = prepared(profile("a 5000000000", "b 3000"), nodefraction=0.0)

    assert output_unit(report, trimmed(report)) == "kB"


@given(
    st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), min_size=1, max_size=6),
    st.sets(st.sampled_from("abcd")),
)
def test_calls_are_those_a_loop_over_samples_finds(stacks: list[list[str]], kept: set[str]) -> None:
    frames = frames_of(prepared(profile(*(f"{' '.join(stack)} {2**place}" for place, stack in enumerate(stacks)))))
    graph = whole(frames)

    edges = edges_of(frames, np.array([name in kept for name in graph.names]))

    expected: dict[str, tuple[int, bool, bool]] = {}
    for place, stack in enumerate(stacks):
        parent, is_residual, seen = None, False, set()
        for name in reversed(stack):
            if name not in kept:
                is_residual = True
                continue
            call = f"{parent} {name}"
            if parent not in (None, name) and call not in seen:
                seen.add(call)
                weight, _, was_residual = expected.get(call, (0, False, False))
                expected[call] = (weight + 2**place, False, was_residual or is_residual)
            parent, is_residual = name, False
    assert calls(Graph(graph.infos, graph.flat, graph.flat, graph.cum, graph.cum, graph.present, edges)) == expected
