"""Texts and pairs that are told apart."""

from __future__ import annotations

import numpy as np

from pipeline.formats.gctrace.texts import distinct, texts_at, told_apart


def test_spans_become_texts() -> None:
    data = np.frombuffer("a1.5é".encode(), np.uint8)

    assert texts_at(data, np.array([1, 4, 0]), np.array([3, 2, 0])).to_pylist() == ["1.5", "é", ""]


def test_texts_are_told_apart() -> None:
    texts, which = distinct(np.frombuffer(b"abxab", np.uint8), np.array([0, 2, 3, 3, 5]))

    assert [texts[one] for one in which] == [b"ab", b"x", b"", b"ab"]
    assert len(texts) == 3


def test_pairs_are_told_apart() -> None:
    first, second = np.array([3, 0, 3, 3]), np.array([1, 2, 1, 0])

    ones, others, which = told_apart(first, second)

    assert len(ones) == 3
    assert ones[which].tolist() == first.tolist()
    assert others[which].tolist() == second.tolist()


def test_of_no_pairs_none_is_told() -> None:
    assert [len(one) for one in told_apart(np.array([], np.int64), np.array([], np.int64))] == [0, 0, 0]
