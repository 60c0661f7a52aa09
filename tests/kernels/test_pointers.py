"""Arrays as pointers."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.pointers import pointer
from pipeline.values import Int64s


@kernel
def swap_ends(words: Int64s) -> int:
    at = pointer(words)
    at[0], at[len(words) - 1] = at[len(words) - 1], at[0]
    return int(at[0])


def test_what_is_written_through_a_pointer_is_in_the_array() -> None:
    words = np.array([1, 2, 3], np.int64)

    assert swap_ends(words) == 3
    assert words.tolist() == [3, 2, 1]
