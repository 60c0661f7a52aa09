"""The layout the profile.proto kernels share."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import protowire
from pipeline.kernels.pprof import columns as layout


def test_every_status_has_a_number_of_its_own() -> None:
    own = [value for name, value in vars(layout).items() if name.isupper() and 10 <= value <= 20 and name not in SIZES]
    wire = [protowire.CUT_OFF, protowire.TOO_LONG, protowire.SHORT_FIXED, protowire.LENGTH_PAST_END]

    assert len(own) == 11
    assert len(set(own + wire)) == len(own) + len(wire)


# Numbers of columns and fields, which share the range of the statuses.
SIZES = {
    "COUNTS", "SETS", "PERIOD_TYPE", "COMMENT", "LAST_FIELD", "N_COMMENT", "HEADER", "TEXT_BYTES",
    "PERIOD_TYPE_TEXT", "PERIOD_UNIT_TEXT", "UNKNOWN_FIELDS", "UNKNOWN_MAPPINGS",
}  # fmt: skip


def test_a_fault_says_where_it_is_and_what_was_found() -> None:
    fault = np.zeros(layout.FAULT, np.int64)

    layout.fail(fault, layout.VALUE_COUNT, 31, layout.SAMPLE, 7, 3, 4)

    assert fault.tolist() == [layout.VALUE_COUNT, 31, layout.SAMPLE, 7, 3, 4]
    assert fault[layout.FOUND] == 3
    assert fault[layout.EXPECTED] == 4
