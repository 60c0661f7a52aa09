"""Which calls an expression of the report can compile to, and which never."""

from __future__ import annotations

import pytest

from tests.corpus.fits import compiles, fits, form, possible


@pytest.mark.parametrize(
    ("expression", "call"),
    [
        ("&event{...}", "new"),
        ("new([64]int)", "new"),
        ("func literal", "new"),
        ("... argument", "new"),
        ("[]float64{...}", "new"),
        ("c.Error", "new"),
        ("make([]byte, n)", "make"),
        ("make([]byte, len(a + b))", "make"),
        ("append", "append"),
        ("append([]int(nil), s...)", "append"),
        ("map[string]int{...}", "map made"),
        ("map[string]int{...}", "map grows"),
        ("make(map[int]string)", "map made"),
        ('"prefix-" + s', "concatenation"),
        ("make([]byte, n)", "raw memory"),
        ("&event{...}", "raw memory"),
        ("make(Header, n)", "map made"),
        ("make(Header, n)", "make"),
        ("Labels{...}", "map grows"),
        ("[]func(int) error{...}", "new"),
        ("RawMessage(s)", "bytes"),
        ("s + t", "boxing"),
        ("2.5 * f", "boxing"),
        ("string(b)", "string"),
        ("([]byte)(s)", "bytes"),
        ('[]byte("x" + s)', "concatenation"),
        ("value{...}", "boxing"),
        ("~r0", "boxing"),
        ("i", "boxing"),
    ],
)
def test_an_expression_compiles_to_its_call(expression: str, call: str) -> None:
    assert fits("escapes", expression, call=call)


@pytest.mark.parametrize(
    ("expression", "call"),
    [
        ("&stream{...}", "make"),
        ("&event{...}", "channel"),
        ("&event{...}", "map made"),
        ("func literal", "map grows"),
        ("string(b)", "map grows"),
        ("append", "map grows"),
        ("append", "new"),
        ("make([]byte, 0, n)", "append"),
        ("make(map[int]string)", "map grows"),
        ("make(map[int]string)", "make"),
        ("[]int{...}", "make"),
        ("i", "append"),
        ("&node[go.shape.struct { A int }]{...}", "boxing"),
        ("... argument", "boxing"),
        ("2.5 * f", "concatenation"),
        ("i", "new"),
        ("append", "raw memory"),
        ("map[string]struct { A int }{...}", "new"),
    ],
)
def test_an_expression_never_compiles_to_another_call(expression: str, call: str) -> None:
    assert not fits("escapes", expression, call=call)


def test_a_make_that_is_appended_is_no_record_of_an_append_by_itself() -> None:
    assert fits("escapes", "make([]byte, n)", call="append")
    assert not compiles("escapes", "make([]byte, n)", call="append")


def test_the_form_is_what_spellings_have_in_common() -> None:
    assert form("make([]byte, 300)") == form("make([]byte, size)") == "make"
    assert form("append([]int(nil), s...)") == form("append") == "append"
    assert form("string(b)") == "string(b)"


def test_a_moved_variable_is_new_whatever_its_name() -> None:
    assert possible("moved_to_heap", "append") == {"new"}


def test_where_no_call_is_known_nothing_contradicts() -> None:
    assert fits("escapes", "append", call="unknown")
