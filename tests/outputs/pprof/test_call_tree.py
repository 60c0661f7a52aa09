from __future__ import annotations

from pipeline.outputs.pprof.call_tree import as_tree
from pipeline.outputs.pprof.graph import frames_of
from tests.outputs.pprof.seen import prepared, profile, written


def test_a_function_is_a_node_for_each_path() -> None:
    frames, parents = as_tree(frames_of(prepared(profile("f a main 1", "f b main 2", "f f 4"), report="dot")))

    paths = set()
    for node, info in enumerate(frames.infos):
        path, above = [info.name], int(parents[node])
        while above >= 0:
            path.append(frames.infos[above].name)
            above = int(parents[above])
        paths.add(" ".join(path))
    assert paths == {"main", "a main", "b main", "f a main", "f b main", "f", "f f"}


def test_a_picture_of_a_tree_has_them_all() -> None:
    text = written(profile("f a main 1", "f b main 2"), "dot", call_tree=True)

    assert text.count('tooltip="f (') == 2


def test_a_call_over_dropped_nodes_is_inlined_where_every_step_is() -> None:
    # What is dropped weighs hardly anything of its own and stands between two that do.
    made = profile("leaf|mid|main 100", "other 100")

    inlined = written(made, "dot", call_tree=True, nodecount=3)

    assert "(inline)" in inlined


def test_functions_of_one_name_are_numbered_in_callgrind() -> None:
    text = written(profile("f@f.go:3 a@f.go:4 1", "f@f.go:3 b@f.go:5 2"), "callgrind", call_tree=True)

    assert {line.split(") ")[-1] for line in text.splitlines() if line.startswith("cfn=") and "f [" in line} == {
        "f [1/2]",
        "f [2/2]",
    }


def test_nothing_is_a_tree_of_nothing() -> None:
    frames, parents = as_tree(frames_of(prepared(profile(), report="dot")))

    assert (len(frames.infos), len(parents)) == (0, 0)
