from __future__ import annotations

import pytest

from tests.builders.legacy import Sample, cpu, text
from tests.formats.legacy.reading import read, refusal, samples

HEAD = ("--- heapz 1 ---", "format = java", "resolution = bytes")


def test_addresses_are_replaced_by_what_the_lines_call_them() -> None:
    content = text(
        *HEAD,
        "2097152 2 @ 0x3 0x7 0x9 0xb 0xd",
        "  0x3 com.example.Cache.put (Cache.java:25)",
        "  0x7 libjvm.so (/usr/lib/jvm/libjvm.so)",
        "  0x9 generated stub/JIT",
        "  0xb GC",
    )

    ((stack, values, labels),) = samples(read(content))

    assert stack == [
        ["com.example.Cache.put Cache.java:25"],
        ["libjvm.so libjvm.so:0"],
        ["STUB :0"],
        ["GC :0"],
        "0x0",
    ]
    # 2/(1-exp(-2)), an object being of a MiB and sampled at 512 KiB.
    assert values == (2, 2425393)
    assert labels == [(b"bytes", 1048576)]


def test_contention_is_how_often_and_how_long_of_all() -> None:
    content = text(
        "--- contentionz 1 ---",
        "format = java",
        "resolution = microseconds",
        "sampling period = 100",
        "ms since reset = 7",
        "5 2 @ 0x3",
    )

    found = read(content)

    assert [values for _, values, _ in found.samples] == [(200, 500)]
    assert found.sample_types == [(b"contentions", b"count"), (b"delay", b"microseconds")]
    assert found.header[:3] == (0, 7_000_000, 100)


def test_a_cpu_profile_of_java_has_names() -> None:
    found = read(cpu(Sample("0x3 0x7", 4), is_java=True, behind="0x3 A.b (A.java:1)\n0x7 C.d (C.java:2)\n"))

    assert samples(found) == [([["A.b A.java:1"], ["C.d C.java:2"]], (4, 40_000_000), [])]


def test_a_sample_without_its_line_feed_is_cut_off() -> None:
    assert len(read(text(*HEAD, "7048 2 @ 0x3") + b"7048 2 @ 0x").samples) == 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("format = c",), "line 2: format 'c', and java was expected"),
        (("format = java", "period = 1"), "line 3: 'period' is no attribute of a Java heap profile"),
        (("format = java", "1 1 @ 0x1"), "no line says `resolution = ...`"),
        ((*HEAD[1:], "5 0 @ 0x1"), "sample 0: it has no objects"),
        ((*HEAD[1:], "9223372036854775808 1 @ 0x1"), "is no number from 0 to 9223372036854775807"),
        ((*HEAD[1:], "1 1 @ 0x10000000000000000"), "more than 64 bits"),
    ],
)
def test_what_cannot_be_is_refused(lines: tuple[str, ...], reason: str) -> None:
    assert reason in refusal(text(HEAD[0], *lines))


def test_a_line_that_is_too_long_to_look_into_is_a_name() -> None:
    name = "( " * 5000 + "(A.java:1)"

    assert samples(read(text(*HEAD, "7048 2 @ 0x3", f"0x3 {name}")))[0][0] == [[f"{name} :0"]]


def test_contentions_that_would_not_fit_are_refused() -> None:
    content = text(
        "--- contentionz 1 ---",
        "format = java",
        "resolution = ms",
        "sampling period = 9",
        "1 9223372036854775807 @ 0x3",
    )

    assert refusal(content) == "sample 0: what it stands for takes more than 64 bits"
