from __future__ import annotations

from pipeline.formats.legacy.quoted import quoted_labels, unquoted


def test_labels_are_pairs_in_their_order() -> None:
    assert quoted_labels(b'{"b":"1", "a": "two, \\"x\\":\\"y\\""}') == [(b"b", b"1"), (b"a", b'two, "x":"y"')]
    assert quoted_labels(b"{}") == []
    assert quoted_labels(b'{"cut":"of') == []


def test_what_go_escapes_is_what_it_was() -> None:
    assert unquoted(rb"a\n\t\\\"\x00\xff") == b'a\n\t\\"\x00\xff'
    assert unquoted(rb"\u00e9\U0001f600") == "é😀".encode()
    assert unquoted(rb"\Uffffffff") == "\ufffd".encode()
