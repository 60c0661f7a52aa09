"""Selectors as Prometheus has them."""

from __future__ import annotations

import time

import pytest

from pipeline.errors import UsageError
from pipeline.server.pyroscope.selector import parse
from pipeline.warehouse.pyroscope_questions import Matcher

TYPE = "memory:inuse_space:bytes:space:bytes"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{}", []),
        ('{a="b",}', [("a", "=", "b")]),
        (' { a != "b" , c=~"d|e", f!~`\\d` } ', [("a", "!=", "b"), ("c", "=~", "d|e"), ("f", "!~", "\\d")]),
        (TYPE + "{}", [("__profile_type__", "=", TYPE)]),
        (f'{{__name__="{TYPE}"}}', [("__profile_type__", "=", TYPE)]),
        ("memory", [("__name__", "=", "memory")]),
        ('{"a.b"="\\u00e9\\x41\\n\\"", \'up\'}', [("a.b", "=", 'éA\n"'), ("__name__", "=", "up")]),
    ],
)
def test_every_form_that_clients_send_is_read(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(one.name, one.operator, one.value) for one in parse(text)] == found
    assert all(isinstance(one, Matcher) for one in parse(text))


@pytest.mark.parametrize("text", ["", "{", "{a}", '{a="b"', '{a="b" c="d"}', "{a=b}", "{,}", '{a="b"}x', '{a="\\q"}'])
def test_what_is_no_selector_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="selector"):
        parse(text)


def test_a_hostile_selector_is_refused_at_once() -> None:
    begun = time.process_time()

    for text in ('{a="' + "\\" * 9_000, "{" + " " * 9_000, "{" + '"' * 9_000, "{" * 9_999):
        with pytest.raises(UsageError):
            parse(text)

    assert time.process_time() - begun < 1
