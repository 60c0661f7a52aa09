"""Lines in parts: the kubelet's with its marks, docker's after 16 KiB."""

from __future__ import annotations

import json

import pytest

from pipeline.formats.gctrace.partials import joined
from tests.formats.gctrace.logs import SCHED, gc, large, lines, read, read_blobs

AT = "2026-11-28T10:00:00.123456789Z"
FORCED = gc(5, rest=" (forced)")


def cri(*parts: str, stream: str = "stderr", before: str = "") -> list[str]:
    return [f"{before}{AT} {stream} {'F' if part is parts[-1] else 'P'} {part}" for part in parts]


def docker(*parts: str, stream: str = "stderr") -> list[str]:
    ended = [*parts[:-1], f"{parts[-1]}\n"]
    return [json.dumps({"log": part, "stream": stream, "time": AT}, separators=(",", ":")) for part in ended]


@pytest.mark.parametrize("text", [FORCED, SCHED])
def test_a_line_cut_anywhere_is_the_whole_one(text: str) -> None:
    whole = read(lines(*cri(text)))
    for place in range(len(text)):
        found = read(lines(*cri(text[:place], text[place:])))
        assert found.tables == whole.tables
        assert found.notes == []


def test_parts_of_others_that_come_between_are_theirs() -> None:
    ours, stdout, theirs = (
        cri("x; ", gc(1)[:40], gc(1)[40:]),
        cri("a", "b", stream="stdout"),
        cri(FORCED[:99], FORCED[99:], before="b:"),
    )
    mixed = [ours[0], stdout[0], theirs[0], ours[1], *cri("hello", before="c:"), stdout[1], ours[2], theirs[1]]
    found = read(lines(*mixed, *cri(gc(2))))

    assert found.rows("gctrace_cycle", "line", "process", "cycle", "is_forced") == [
        (1, 0, 1, False),
        (3, 1, 5, True),
        (9, 0, 2, False),
    ]


@pytest.mark.parametrize("size", [16 << 10, 40_000])
def test_a_long_text_of_dockers_goes_on_in_the_next_object(size: int) -> None:
    texts = docker("x" * size, "y" * size, f"; {FORCED[:60]}", FORCED[60:])
    # What is shorter than a part is whole.
    found = read(lines(*texts[:2], *docker(f"; {FORCED}"), *docker(gc(6))))

    assert found.rows("gctrace_cycle", "line", "cycle", "is_forced") == [(1, 5, True), (4, 6, False)]
    assert found.kinds == {"glued_line": 1}


def test_a_text_of_dockers_that_is_cut_in_the_middle_of_a_line_is_whole() -> None:
    long = "x" * (16 << 10)
    found = read(lines(*docker(f"{long}\\n{FORCED[:-9]}", FORCED[-9:])))

    assert found.rows("gctrace_cycle", "cycle", "is_forced") == [(5, True)]


def test_parts_in_pieces_that_are_read_one_by_one_are_put_together() -> None:
    texts = [part for number in range(1, 3_500) for part in cri("z" * 200, gc(number)[:50], gc(number)[50:])]
    found = read_blobs([large(lines(*texts))])

    assert found.rows("gctrace_cycle", "line", "cycle") == [(3 * number - 2, number) for number in range(1, 3_500)]


def test_what_never_ends_is_as_many_lines_as_before() -> None:
    texts = [f"{AT} stderr P {'x' * 10_000}"] * 300 + cri(gc(1))
    content = lines(*texts)
    found = b"".join(chunk for chunk, _ in joined([(content[:1_000_000], False), (content[1_000_000:], True)]))
    assert found.count(b"\n") == len(texts)
    assert read(content).cycles == [(0, 1)]


def test_what_has_no_last_part_may_have_been_longer() -> None:
    begun = cri(gc(7), " (forced)", before="b:")[0]
    found = read(lines(*cri(gc(1)), begun, *cri(gc(2))))

    assert found.rows("gctrace_cycle", "line", "cycle") == [(1, 1), (3, 2)]
    assert found.kinds == {"unreadable_line": 1}
