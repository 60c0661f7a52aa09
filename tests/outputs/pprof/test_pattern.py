"""Regular expressions as Go reads them."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.outputs.pprof.pattern import check, matching


def test_an_expression_is_found_anywhere_in_a_name() -> None:
    assert matching(["main.f", "", "f.main", "main.f"], r"^main\.").tolist() == [True, False, False, True]
    assert matching([], "x").tolist() == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing closing ): `(`"),
        ("a)", "unexpected ): `a)`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
    ],
)
def test_a_broken_one_is_told_of_in_the_words_of_go(pattern: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        check(pattern, what="focus regexp")

    assert str(raised.value) == f"parsing focus regexp: error parsing regexp: {said}"
