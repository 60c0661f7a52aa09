"""Bodies of goroutines against what regular expressions leave of them, line by line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.text.dump_bodies import strip_bodies

PARTS = st.sampled_from(
    [
        "main.f",
        "(",
        ")",
        "...",
        "(...)",
        "\t",
        "x.go:",
        "3",
        " +0x1",
        " fp=0x1",
        " sp=0x2",
        " pc=0x3",
        "created by ",
        "main.g",
        " in goroutine ",
        "12",
        "\n",
        "\r\n",
        "goroutine ",
        " ",
    ]
)
TEXTS = st.lists(PARTS, max_size=24).map("".join).map(str.encode)


def stripped(*bodies: bytes) -> list[tuple[bytes, bytes, int, int]]:
    """Of each body what is left, how much of it was looked at, its creator and how many lines tell one."""
    starts = np.cumsum([0, *(len(body) + 1 for body in bodies)], dtype=np.int64)[:-1]
    data = b"\n".join(bodies)
    out, offsets, ends, creators, said = strip_bodies(np.frombuffer(data, np.uint8), starts)
    return [
        (
            out[offsets[row] : offsets[row + 1]].tobytes(),
            data[starts[row] : ends[row]],
            int(creators[row]),
            int(said[row]),
        )
        for row in range(len(bodies))
    ]


def twin(text: bytes) -> tuple[bytes, bytes, int, int]:
    left, looked_at, creator, said = b"", b"", 0, 0
    above = b"\t"
    for line in text.splitlines(keepends=True) if b"\r" not in text else re.findall(rb"[^\n]*\n|[^\n]+$", text):
        if not line.strip() or line.startswith(b"goroutine "):
            break
        looked_at += line
        core = re.sub(rb"\r?\n?\Z", b"", line, count=1)
        end = line[len(core) :]
        if core.startswith(b"\t"):
            found = re.fullmatch(
                rb"(\t[^\n]+:\d{1,18}(?: \+0x[0-9a-f]+)?) fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+", core
            )
            core = found[1] + b"\n\n" if found and above[:1] not in (b"\t", b"[", b".") else core
        elif core.startswith(b"created by "):
            said += 1
            found = re.fullmatch(rb"(created by .+ in goroutine )(\d{1,19})", core)
            if said == 1 and found:
                core, creator = found[1] + b"\n\n", int(found[2])
        elif found := re.fullmatch(rb"([^\n]+)\(([^(\n]*)\)", core):
            core = found[1] + (b"\n\n\n\n" if found[2] == b"..." else b"\n\n")
        left += core + end
        above = line
    return left, looked_at, creator, said


@given(TEXTS)
def test_what_is_left_is_what_the_expressions_leave(text: bytes) -> None:
    assert stripped(text) == [twin(text)]


@given(st.lists(TEXTS, max_size=4))
def test_bodies_do_not_change_one_another(texts: list[bytes]) -> None:
    # Between two stands a blank line, as between goroutines.
    assert stripped(*(text + b"\n" for text in texts)) == [twin(text + b"\n") for text in texts]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"f(0x1)\n\tx.go:3 +0x1\n", b"f(0x2, 0x3)\n\tx.go:3 +0x1\n"),
        (b"f()\n\tx.go:3 fp=0x1 sp=0x2 pc=0x3\n", b"f()\n\tx.go:3 fp=0x44 sp=0x55 pc=0x66\n"),
        (b"created by g in goroutine 1\n", b"created by g in goroutine 1234567890123456789\n"),
    ],
)
def test_what_differs_between_goroutines_at_the_same_calls_is_left_out(left: bytes, right: bytes) -> None:
    assert stripped(left)[0][0] == stripped(right)[0][0]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (b"f(...)\n", b"f(0x1)\n"),
        (b"f\n", b"f()\n"),
        (b"f()", b"f()\n"),
        (b"f()\n\tx.go:3\n", b"f()\n\tx.go:3 fp=0x1 sp=0x1 pc=0x1\n"),
        *(
            (above + b"\tx.go:3 fp=0x1 sp=0x1 pc=0x1\n", above + b"\tx.go:3 fp=0x2 sp=0x2 pc=0x2\n")
            for above in (b"", b"\tx\n", b"...7 frames elided...\n", b"[originating\n", b"non-Go function at pc=0x1\n")
        ),
        (b"\tx.go:3 +0x1\n", b"\tx.go:3 +0x2\n"),
        (b"created by g\n", b"created by g in goroutine 1\n"),
        (b"created by f(0x1)\n", b"created by f(0x2)\n"),
        (b"created by f\ncreated by g in goroutine 1\n", b"created by f\ncreated by g in goroutine 2\n"),
        (b"f()\n\tx.go:3 fp=0x1 sp=0x1 y=0x1\n", b"f()\n\tx.go:3 fp=0x1 sp=0x1 y=0x2\n"),
        (b"f()\n\tx.go:3 fp=0x1 sp=0x1 pc=0x1 y\n", b"f()\n\tx.go:3 fp=0x1 sp=0x1 pc=0x2 y\n"),
    ],
)
def test_what_reads_otherwise_stays_another(left: bytes, right: bytes) -> None:
    assert stripped(left)[0][0] != stripped(right)[0][0]
