"""Labels' hashes against the bytes they are declared to be hashes of."""

from __future__ import annotations

import numpy as np
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.pprof.labels import hash_labels

TEXT = np.array([7, 2**64 - 1, 2**63], np.uint64)
LABELS = st.tuples(
    st.integers(0, 2), st.integers(-1, 2), st.sampled_from((0, 1, -1, 2**63 - 1, -(2**63))), st.integers(-1, 2)
)


def twin(key: int, value: int, num: int, unit: int) -> int:
    words = [
        int(TEXT[key]),
        int(TEXT[value]) if value >= 0 else 0,
        num % 2**64,
        int(TEXT[unit]) if unit >= 0 else 0,
        (1 if value >= 0 else 0) + (2 if unit >= 0 else 0),
    ]
    return xxhash.xxh64_intdigest(b"".join(word.to_bytes(8, "little") for word in words))


@given(st.lists(LABELS, max_size=8))
def test_a_label_hashes_to_its_five_words(labels: list[tuple[int, int, int, int]]) -> None:
    columns = np.array(labels, np.int64).reshape(-1, 4)

    found = hash_labels(TEXT, columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])

    assert found.tolist() == [twin(*label) for label in labels]
