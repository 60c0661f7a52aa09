"""Events as text."""

from __future__ import annotations

import pyarrow as pa

from pipeline.outputs.event_text import stack_text, text

FRAMES = [
    {"function": "main.wait", "pc": "4760e3", "file": "main.go", "line": 7},
    {"function": "", "pc": "0", "file": "", "line": 0},
]


def events(*rows: tuple[str, int | None, bool, int | None, bool]) -> pa.Table:
    names = ("line", "transition_stack_id", "has_transition_stack", "stack_id", "has_stack")
    kinds = (pa.string(), pa.int32(), pa.bool_(), pa.int32(), pa.bool_())
    columns = zip(*rows, strict=True)
    return pa.table({name: pa.array(of, kind) for name, of, kind in zip(names, columns, kinds, strict=True)})


def test_a_frame_is_two_lines() -> None:
    assert stack_text(FRAMES) == "\tmain.wait @ 0x4760e3\n\t\tmain.go:7\n\t @ 0x0\n\t\t:0\n"


def test_stacks_stand_below_their_event_and_those_without_frames_have_a_title() -> None:
    told = text(
        events(
            ("a", None, False, None, False),
            ("b", 1, True, 2, True),
            ("c", None, True, None, False),
            ("d", None, False, 3, True),
        ),
        {1: "\tone\n", 2: "\ttwo\n", 3: ""},
    )

    assert told == "a\nb\nTransitionStack=\n\tone\n\nStack=\n\ttwo\n\nc\nTransitionStack=\n\nd\nStack=\n\n"


def test_without_any_stack_lines_are_lines() -> None:
    assert text(events(("a", None, False, None, False)), {}) == "a\n"


def test_what_a_terminal_obeys_is_shown() -> None:
    assert text(events(("a «\x1b[31m»\nb", None, False, None, False)), {}) == "a «\\x1b[31m»\\nb\n"
    assert stack_text([FRAMES[0] | {"function": "f\n\x1b"}]).splitlines()[0] == "\tf\\n\\x1b @ 0x4760e3"
