"""Rows and lists that are alike, without a Python loop over them."""

from __future__ import annotations

import numpy as np

from pipeline.values import Int64s


def classes(*columns: np.ndarray) -> tuple[Int64s, Int64s]:
    """Which rows are alike in all columns: the first of each class, in order of place, and the class of every row."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        if len(values) > 1:
            # Dense again after each column, so that the product cannot overflow.
            key = np.unique(key * len(values) + place, return_inverse=True)[1]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[place]


def list_classes(offsets: Int64s, *columns: np.ndarray) -> tuple[Int64s, Int64s]:
    """The same for lists of rows: row i of a list is one of all columns.

    offsets  int64 (n + 1,)  where each list begins
    """
    element = classes(*columns)[1]
    sizes = np.diff(offsets)
    count = int(element.max(initial=-1)) + 1
    # Lists that are alike so far; those of another length never are.
    key = np.unique(sizes, return_inverse=True)[1].astype(np.int64)
    open_ = np.flatnonzero(sizes > 0)
    depth = 0
    while len(open_):
        pair = key[open_] * count + element[offsets[open_] + depth]
        place = np.unique(pair, return_inverse=True)[1]
        key[open_] = place + int(key.max()) + 1
        depth += 1
        # What is alone stays alone.
        is_alone = (np.bincount(place) == 1)[place]
        open_ = open_[(sizes[open_] > depth) & ~is_alone]
    return classes(key)
