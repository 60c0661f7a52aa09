from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.goroutines.wire import ELIDED, Goroutine, goroutines_of, is_cut_off
from tests.builders.dumps import MANY, dump, goroutine

CALL = "main.f(0x1)@main.go:3 +0x1"


def only(header: str, *frames: str) -> Goroutine:
    (found,) = goroutines_of(dump(goroutine(header, *(frames or (CALL,)))))
    return found


def calls(found: Goroutine) -> list[tuple[bytes, int, bool]]:
    assert found.body.frames is not None
    return [(frame.function, frame.line, frame.is_inlined) for frame in found.body.frames]


@pytest.mark.parametrize(
    ("header", "state", "wait", "is_locked", "is_leaked", "bubble"),
    [
        ("1 [running]", b"running", None, False, False, None),
        ("1 [chan receive, 5 minutes]", b"chan receive", 5, False, False, None),
        ("1 [chan receive (nil chan), locked to thread]", b"chan receive (nil chan)", None, True, False, None),
        ("1 [chan send (leaked) (scan)]", b"chan send", None, False, True, None),
        ("1 [sleep (durable), 2 minutes, locked to thread, synctest bubble 3]", b"sleep (durable)", 2, True, False, 3),
        ("1 [select, synctest group 7]", b"select", None, False, False, 7),
        ("1 gp=0xc0 m=2 mp=0xc1 [GC worker (idle)]", b"GC worker (idle)", None, False, False, None),
        ("1 gp=0xc0 m=nil [force gc (idle)]", b"force gc (idle)", None, False, False, None),
        ("1 [IO wait, 999999999999 minutes]", b"IO wait", None, False, False, None),
    ],
)
def test_a_header_tells_the_state(
    header: str, state: bytes, wait: int | None, is_locked: bool, is_leaked: bool, bubble: int | None
) -> None:
    found = only(header)

    assert (
        found.header.state,
        found.header.wait,
        found.header.is_locked,
        found.header.is_leaked,
        found.header.bubble,
    ) == (
        state,
        wait,
        is_locked,
        is_leaked,
        bubble,
    )


@pytest.mark.parametrize(
    "header",
    [
        '1 [select labels:{"queue":"red", "tier":"a ]}, b"}]',
        '1 [select] {queue: red, tier: "a ]}, b"}',
        '1 [select] {"queue": "red", "tier": "a ]}, b"}',
    ],
)
def test_labels_are_read_as_each_release_writes_them(header: str) -> None:
    found = only(header)

    assert (found.header.state, found.header.labels) == (b"select", ((b"queue", b"red"), (b"tier", b"a ]}, b")))


def test_arguments_are_no_part_of_a_name() -> None:
    found = only(
        "1 [running]",
        "main.(*T).f({0x1, 0x2?}, ...)@main.go:3 +0x1",
        "main.g[...](...)@main.go:4",
        "panic({0x1, 0x2})@runtime/panic.go:5 +0x1",
        "main.h(...)@main.go:6 +0x7 fp=0xc0 sp=0xc1 pc=0x47db79",
    )

    assert calls(found) == [
        (b"main.(*T).f", 3, False),
        (b"main.g[...]", 4, True),
        (b"panic", 5, False),
        (b"main.h", 6, False),
    ]


def test_who_started_it_is_told() -> None:
    found = only("9 [select]", CALL, "created by main.start.func1 in goroutine 7@main.go:25 +0x6b")
    old = only("9 [select]", CALL, "created by main.start@main.go:25 +0x6b")

    assert (found.body.created_by, found.body.created_file, found.body.created_line, found.creator) == (
        b"main.start.func1",
        b"main.go",
        25,
        7,
    )
    assert (old.body.created_by, old.creator) == (b"main.start", None)


def test_frames_that_were_left_out_are_counted_and_leave_a_frame() -> None:
    found = only("1 [running]", CALL, "...31 frames elided...", "main.main()@main.go:9 +0x1")

    assert found.body.elided == 31
    assert [name for name, *_ in calls(found)] == [b"main.f", ELIDED, b"main.main"]


def test_ancestors_are_no_frames() -> None:
    found = only(
        "2 [select]",
        CALL,
        "created by main.a in goroutine 1@main.go:5 +0x1",
        "[originating from goroutine 1]:",
        "main.a(...)@main.go:5 +0x1",
        "...additional frames elided...",
        "created by main.b@main.go:8 +0x1",
    )

    assert [name for name, *_ in calls(found)] == [b"main.f"]
    assert (found.body.created_by, found.body.elided) == (b"main.a", 0)


def test_a_stack_that_could_not_be_had_is_none() -> None:
    first, second = goroutines_of(
        b"goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by x\n\nmore\n"
        + dump(goroutine("2 [select]", CALL))
    )

    assert first.body.frames is None
    assert second.body.frames is not None


def test_the_runtimes_last_frame_is_left_out_and_c_has_its_own() -> None:
    found = only(
        "1 [syscall]",
        "non-Go function at pc=0x47db79",
        "c_read@x.c:7 pc=0x47db79",
        "non-Go function@pc=0x47db79",
        "runtime.goexit({})@asm.s:1 +0x1",
    )

    assert [name for name, *_ in calls(found)] == [b"non-Go function", b"c_read", b"non-Go function"]


def test_a_dump_ends_where_other_lines_follow_or_a_goroutine_comes_again() -> None:
    one, two = goroutine("1 [running]", CALL), goroutine("2 [select]", CALL)
    text = (
        dump(one, two)
        + b"\n"
        + dump(one)
        + b"\nexit status 2\n"
        + dump(two)
        + b"rax    0x0\n-----\n\n"
        + dump(goroutine("3 [select]", CALL))
    )

    assert [(found.dump, found.id) for found in goroutines_of(text)] == [(0, 1), (0, 2), (1, 1), (2, 2), (2, 3)]


def test_a_line_of_another_program_does_not_end_a_stack() -> None:
    text = MANY.replace(b"main.wait", b"2026/01/02 served\nmain.wait")

    assert [calls(found) for found in goroutines_of(text)] == [calls(found) for found in goroutines_of(MANY)]


def test_lines_of_a_log_behind_a_dump_are_no_frames() -> None:
    (found,) = goroutines_of(dump(goroutine("1 [running]", CALL)) + b"served /\n" * 9 + b"main.x()\n\tmain.go:3\n")

    assert [name for name, *_ in calls(found)] == [b"main.f"]


def test_a_text_is_cut_off_when_it_ends_within_a_line_of_a_dump() -> None:
    assert is_cut_off(MANY[:-4])
    assert not is_cut_off(MANY)
    assert not is_cut_off(MANY + b"\nexit status 2")


def test_a_dump_cut_anywhere_gives_what_is_there() -> None:
    whole = [found.id for found in goroutines_of(MANY)]

    for length in range(len(MANY)):
        ids = [found.id for found in goroutines_of(MANY[:length])]
        assert ids == whole[: len(ids)]


# Lines that goroutines at the same calls differ in, and others that only look so: each may stand anywhere.
SIBLINGS = (
    ("main.f(0x1)", "main.f(0x2, {0x3?})", "main.f(...)", "main.f"),
    ("(0x1)", "(0x2)"),
    ("\tmain.f(0x1)", "\tmain.f(0x2)"),
    ("f(a(0x1)", "f(a(0x2)", "f(b(0x1)", "f(...)x(...)"),
    ("created by main.g in goroutine 1", "created by main.g in goroutine 22", "created by main.g"),
    ("created by main.h(0x1)", "created by main.h(0x2)", "created by  in goroutine 3", "created by  in goroutine 4"),
    ("\tmain.go:3 +0x1", "\tmain.go:3", "\tmain.go:3 +0x1\r", "\tmain.go:4 +0x1"),
    ("\tmain.go:3 +0x1 fp=0x1 sp=0x2 pc=0x3", "\tmain.go:3 +0x1 fp=0x4 sp=0x5 pc=0x6", "\tmain.go:3 fp=0x4 sp=0x5 pc=0x6"),
    ("\tmain.go:3 fp=0x1 sp=0x2 pc=0x4 +0x1", "\tmain.go:3 fp=0x1 sp=0x2 pc=0x4 x", "\tmain.go:3 fp=0x1 x", "\tmain.go:3 fp=0x2 x:3"),
    ("\ta:b=0x1", "\ta:b=0x2"),
    ("\ta:3 x=0x1", "\ta:3 x=0x2"),
    ("...7 frames elided...", "...8 frames elided..."),
    ("non-Go function at pc=0x1", "non-Go function at pc=0x2"),
    ("[originating from goroutine 1]:", "[originating from goroutine 2]:"),
    ("served /", "runtime.goexit({})", "\tpc=0x7"),
)  # fmt: skip


@st.composite
def relatives(draw: st.DrawFn) -> list[list[str]]:
    """Bodies that differ, line by line, in siblings."""
    kinds = draw(st.lists(st.sampled_from(SIBLINGS), min_size=1, max_size=6))
    return draw(st.lists(st.tuples(*map(st.sampled_from, kinds)).map(list), min_size=2, max_size=5))


@given(relatives(), st.sampled_from(["", "\n"]))
def test_a_goroutine_is_read_the_same_whatever_was_read_before_it(bodies: list[list[str]], end: str) -> None:
    first = "main.main()\n\tmain.go:1 +0x1"
    texts = [f"goroutine {number} [x]:\n" + "\n".join([first, *lines]) for number, lines in enumerate(bodies)]
    together = goroutines_of(("\n\n".join(texts) + end).encode())
    alone = [only_one(f"{text}{end if text == texts[-1] else chr(10)}") for text in texts]

    assert [told(found) for found in together] == [told(found) for found in alone]


def only_one(text: str) -> Goroutine:
    (found,) = goroutines_of(text.encode())
    return found


def told(found: Goroutine) -> tuple[object, ...]:
    body = found.body
    return found.id, body.frames, body.elided, body.created_by, body.created_file, body.created_line, found.creator
