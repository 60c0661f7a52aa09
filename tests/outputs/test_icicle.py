from __future__ import annotations

import io
from typing import Literal

import pytest
from rich.cells import cell_len
from rich.console import Console

from pipeline.outputs import icicle
from pipeline.outputs.flame_tree import flame_tree
from tests.outputs import builder

TREE = """
root 0
  main.main 10
    example.com/shop/store.(*Cache).Put 300000
    example.com/shop/api.serve 40000
      example.com/shop/store.(*Cache).Put 50000
        runtime.makeslice 20000
  runtime.gcBgMarkWorker 7000
"""


def drawn(
    text: str,
    *,
    columns: int,
    lines: int | None = None,
    unit: str = "bytes",
    color: bool = False,
    system: Literal["truecolor", "standard"] = "truecolor",
    encoding: str = "utf-8",
) -> str:
    sink = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=sink,
        force_terminal=color or lines is not None,
        color_system=system if color else None,
        width=columns,
        height=lines or 25,
    )
    made = icicle.text(builder.flame_tree(text), console, title="heap.pb.gz", unit=unit, sample_type="inuse_space")
    with console.capture() as captured:
        console.print(made, end="", soft_wrap=True)
    return captured.get().replace("\N{NO-BREAK SPACE}", " ")


def test_an_icicle_of_80_columns() -> None:
    assert (
        drawn(TREE, columns=80)
        == """\
heap.pb.gz · inuse_space · 407.2 KiB
│root 100.0 % 407.2 KiB ────────────────────────────────────────────────────────
│main.main 98.3 % 400.4 KiB ──────────────────────────────────────────────────│─
│example.com/shop/store.(*Cache).Put 71.9 % 293.0 KiB ───│api.serve 26.4 % ───
                                                         │…*Cache).Put
                                                         │…ce
"""
    )


def test_an_icicle_of_40_columns_cuts_names_from_the_left_and_says_what_is_too_narrow() -> None:
    assert (
        drawn(TREE, columns=40)
        == """\
heap.pb.gz · inuse_space · 407.2 KiB
│root 100.0 % 407.2 KiB ────────────────
│main.main 98.3 % 400.4 KiB ───────────·
│store.(*Cache).Put 71.9 % ─│api.serve
                            │…).Put
                            │─
left out: 1 box narrower than a letter
"""
    )


def test_a_low_terminal_has_fewer_levels_and_says_how_many_are_left_out() -> None:
    assert (
        drawn(TREE, columns=60, lines=6)
        == """\
heap.pb.gz · inuse_space · 407.2 KiB
│root 100.0 % 407.2 KiB ────────────────────────────────────
│main.main 98.3 % 400.4 KiB ──────────────────────────────│─
│store.(*Cache).Put 71.9 % 293.0 KiB ──────│api.serve ────
left out: 2 levels below
"""
    )


def test_a_comparison_says_the_change_of_each_box() -> None:
    assert (
        drawn("root 0 0\n  main.grow 5000 9000\n  main.gone 3000 0\n", columns=60)
        == """\
heap.pb.gz · inuse_space · +1000 B
│root +1000 B ──────────────────────────────────────────────
│main.grow +3.9 KiB ─────────────────────────────│main.gone
"""
    )


def test_a_terminal_of_another_encoding_gets_letters_that_it_has() -> None:
    found = drawn("root 0\n  example.com/shop/store.(*Cache).Put 9\n", columns=18, encoding="ascii")

    assert found.splitlines()[1:] == ["|root 100.0 % 9 B", "|~ore.(*Cache).Put"]


def test_boxes_are_coloured_by_package_as_the_page_has_them() -> None:
    found = drawn(TREE, columns=80, color=True)

    # hsl(276 68% 78.5%) of example.com/shop/store, which both of its boxes have.
    assert found.count("48;2;") == 7
    assert found.count("38;2;27;31;36;48;2;210;174;239m") == 2
    assert "─" not in found


def test_sixteen_colours_tell_what_grew_from_what_shrank_and_packages_apart() -> None:
    growth = "root 0 0\n  main.grow 5000 9000\n  main.gone 3000 0\n  main.same 3000 3000\n"

    grown, packages = (drawn(text, columns=80, color=True, system="standard") for text in (growth, TREE))

    assert "\x1b[30;101m│main.grow" in grown
    assert "\x1b[30;104m│main.gone" in grown
    assert "\x1b[30;47m│main.same" in grown
    assert "\x1b[30;105m│example.com/shop/store.(*Cache).Put" in packages
    assert "\x1b[30;105m│api.serve" not in packages


@pytest.mark.parametrize(
    "name", ["a\x1b[31mb", "[red]x[/red]", "a\nb", "\u202eb", "漢字漢字", "", "e\u0301" * 9, "x" * 100_000]
)
@pytest.mark.parametrize("columns", [1, 2, 7, 40])
def test_a_name_is_text_and_a_row_stays_as_wide_as_the_terminal(name: str, columns: int) -> None:
    rows = builder.result("flame.tree", {"level": [0, 1], "value": [5, 5], "self": [0, 5], "label": ["root", name]})
    tree = flame_tree(rows)

    found = tree.rectangles(focus=0, columns=columns, top=0, rows=2)
    made = list(icicle.drawn_rows(tree, found, rows=2, columns=columns, unit="bytes"))

    letters = ["".join(piece.text for piece in pieces) for pieces in made]
    assert [cell_len(row) for row in letters] == [columns, columns]
    assert not set("\x1b\n\u202e") & set("".join(letters))
    assert "[red]x" not in name or columns < 40 or "[red]x[/red]" in letters[1]


def test_the_chosen_and_what_a_search_found_stand_out_even_when_narrow() -> None:
    tree = flame_tree(builder.flame_tree(TREE))
    found = tree.rectangles(focus=0, columns=40, top=0, rows=2)

    made = list(icicle.drawn_rows(tree, found, rows=2, columns=40, unit="bytes", chosen=1, marked={6}))

    assert [piece.background for piece in made[1]] == [icicle.CHOSEN, icicle.FOUND]


def test_the_facts_of_a_node() -> None:
    tree = flame_tree(builder.flame_tree(TREE))

    assert icicle.facts(tree, 2, unit="bytes").replace("\N{NO-BREAK SPACE}", " ") == (
        "example.com/shop/store.(*Cache).Put · total 293.0 KiB, 71.9 % · self 293.0 KiB, 71.9 % · example.go:3"
    )


def test_nothing_is_told_in_words() -> None:
    rows = builder.flame_tree("root 0")
    empty = type(rows)(rows.name, rows.columns, rows.table.slice(0, 0))
    console = Console(file=io.StringIO(), width=40)

    said = [icicle.text(tree, console, title="t", unit="bytes", sample_type="cpu").plain for tree in (rows, empty)]

    assert said == ["There is nothing to draw: no stack has a value other than zero.\n"] * 2
