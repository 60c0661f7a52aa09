"""Which lines are of one process."""

from __future__ import annotations

from tests.formats.gctrace.logs import END, INIT, SCAN, SCAVENGE, SCHED, START, gc, lines, read


def test_what_stands_before_lines_tells_processes_apart() -> None:
    found = read(lines(f"web-1 | {gc(1)}", f"web-2 | {gc(5)}", f"web-1 | {gc(2)}", f"web-2 | {gc(6)}"))

    assert found.prefixes == ["web-1 |", "web-2 |"]
    assert found.cycles == [(0, 1), (1, 5), (0, 2), (1, 6)]


def test_a_cycle_that_is_not_behind_the_last_one_is_of_a_new_process() -> None:
    found = read(lines(gc(1), gc(2), gc(1), gc(2), gc(2)))

    assert found.cycles == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]


def test_a_time_that_goes_back_is_of_a_new_process() -> None:
    assert read(lines(gc(5, "9.000"), gc(6, "0.100"))).cycles == [(0, 5), (1, 6)]


def test_a_pid_that_changes_is_a_new_process() -> None:
    found = read(lines(f"web01 api[8]: {gc(1)}", f"web01 api[9]: {gc(2)}"))

    assert found.prefixes == ["web01 api[8]:", "web01 api[9]:"]


def test_packages_that_are_initialised_again_are_of_a_new_process() -> None:
    started = (INIT.replace("@1.2", "@0.2"), INIT)

    assert read(lines(*started, gc(1), *started, gc(1))).cycles == [(0, 1), (1, 1)]


def test_a_package_that_took_longer_than_a_cycle_is_of_the_same_process() -> None:
    slow = INIT.replace("0.030 ms clock", "900 ms clock")

    assert read(lines(gc(1), slow, gc(2))).cycles == [(0, 1), (0, 2)]


def test_a_scheduler_that_counts_anew_is_of_a_new_process() -> None:
    assert read(lines(SCHED, SCHED, SCHED.replace("1003ms", "3ms"))).rows("schedtrace", "process") == [(0,), (0,), (1,)]


def test_lines_without_a_time_are_of_the_latest_process() -> None:
    found = read(lines(gc(3), SCAVENGE, SCAN, gc(1), SCAVENGE, SCAN))

    assert found.rows("scavenge", "process") == [(0,), (1,)]
    assert found.rows("gctrace_scan", "process", "cycle") == [(0, 3), (1, 1)]


def test_what_the_pacer_says_before_a_cycle_is_of_the_cycles_process() -> None:
    found = read(lines(START, END, gc(9), START, END, gc(1), START))

    assert found.rows("gctrace_pacer", "process", "line", "cycle") == [(0, 1, 9), (1, 4, 1), (1, 7, None)]


def test_other_output_before_a_line_does_not_make_it_another_process() -> None:
    found = read(lines(gc(1), f"loading {gc(2)}", f"10 % done{gc(3)}", f"heap ends, next: {gc(4)}", f"x {SCAVENGE}"))

    assert found.prefixes == [""]
    assert found.cycles == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert found.rows("scavenge", "process") == [(0,)]


def test_other_output_behind_a_name_leaves_the_name() -> None:
    found = read(lines(f"web-1 | x%{gc(1)}", f"web-1 | {gc(2)}", f"web-1 | loading: {gc(3)}"))

    assert found.prefixes == ["web-1 |"]
    assert found.cycles == [(0, 1), (0, 2), (0, 3)]


def test_a_process_started_no_earlier_than_any_of_its_lines_says() -> None:
    stamps = ("2026-11-28T10:00:00.900Z", "2026-11-28T10:00:00.450Z", "2026-11-28T10:00:07.000Z")
    found = read(lines(*(f"{stamp} {gc(cycle)}" for cycle, stamp in zip((1, 2, 3), stamps, strict=True))))

    # The second: 0.450 s, a millisecond that may be cut off, less 0.200 s and 0.481 ms of work.
    assert found.rows("process", "started_at", "started_by") == [(1_795_860_000_250_519, "stamp")]


def test_without_a_stamp_nobody_knows_when_a_process_started() -> None:
    assert read(lines(gc(1))).rows("process", "started_at", "started_by") == [(None, None)]


def test_too_many_names_are_no_processes() -> None:
    found = read(lines(*(f"request={number}] {gc(1)}" for number in range(10_003))))

    assert len(found.prefixes) == 10_000
    assert found.kinds == {"too_many_processes": 3}
