"""What a node is, and how it is called."""

from __future__ import annotations

import pytest

from pipeline.outputs.pprof.nodes import NodeInfo, base_name, clean, nodes_of
from tests.outputs.pprof.seen import profile


@pytest.mark.parametrize(
    ("info", "printed"),
    [
        (NodeInfo("main.f"), "main.f"),
        (NodeInfo("main.f", 0x1234, "a.go", 0, 5, 7), "0000000000001234 main.f a.go:5:7"),
        (NodeInfo("main.f", file="a.go"), "main.f a.go"),
        (NodeInfo(file="a.go"), "a.go"),
        (NodeInfo(address=1, binary="/bin/server"), "0000000000000001 [server]"),
        (NodeInfo(), "<unknown>"),
        (NodeInfo("f", line=3), "f :3"),
    ],
)
def test_a_node_is_called_by_what_is_known(info: NodeInfo, printed: str) -> None:
    assert info.printable == printed


def test_frames_alike_are_one_node() -> None:
    nodes = nodes_of(profile("a@x.go b|a@x.go 1"), has_object_names=False)

    assert [nodes.infos[place].name for place in nodes.node] == ["a", "b", "a"]
    assert len(set(nodes.node.tolist())) == 3
    assert nodes.is_inlined.tolist() == [False, True, False]


def test_functions_of_one_name_in_several_binaries_are_one_unless_told() -> None:
    made = profile("a 1")

    assert [one.binary for one in nodes_of(made, has_object_names=False).infos] == [""]
    assert [one.binary for one in nodes_of(made, has_object_names=True).infos] == ["/app/server"]


def test_paths_are_cleaned_as_go_does() -> None:
    assert [clean(path) for path in ("", "a//b/../c", "//x", "./y")] == ["", "a/c", "/x", "y"]
    assert [base_name(path) for path in ("", "/", "/bin/x", "x/")] == [".", "/", "x", "x"]
