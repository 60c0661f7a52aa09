"""Verdicts are found for their explanations, and repetitions fold into one."""

from __future__ import annotations

from pipeline.formats.escape.sections import Sizes
from tests.formats.escape.reading import diagnostic, log, read


def explained(head: str, flow: str, *froms: str, position: str = "./a.go:5:2") -> str:
    """An explanation as `-m=2` prints it."""
    steps = "".join(f"{position}:     from {step}\n" for step in froms)
    return f"{position}: {head}:\n{position}:   flow: {flow}:\n{steps}"


def test_a_variable_moved_to_the_heap_is_explained_under_another_name() -> None:
    found = read(
        explained("x escapes to heap in f", "~r0 ← &x", "&x (address-of) at ./a.go:6:9")
        + "./a.go:5:2: moved to heap: x\n"
    )

    assert found.rows("escape_site", "kind", "expression", "message", "function") == [
        ("moved_to_heap", "x", "moved to heap: x", "f")
    ]
    columns = ("site_index", "step", "flow_from", "flow_to", "expression", "operation", "file", "line", "column")
    assert found.rows("escape_step", *columns) == [(0, 0, "&x", "~r0", "&x", "address-of", "./a.go", 6, 9)]


def test_a_variable_and_its_boxed_value_at_one_position_have_their_own_explanations() -> None:
    found = read(
        explained("x escapes to heap in f", "{heap} ← &{storage for x}", "x (spill) at ./a.go:5:2")
        + explained("x escapes to heap in f", "y ← &x", "&x (address-of) at ./a.go:5:2")
        + "./a.go:5:2: moved to heap: x\n./a.go:5:2: x escapes to heap\n"
    )

    assert found.rows("escape_site", "kind") == [("moved_to_heap",), ("escapes",)]
    assert found.rows("escape_step", "site_index", "operation") == [(0, "address-of"), (1, "spill")]


def test_go_1_24_explains_without_a_function() -> None:
    found = read(
        explained("x escapes to heap", "~r0 = &x", "&x (address-of) at ./a.go:6:9") + "./a.go:5:2: moved to heap: x\n"
    )

    assert found.rows("escape_site", "function") == [(None,)]
    assert found.rows("escape_step", "site_index", "flow_to") == [(0, "~r0")]


def test_an_append_is_explained_with_its_operands() -> None:
    found = read(
        explained(
            "append(s, 1) escapes to heap in f",
            "~r0 ← &{storage for append(s, 1)}",
            "append(s, 1) (spill) at ./a.go:5:2",
        )
        + "./a.go:5:2: append escapes to heap\n"
    )

    assert found.rows("escape_site", "expression", "function") == [("append", "f")]
    assert found.rows("escape_step", "site_index", "flow_from") == [(0, "&{storage for append(s, 1)}")]


def test_a_function_of_ones_own_called_append_is_not_the_builtin() -> None:
    found = read(
        explained(
            "append(3) escapes to heap in f", "{heap} ← &{storage for append(3)}", "append(3) (spill) at ./a.go:5:2"
        )
        + "./a.go:5:2: append does not escape\n./a.go:5:2: append(3) escapes to heap\n"
    )

    assert found.rows("escape_site", "kind", "expression") == [("does_not_escape", "append"), ("escapes", "append(3)")]
    assert found.rows("escape_step", "site_index") == [(1,)]


def test_a_constant_takes_the_place_of_the_variable_it_was_explained_as() -> None:
    found = read(
        explained("i escapes to heap in f", "{heap} ← &{storage for i}", "i (spill) at ./a.go:5:2")
        + "./a.go:5:2: 3000 escapes to heap\n"
    )

    assert found.rows("escape_site", "expression", "function") == [("3000", "f")]
    assert found.rows("escape_step", "site_index", "expression") == [(0, "i")]
    assert found.notes == []


def test_two_constants_at_one_position_are_not_guessed_apart() -> None:
    found = read(
        explained("i escapes to heap in f", "{heap} ← &{storage for i}", "i (spill) at ./a.go:5:2")
        + explained("j escapes to heap in f", "{heap} ← &{storage for j}", "j (spill) at ./a.go:5:2")
        + "./a.go:5:2: 3000 escapes to heap\n./a.go:5:2: 4000 escapes to heap\n"
    )

    assert found.rows("escape_site", "expression") == [("3000",), ("4000",)]
    assert found.tables["escape_step"] == []
    assert found.notes == [(0, "explanation_without_verdict", 2)]


def test_the_closure_of_a_go_statement_is_allocated_without_a_verdict() -> None:
    found = read(
        "# p\n./a.go:4:1: can inline GoIt.gowrap1\n"
        + explained(
            "func literal escapes to heap in GoIt",
            "{heap} ← &{storage for func literal}",
            "func literal (spill) at ./a.go:5:2",
        )
        + "./a.go:9:9: p does not escape\n"
    )

    assert found.rows("escape_site", "package", "line", "kind", "expression", "message", "function") == [
        ("p", 5, "escapes", "func literal", "func literal escapes to heap", "GoIt"),
        ("p", 9, "does_not_escape", "p", "p does not escape", None),
    ]
    assert found.rows("escape_step", "site_index") == [(0,)]


def test_an_explanation_cut_off_before_its_flow_is_no_verdict() -> None:
    found = read("./a.go:4:1: moved to heap: y\n./a.go:5:2: x escapes to heap in f:\n")

    assert found.rows("escape_site", "expression") == [("y",)]
    assert found.notes == [(0, "explanation_without_verdict", 1)]


def test_a_parameter_is_explained_by_its_flow_to_the_same_place() -> None:
    found = read(
        explained("parameter p leaks to b for Two with derefs=0", "b ← p", "return p, p (return) at ./a.go:6:1")
        + explained("parameter p leaks to a for Two with derefs=0", "a ← p", "return p, p (return) at ./a.go:7:1")
        + "./a.go:5:2: leaking param: p to result a level=0\n./a.go:5:2: leaking param: p to result b level=0\n"
    )

    assert found.rows("escape_site", "result", "level", "function") == [("a", 0, "Two"), ("b", 0, "Two")]
    assert found.rows("escape_step", "site_index", "line") == [(0, 7), (1, 6)]


def test_how_deep_content_leaks_is_told_by_its_explanations() -> None:
    content = (
        explained(
            "parameter p leaks to {heap} for f with derefs=3", "{heap} ← ***p", "***p (indirection) at ./a.go:8:1"
        )
        + explained("parameter p leaks to {heap} for f with derefs=1", "{heap} ← *p", "*p (indirection) at ./a.go:6:1")
        + explained("parameter p leaks to ~r0 for f with derefs=1", "~r0 ← *p", "*p (indirection) at ./a.go:7:1")
        + "./a.go:5:2: leaking param content: p\n"
    )

    found = read(content)

    assert found.rows("escape_site", "kind", "level") == [("leaking_param_content", 1)]
    assert found.rows("escape_step", "line") == [(6,)]


def test_a_flow_to_the_sixth_result_explains_the_leak_to_the_heap() -> None:
    found = read(
        explained("parameter p leaks to ~r5 for f with derefs=0", "~r5 ← p", "return p (return) at ./a.go:6:1")
        + "./a.go:5:2: leaking param: p\n"
    )

    assert found.rows("escape_step", "site_index", "flow_to") == [(0, "~r5")]


def test_a_parameter_moved_to_the_heap_needs_no_second_explanation() -> None:
    found = read(
        explained("x escapes to heap in f", "~r0 ← &x", "&x (address-of) at ./a.go:6:1")
        + explained("parameter x leaks to ~r0 for f with derefs=0", "~r0 ← &x", "&x (address-of) at ./a.go:6:1")
        + "./a.go:5:2: moved to heap: x\n"
    )

    assert found.rows("escape_step", "site_index", "flow_from") == [(0, "&x")]
    assert found.notes == []


def test_parameters_of_generic_shapes_are_explained_without_a_verdict() -> None:
    found = read(
        explained(
            "parameter xs leaks to {heap} for Map[go.shape.int] with derefs=1",
            "{heap} ← *xs",
            "*xs (range-deref) at ./a.go:6:1",
        )
        + "./a.go:9:9: p does not escape\n"
    )

    assert found.rows("escape_site", "expression") == [("p",)]
    assert found.notes == [(0, "explanation_without_verdict", 1)]


def test_verdicts_that_repeat_count_once() -> None:
    found = read(
        "# p\n"
        + "./a.go:5:2: moved to heap: x\n" * 3
        + "# p [p.test]\n./a.go:5:2: moved to heap: x\n# q\n./a.go:5:2: moved to heap: x\n"
    )

    assert found.rows("escape_site", "package", "expression") == [("p", "x"), ("q", "x")]
    assert found.notes == [(0, "duplicate_verdict", 3)]


def test_explanations_that_differ_follow_one_another_and_equal_ones_do_not() -> None:
    once = explained(
        "x escapes to heap in f", "{heap} ← &x", "&x (address-of) at ./a.go:6:1", "a = &x (assign) at ./a.go:6:2"
    )
    other = explained(
        "x escapes to heap in f", "{heap} ← &x", "&x (address-of) at ./a.go:7:1", "b = &x (assign) at ./a.go:7:2"
    )

    found = read(once + other + once + "./a.go:5:2: moved to heap: x\n")

    assert found.rows("escape_step", "step", "expression", "line") == [
        (0, "&x", 6),
        (1, "a = &x", 6),
        (2, "&x", 7),
        (3, "b = &x", 7),
    ]


def test_a_flow_without_an_expression_is_a_step_without_a_place() -> None:
    content = (
        "./a.go:5:2: x escapes to heap in f:\n./a.go:5:2:   flow: {temp} ← &x:\n./a.go:5:2:   flow: {heap} ← {temp}:\n"
        "./a.go:5:2:     from a = b (assign) at ./a.go:6:2\n./a.go:5:2: moved to heap: x\n"
    )

    found = read(content)

    assert found.rows(
        "escape_step", "step", "flow_from", "flow_to", "expression", "operation", "file", "line", "column"
    ) == [
        (0, "&x", "{temp}", "", "", None, None, None),
        (1, "{temp}", "{heap}", "a = b", "assign", "./a.go", 6, 2),
    ]


def test_equal_verdicts_of_several_inlined_calls_are_one_with_the_chain_of_each() -> None:
    inlined = [
        diagnostic("escape", "5:2", "&T{} escapes to heap", [("9:1", "inlineLoc"), (at, "inlineLoc")])
        for at in ("17:3", "18:3", "17:3")
    ]

    found = read(log(*inlined))

    chains = [(0, 0, 1, 9), (0, 0, 2, 17), (0, 1, 1, 9), (0, 1, 2, 18)]
    assert found.rows("escape_inline", "site_index", "chain", "depth", "line") == chains
    assert found.notes == [(0, "duplicate_verdict", 2)]


def test_reports_in_one_call_do_not_mix() -> None:
    head = "./a.go:5:2: x escapes to heap in f:\n./a.go:5:2:   flow: ~r0 ← &x:\n"

    found = read(head, "./a.go:5:2: moved to heap: x\n")

    assert found.rows("escape_site", "blob_index", "expression", "function") == [(0, "x", "f"), (1, "x", None)]
    assert found.rows("escape_step", "site_index") == [(0,)]


def test_any_number_of_reports_of_either_spelling_is_read_in_batches() -> None:
    moved = diagnostic("escape", "5:2", "x escapes to heap", [("6:9", "escflow:    flow: ~r0 ← &x:")])
    contents: list[bytes | str] = [
        log(moved),
        "./a.go:1:1: moved to heap: a\n",
        log(moved),
        "./b.go:1:1: moved to heap: b\n",
    ]
    whole = read(*contents)

    parts = read(*contents, sizes=Sizes(enough_bytes=max(map(len, contents))))

    assert whole.rows("escape_site", "blob_index", "expression") == [(1, "a"), (3, "b"), (0, "x"), (2, "x")]
    assert whole.rows("escape_step", "site_index") == [(2,), (3,)]
    assert parts == whole


def test_no_blobs_are_no_tables() -> None:
    assert read().tables["escape_site"] == []
