from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from pipeline.outputs.pprof.dot import IMAGES, escaped, shortened
from tests.outputs.pprof.seen import prepared, profile, written


def test_a_graph_is_nodes_and_calls() -> None:
    text = written(profile("leaf|mid main 768 {k=v}", "main 256", time_ns=0), "dot")

    assert text == (
        'digraph "server" {\n'
        'node [style=filled fillcolor="#f8f8f8"]\n'
        'subgraph cluster_L { "File: server" [shape=box fontsize=16 label="File: server\\lBuild ID: build-1\\l'
        "Type: inuse_space\\lShowing nodes accounting for 1024B, 100% of 1024B total\\l\\l"
        'See https://git.io/JfYMW for how to read the graph\\l" tooltip="server"] }\n'
        'N1 [label="main\\n256B (25.00%)\\nof 1024B (100%)" id="node1" fontsize=18 shape=box tooltip="main (1024B)"'
        ' color="#b20000" fillcolor="#edd5d5"]\n'
        'N2 [label="leaf\\n768B (75.00%)" id="node2" fontsize=24 shape=box tooltip="leaf (768B)"'
        ' color="#b20e00" fillcolor="#edd7d5"]\n'
        'N2_0 [label = "k:v" id="N2_0" fontsize=8 shape=box3d tooltip="768B"]\n'
        'N2 -> N2_0 [label=" 768B" weight=100 tooltip="768B" labeltooltip="768B"]\n'
        'N3 [label="mid\\n0 of 768B (75.00%)" id="node3" fontsize=8 shape=box tooltip="mid (768B)"'
        ' color="#b20e00" fillcolor="#edd7d5"]\n'
        'N1 -> N3 [label=" 768B" weight=76 penwidth=4 color="#b20e00" tooltip="main -> mid (768B)"'
        ' labeltooltip="main -> mid (768B)"]\n'
        'N3 -> N2 [label=" 768B\\n (inline)" weight=76 penwidth=4 color="#b20e00" tooltip="mid -> leaf (768B)"'
        ' labeltooltip="mid -> leaf (768B)"]\n'
        "}\n"
    )


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("github.com/a/b/v2/c.(*T).M", "c.(*T).M"),
        ("example.com/store.Put", "store.Put"),
        ("main.main", "main.main"),
        ("java.util.concurrent.Pool.run(int)", "Pool.run"),
        ("std::chrono::Clock::now", "Clock::now"),
        ("(anonymous namespace)::run", "run"),
    ],
)
def test_names_are_shortened(name: str, short: str) -> None:
    assert shortened(name) == short


def test_nobodys_name_ends_a_string() -> None:
    sample = 'x"]evil[label="\\\x1b[2J@f"il.e:3 main 9 {k"=v"\\q}'
    text = written(profile(sample, "main 1", binary='/b"in/a"b'), "dot", granularity="lines", nodecount=10)

    assert escaped('a"b\\c\nd\x1b') == 'a\\"b\\\\c\\ld\\\\x1b'
    assert "\x1b" not in text
    assert "evil" in text
    for line in text.splitlines():
        # Without what is escaped, quotes stand in pairs around strings that hold none.
        bare = re.sub(r"\\.", "", line)
        assert bare.count('"') % 2 == 0
        assert "evil" not in re.sub(r'"[^"]*"', "", bare)


def test_without_graphviz_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PipelineError, match="there is no `dot` on PATH; install it"):
        IMAGES["svg"](prepared(profile("main 1"), report="svg"))


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not here")
def test_graphviz_draws_it() -> None:
    drawn = IMAGES["svg"](prepared(profile("leaf main 1"), report="svg"))

    assert drawn.count(b'class="node"') == 3


def test_a_graph_of_nothing_has_a_legend() -> None:
    text = written(profile("main 0"), "dot")

    assert text.splitlines()[-1] == "}"
    assert "N1" not in text


def test_shares_of_nothing_are_colours_too() -> None:
    text = written(profile("a 5 {k=v}", "a -5", "b -3 {pprof::base=true}"), "dot")

    assert re.search(r'N1 \[.*color="#[0-9a-f]{6}"', text)
