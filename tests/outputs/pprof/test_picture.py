from __future__ import annotations

from typing import Any

from pipeline.outputs.pprof.graph import frames_of, whole
from pipeline.outputs.pprof.picture import Picture, by_entropy, drawn_edges, entropy, ordered, picture
from tests.outputs.pprof.seen import prepared, profile


def drawn(*samples: str, **settings: Any) -> Picture:
    return picture(prepared(profile(*samples), report="dot", **settings))


def names(one: Picture) -> list[str]:
    return [one.trimmed.graph.names[node] for node in one.trimmed.order]


def calls(one: Picture) -> list[tuple[str, str, int, bool]]:
    graph = one.trimmed.graph
    edges = drawn_edges(graph)
    columns = (edges.caller, edges.callee, edges.weight, edges.is_residual)
    return [
        (graph.names[caller], graph.names[callee], weight, is_residual)
        for caller, callee, weight, is_residual in zip(*(column.tolist() for column in columns), strict=True)
    ]


def test_nodes_that_only_pass_on_what_they_get_come_last() -> None:
    # 50 for the end and 50 of its own; 50 for the root; one way in and one way out tell nothing.
    assert names(drawn("leaf pass main 50")) == ["leaf", "main", "pass"]


def test_a_leaf_counts_its_own_weight_too() -> None:
    graph = whole(frames_of(prepared(profile("leaf main 8", "main 8"), report="dot")))

    by_name = dict(zip(graph.names, entropy(graph).tolist(), strict=True))
    # main: a root, 1, and half its own, 1 bit; leaf: the end, 1.
    assert by_name == {"main": 16 * 2 + 8, "leaf": 8 + 8}


def test_weights_that_cancel_out_do_not_stop_the_sort() -> None:
    graph = whole(frames_of(prepared(profile("leaf main 8", "leaf main -8 {a=b}", "other 1"), report="dot")))

    assert [graph.names[node] for node in by_entropy(graph)] == ["other"]


def test_light_nodes_go_and_their_callers_call_over_them() -> None:
    one = drawn("leaf small main 100", "small main 1", "other main 100", nodecount=3)

    assert one.trimmed.considered == 4
    assert calls(one)[:2] == [("main", "other", 100, False), ("main", "leaf", 100, True)] or len(names(one)) == 3


def test_what_is_below_the_cutoff_is_counted() -> None:
    one = drawn("a main 1000", "tiny main 1", "bridge main 1", nodefraction=0.01)

    assert (names(one), one.trimmed.dropped_nodes) == (["a", "main"], 2)


def test_light_calls_are_counted_once_the_number_of_nodes_is_limited() -> None:
    samples = ("a main 1000", "b main 500", "a b 1")

    assert drawn(*samples, edgefraction=0.01, nodecount=0).trimmed.dropped_edges == 1
    # Before they are sorted for the last time they have gone already.
    assert drawn(*samples, edgefraction=0.01, nodecount=80).trimmed.dropped_edges == 0


def test_a_call_over_what_was_dropped_goes_where_another_way_leads() -> None:
    one = drawn(*(f"leaf x{n} mid main 1" for n in range(40)), "leaf mid main 100", nodefraction=0.1)

    assert ("mid", "leaf", 140, True) in calls(one)
    redundant = drawn("leaf mid main 100", "leaf small main 5", "small x 1", nodefraction=0.09)
    assert ("main", "leaf", 5, True) not in calls(redundant)


def test_labels_take_the_room_of_nodes() -> None:
    samples = ("a main 8 {k=v}", "b main 7 {k=w}", "c main 6 {k=x}", "d main 5 {k=y}")

    assert len(names(drawn(*samples, nodecount=3))) == 2
    assert len(names(drawn(*(sample.split(" {")[0] for sample in samples), nodecount=3))) == 3


def test_nodes_below_nothing_may_be_left_out() -> None:
    assert names(drawn("a main 5", "b -3", drop_negative=True)) == ["a", "main"]


def test_ties_are_broken_by_name() -> None:
    graph = whole(frames_of(prepared(profile("b 1", "a 1", "c 1"), report="dot")))

    assert [graph.names[node] for node in ordered(graph, graph.flat, graph.cum)] == ["a", "b", "c"]
