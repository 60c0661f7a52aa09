from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.formats.legacy.frames import FrameLines
from tests.builders.legacy import frames, text
from tests.formats.legacy.reading import read, samples


def stack(*named: str) -> list[Any]:
    (only,) = samples(read(text("goroutine profile: total 1", "1 @ 0x1", *frames(*named))))
    return only[0]


def test_lines_of_one_machine_function_are_one_location_at_the_innermost_address() -> None:
    content = text(
        "goroutine profile: total 1",
        "1 @ 0x1",
        *frames("0x118 f.inner+0x18 f.go:1", "0x117 f.outer+0x17 f.go:5", "0x220 main.main+0x20 main.go:9"),
    )

    facts = read(content)

    assert samples(facts)[0][0] == [["f.inner f.go:1", "f.outer f.go:5"], ["main.main main.go:9"]]
    assert [address for _, address, _, _ in facts.locations] == [0x118, 0x220]


def test_a_function_that_calls_itself_is_a_location_for_each_call() -> None:
    deep = "0x118 f.deep+0x18 f.go:1"

    assert stack(deep, deep, deep) == [["f.deep f.go:1"]] * 3


def test_what_is_inlined_into_a_recursive_function_stays_with_its_call() -> None:
    inner, deep = "0x118 f.inner+0x18 f.go:7", "0x117 f.deep+0x17 f.go:1"

    assert stack(inner, deep, inner, deep) == [["f.inner f.go:7", "f.deep f.go:1"]] * 2


def test_a_line_with_an_address_alone_is_a_location_without_lines() -> None:
    assert stack("0x77", "0x220 main.main+0x20 main.go:9") == ["0x77", ["main.main main.go:9"]]


def test_names_and_files_may_have_blanks_and_marks() -> None:
    line = "#\t0x10\ttype:.eq.struct { a int; b+c }+0x1\t\t/home/a b/c:d.go:12"

    found = samples(read(text("goroutine profile: total 1", "1 @ 0x1", line)))

    assert found[0][0] == [["type:.eq.struct { a int; b+c } /home/a b/c:d.go:12"]]


def test_a_text_whose_tabulators_became_blanks_is_read() -> None:
    assert samples(read(text("goroutine profile: total 1", "1 @ 0x1", "#   0x10   main.f+0x1   main.go:3")))[0][0] == [
        ["main.f main.go:3"]
    ]


def test_the_same_line_has_the_same_number_in_every_piece() -> None:
    known = FrameLines()
    a, b, c = frames("0x1 a+0x1 a.go:1", "0x2 b+0x1 b.go:1", "0x3 c+0x1 c.go:1")

    first, second = (_numbers(known, a, b, a), _numbers(known, c, b, "# other"))

    assert (first, second) == ([1, 2, 1], [3, 2, 4])
    assert known.is_frame.tolist() == [False, True, True, True, False]


def _numbers(known: FrameLines, *comments: str) -> list[int]:
    text = "\n".join(["1 @ 0x1", *comments]).encode()
    numbers, _ = known.cut(np.frombuffer(text, np.uint8), is_ended=False).comments.tolist()
    return list(numbers)
