"""Single events of old traces, and what a file of them holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.trace_v1 import wire as w
from tests.builders.trace import uvarint
from tests.builders.trace_v1 import EVENTS, RICH, batch, event, raw, stacks, strings, trace


def read(content: bytes, version: int = 21) -> tuple[int, int, int, int, list[int]]:
    """Type, how many numbers, the position behind, status, the first numbers."""
    words = np.zeros(w.MOST_NUMBERS + 1, np.int64)
    kind, n, behind, status = w.read_one(np.frombuffer(content, np.uint8), 0, version, words)
    return kind, n, behind, status, words[:6].tolist()


def measured(content: bytes, version: int = 21) -> tuple[int, int, int, list[int]]:
    sizes = np.zeros(w.SIZES, np.int64)
    status, position, found = w.measure(np.frombuffer(content, np.uint8), 16, version, sizes)
    return status, position, found, sizes.tolist()


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_the_numbers_of_its_type(name: str) -> None:
    kind, arguments = EVENTS[name]
    line = " ".join([name, *(f"{argument}={place + 300}" for place, argument in enumerate(arguments))])

    found = read(event(line + (": text" if name == "UserLog" else "")) + b"rest")

    assert found[:2] == (kind, len(arguments))
    assert found[3] == w.OK
    assert found[4][: min(len(arguments), 4)] == [place + 300 for place in range(len(arguments))][:4]
    assert w.NUMBERS[kind] == len(arguments)
    assert w.HAS_STACK[kind] == (arguments[-1] == "stack")


def test_a_log_tells_where_its_message_is() -> None:
    content = event("UserLog dt=1 task=2 key=3 stack=4: hello")

    *_, behind, status, words = read(content + b"rest")

    assert status == w.OK
    assert content[words[w.MESSAGE_START] :][: words[w.MESSAGE_LENGTH]] == b"hello"
    assert behind == len(content)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\0", w.BAD_TYPE),
        (bytes([50]), w.BAD_TYPE),
        (raw(w.CPU_SAMPLE, 1, 2, 3, 4, 5), w.OK),
        (bytes([w.BATCH]) + b"\1\1", w.BAD_BATCH),
        (bytes([w.PROC_STOP]), w.BAD_NUMBER),
        (bytes([w.PROC_STOP]) + b"\x80" * 11, w.BAD_NUMBER),
        (raw(w.PROC_STOP, 1, 2), w.WRONG_COUNT),
        (raw(w.LOG, 1, 2, 3), w.WRONG_COUNT),
        (bytes([w.STACK | 3 << 6]) + uvarint(2049) + b"\0" * 2049, w.LONG_ARGUMENTS),
        (bytes([w.STACK | 3 << 6]) + uvarint(9), w.CUT_OFF),
        (raw(w.STACK, 1, 1, 5), w.DEEP_STACK),
        (raw(w.STACK, 1), w.DEEP_STACK),
        (raw(w.STACK, 1, 2**63), w.DEEP_STACK),
        (raw(w.STACK, 1, 0), w.OK),
        (strings({0: "a"}), w.BAD_STRING),
        (strings({1: ""}), w.BAD_STRING),
        (bytes([w.STRING]) + b"\1\5four", w.CUT_OFF),
        (bytes([w.STRING]) + b"\1" + uvarint(1_000_001), w.LONG_STRING),
        (event("UserLog dt=1 task=2 key=3 stack=4: hello")[:-1], w.CUT_OFF),
        (event("UserLog dt=1 task=2 key=3 stack=4: hello")[:-6], w.BAD_NUMBER),
    ],
)
def test_what_is_wrong_with_an_event_has_a_status(content: bytes, status: int) -> None:
    assert read(content)[3] == status


def test_there_are_no_cpu_samples_before_1_19() -> None:
    content = event("CPUSample dt=1 ts=1 p=1 g=1 stack=1")

    assert [read(content, version)[3] for version in (11, 19)] == [w.BAD_TYPE, w.OK]


def test_a_file_is_measured() -> None:
    content = trace(21, batch(0, "ProcStop dt=1", "ProcStop dt=1"), stacks({1: [(1, 2, 3, 4)] * 3, 2: [(1, 2, 3, 4)]}))

    status, _, _, sizes = measured(content)

    assert status == w.OK
    counted = [sizes[kind] for kind in (w.BATCH, w.PROC_STOP, w.STACK, w.FREQUENCY, w.FRAMES)]
    assert counted == [2, 2, 2, 1, 4]


@pytest.mark.parametrize(
    ("part", "status", "found"),
    [
        (event("ProcStop dt=1"), w.NO_BATCH, w.PROC_STOP),
        (batch(2**31), w.BAD_PROC, 2**31),
        (batch(0, "Frequency ticks=0"), w.BAD_FREQUENCY, 0),
        (batch(0) + b"\x3f", w.BAD_TYPE, 63),
    ],
)
def test_what_makes_a_file_useless_is_found_when_it_is_measured(part: bytes, status: int, found: int) -> None:
    assert measured(trace(21, part))[::2][:1] == (status,)
    assert measured(trace(21, part))[2] == found


def test_no_batch_may_be_cut_off_unnoticed() -> None:
    cuts = [measured(RICH[:length])[0] for length in range(16, len(RICH))]

    # Between events nothing is missed but what comes behind.
    assert cuts.count(w.OK) < len(cuts) / 2
    assert set(cuts) <= {w.OK, w.BAD_NUMBER, w.CUT_OFF}


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3), max_size=60), st.integers(0, 2**62))
def test_ids_get_places_in_the_order_they_come(ids: list[int], draw: int) -> None:
    known, slots = np.zeros(len(ids), np.int64), np.zeros(1 << (2 * len(ids) + 2).bit_length(), np.int32)
    n, places = 0, []
    for identity in ids:
        place, n = w.intern(known, slots, n, np.int64(identity), np.int64(draw | 1))
        places.append(int(place))

    first_seen = list(dict.fromkeys(ids))
    assert places == [first_seen.index(identity) for identity in ids]
    assert known[:n].tolist() == first_seen
