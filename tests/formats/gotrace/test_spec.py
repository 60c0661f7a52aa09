"""The table of events."""

from __future__ import annotations

from pipeline.formats.gotrace.spec import EVENTS
from pipeline.kernels.trace import columns as c


def test_the_kernels_read_as_many_arguments_as_the_table_names() -> None:
    told = {event.number: len(event.arguments) for event in EVENTS}
    read = {number: int(n) for number, n in enumerate(c.ARGUMENTS) if n != c.UNTIMED}

    assert len(told) == len(EVENTS) == 50
    assert told == read
