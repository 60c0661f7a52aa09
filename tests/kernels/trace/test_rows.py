"""Events told apart, against a slow twin."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import rows as r
from pipeline.values import Int32s, Int64s

WORDS = (b"", b"network", b"chan receive", b"sync.(*Cond).Wait", b"select", b"select (no cases)", b"sleep")
TRANSITIONS = (*range(c.GO_CREATE, c.GO_STATUS + 1), *range(c.GO_SWITCH, c.GO_STATUS_STACK + 1))
STACKS = 4


def texts() -> tuple[np.ndarray, Int64s, Int64s]:
    lengths = np.array([len(word) for word in WORDS], np.int64)
    return np.frombuffer(b"".join(WORDS), np.uint8), np.cumsum(lengths) - lengths, lengths


@st.composite
def events(draw: st.DrawFn) -> list[int]:
    stack, text, state = st.integers(0, STACKS - 1), st.integers(0, len(WORDS) - 1), st.integers(0, 5)
    row = [0] * c.EVENT
    row[c.TIME], row[c.OPENED] = draw(st.integers(50, 99)), draw(st.integers(-1, 49))
    row[c.WIRE] = draw(st.sampled_from((*TRANSITIONS, c.CPU_SAMPLE, c.HEAP_ALLOC)))
    for column in (c.THREAD, c.PROC, c.GOROUTINE, c.RESOURCE):
        row[column] = draw(st.integers(-1, 3))
    row[c.STATES] = draw(state) | draw(state) << c.STATE_BITS | draw(st.sampled_from((0, c.HAS_RUN)))
    for column in (c.STACK_AT, c.STACK2, c.OPENED_STACK):
        row[column] = draw(stack)
    row[c.TEXT], row[c.OPENED_TEXT] = draw(text), draw(text)
    return row


def told_apart(given_rows: list[list[int]], *, at_once: int) -> tuple[Int64s, Int32s, Int64s, Int64s]:
    rows = np.array(given_rows, np.int64).reshape(-1, c.EVENT)
    numbers = np.full((r.NUMBERS, len(rows) + 3), -9, np.int64)
    references = np.full((r.REFERENCES, len(rows) + 3), -9, np.int32)
    others = np.full((len(rows), c.EVENT), -9, np.int64)
    weights = np.zeros((STACKS, r.WEIGHTS), np.int64)
    waiting = r.waits_for(*texts())
    n = m = 0
    flat = [array.reshape(-1) for array in (numbers, references, others, weights)]
    for start in range(0, len(rows), at_once):
        chunk = rows[start : start + at_once].reshape(-1)
        n, m = r.tell_apart(chunk, flat[0], flat[1], n, flat[2], m, flat[3], waiting)
    return numbers[:, :n], references[:, :n], others[:m], weights


def expected_weights(rows: list[list[int]]) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for row in rows:
        if row[c.WIRE] == c.CPU_SAMPLE:
            found[row[c.STACK_AT], r.ON_CPU] += 1
        before, after = row[c.STATES] & 15, row[c.STATES] >> 4 & 15
        if row[c.WIRE] not in TRANSITIONS or before == after or row[c.OPENED] < 0:
            continue
        word, ran = WORDS[row[c.OPENED_TEXT]], bool(row[c.STATES] & c.HAS_RUN)
        kinds = {
            r.NET: before == c.G_WAITING and word == b"network",
            r.SYNC: before == c.G_WAITING and any(part in word for part in (b"chan", b"sync", b"select")),
            r.SELECT: before == c.G_WAITING and word == b"select",
            r.IN_SYSCALL: before == c.G_SYSCALL and ran,
            r.RUNNABLE: before == c.G_RUNNABLE and ran,
        }
        for kind in (kind for kind, holds in kinds.items() if holds):
            found[row[c.OPENED_STACK], kind] += 1
            found[row[c.OPENED_STACK], kind + 1] += row[c.TIME] - row[c.OPENED]
    return found


@given(st.lists(events(), max_size=12), st.integers(1, 5))
def test_transitions_become_columns_and_the_rest_stays_as_it_is(rows: list[list[int]], at_once: int) -> None:
    numbers, references, others, weights = told_apart(rows, at_once=at_once)

    assert others.tolist() == [row for row in rows if row[c.WIRE] not in TRANSITIONS]
    of_goroutines = [row for row in rows if row[c.WIRE] in TRANSITIONS]
    assert numbers[r.G_TIME].tolist() == [row[c.TIME] for row in of_goroutines]
    assert numbers[r.GOROUTINE].tolist() == [row[c.RESOURCE] for row in of_goroutines]
    assert references[r.REASON].tolist() == [row[c.TEXT] for row in of_goroutines]
    assert references[r.AT_STACK].tolist() == [row[c.STACK2] for row in of_goroutines]
    assert numbers[r.THREAD].tolist() == [row[c.THREAD] for row in of_goroutines]
    assert numbers[r.PROC].tolist() == [row[c.PROC] for row in of_goroutines]
    assert {tuple(map(int, at)): int(weights[at]) for at in zip(*np.nonzero(weights), strict=True)} == dict(
        expected_weights(rows)
    )


@given(st.lists(events(), max_size=12))
def test_what_a_transition_ends_is_told_only_where_the_state_changes(rows: list[list[int]]) -> None:
    numbers, references, _, _ = told_apart(rows, at_once=4)

    for place, row in enumerate(row for row in rows if row[c.WIRE] in TRANSITIONS):
        before, after = row[c.STATES] & 15, row[c.STATES] >> 4 & 15
        ended = [row[c.OPENED_TEXT], row[c.OPENED_STACK]] if before != after else [0, 0]
        is_known = before != after and row[c.OPENED] >= 0
        assert references[[r.FROM_STATE, r.TO_STATE], place].tolist() == [before, after]
        assert references[[r.FROM_REASON, r.FROM_STACK], place].tolist() == ended
        assert numbers[r.DURATION, place] == (row[c.TIME] - row[c.OPENED] if is_known else -1)
        caused = row[c.GOROUTINE] if row[c.GOROUTINE] != row[c.RESOURCE] else -1
        assert numbers[r.BY_GOROUTINE, place] == caused


def test_a_stack_of_ones_own_is_no_cause() -> None:
    row = [0] * c.EVENT
    row[c.STACK_AT] = 2
    rows = [[wire if column == c.WIRE else value for column, value in enumerate(row)] for wire in TRANSITIONS]

    _, references, _, _ = told_apart(rows, at_once=3)

    own = {c.GO_STOP, c.GO_BLOCK, c.GO_SYSCALL_BEGIN, c.GO_STATUS, c.GO_STATUS_STACK}
    assert references[r.BY_STACK].tolist() == [0 if wire in own else 2 for wire in TRANSITIONS]


def test_words_say_what_is_waited_for() -> None:
    kinds = dict(zip(WORDS, r.waits_for(*texts()).tolist(), strict=True))

    assert kinds == {
        b"": 0,
        b"network": r.FOR_NET,
        b"chan receive": r.FOR_SYNC,
        b"sync.(*Cond).Wait": r.FOR_SYNC,
        b"select": r.FOR_SYNC | r.FOR_SELECT,
        b"select (no cases)": r.FOR_SYNC,
        b"sleep": 0,
    }


@given(st.lists(st.sampled_from((c.CPU_SAMPLE, c.HEAP_ALLOC, c.GC_END, c.GO_LABEL)), max_size=20))
def test_rows_of_a_table_lie_together_in_their_order(wires: list[int]) -> None:
    table_of = np.full(c.END_OF_TYPES, 9, np.uint8)
    table_of[[c.CPU_SAMPLE, c.GC_END]] = 1
    table_of[c.HEAP_ALLOC] = 0
    rows = np.zeros((len(wires), c.EVENT), np.int64)
    rows[:, c.WIRE] = wires

    order, starts = r.split(rows, table_of, 2)

    places = {table: [at for at, wire in enumerate(wires) if table_of[wire] == table] for table in (0, 1, 9)}
    assert [order[starts[table] : starts[table + 1]].tolist() for table in (0, 1)] == [places[0], places[1]]
    assert order[starts[2] :].tolist() == places[9]
