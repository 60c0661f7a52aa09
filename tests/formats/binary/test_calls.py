"""Calls in code: each that is wanted and no other, what is loaded before it, in pieces or at once."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.binary import calls
from pipeline.formats.binary.calls import Calls, Wanted, find_calls
from pipeline.formats.binary.elf import read
from pipeline.formats.binary.wire import Held
from tests.builders.executable import Call, Function, Load, Program, Raw, Step, Third, executable

TYPES = {"main.node": 24, "string": 16}
NOTHING = {"amd64": Raw(b"\x90" * 8), "arm64": Raw(b"\x1f\x20\x03\xd5" * 2)}


def program(*steps: Step, architecture: str = "amd64") -> Program:
    functions = [Function(name) for name in ("new", "append", "malloc", "other")]
    return executable(*functions, Function("main.main", steps=steps), types=TYPES, architecture=architecture)


def found(made: Program) -> list[tuple[int, int, int, bool]]:
    result = _calls(made)
    assert result is not None
    return list(
        zip(
            result.behind.tolist(),
            result.target.tolist(),
            result.type.tolist(),
            result.is_uncleared.tolist(),
            strict=True,
        )
    )


def _calls(made: Program) -> Calls | None:
    entry = np.array(list(made.entry.values()), np.int64)
    wanted = Wanted(
        entry,
        is_target=np.array([True, True, True, False, False]),
        type_argument=np.array([0, 4, 1, -1, -1], np.int64),
        has_clearing=np.array([False, False, True, False, False]),
    )
    image = read(Held(made.content))
    return find_calls(image, wanted, code=made.code, code_bytes=image.sections[".text"].size_bytes)


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_wanted_calls_are_found_with_their_types(architecture: str) -> None:
    made = program(
        Load("main.node", 0), Call("new"), Load("string", 4), Call("append"), Call("other"), Load("main.node", 1),
        Call("malloc"), architecture=architecture,
    )  # fmt: skip
    node, string = made.types + 16, made.types + 64

    assert found(made) == [
        (made.behind["main.main", 0], 0, node, False),
        (made.behind["main.main", 1], 1, string, False),
        (made.behind["main.main", 3], 2, node, False),
    ]


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize(
    ("steps", "is_known"),
    [
        ((Load("main.node", 0), Call("new")), True),
        ((Load("string", 0), Load("main.node", 0), Call("new")), True),
        ((Load("main.node", 0), Load("string", 1), Call("new")), True),
        # Of another register, before another call, or too far away.
        ((Load("main.node", 1), Call("new")), False),
        ((Load("main.node", 0), Call("other"), Call("new")), False),
        ((Load("main.node", 0), *["nothing"] * 8, Call("new")), False),
        ((Call("new"),), False),
    ],
)
def test_only_the_last_load_into_the_register_counts(
    architecture: str, steps: tuple[object, ...], is_known: bool
) -> None:
    made = program(
        *(NOTHING[architecture] if step == "nothing" else step for step in steps),  # type: ignore[misc]
        architecture=architecture,
    )

    assert [row[2] for row in found(made)] == [made.types + 16 if is_known else 0]


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
@pytest.mark.parametrize(
    ("steps", "is_uncleared"),
    [
        ((Third(value=False), Call("malloc")), True),
        ((Third(value=True), Call("malloc")), False),
        ((Third(value=True), Third(value=False), Call("malloc")), True),
        ((Third(value=False), Third(value=True), Call("malloc")), False),
        ((Third(value=False), Call("new")), False),
        ((Third(value=False), Call("other"), Call("malloc")), False),
        ((Call("malloc"),), False),
    ],
)
def test_memory_is_uncleared_where_the_third_argument_says_so(
    architecture: str, steps: tuple[Step, ...], is_uncleared: bool
) -> None:
    assert [row[3] for row in found(program(*steps, architecture=architecture))] == [is_uncleared]


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_code_in_pieces_has_the_same_calls(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        step for _ in range(40) for step in (Load("main.node", 0), Call("new"), Third(value=False), Call("malloc"))
    ]
    made = program(*steps, architecture=architecture)
    whole = found(made)
    assert len(whole) == 80

    for size in (4, 64, 100, 256):
        monkeypatch.setattr(calls, "_PIECE_BYTES", size)
        assert found(made) == whole


def test_more_calls_than_any_program_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = program(Call("new"), Call("new"), Call("new"))
    monkeypatch.setattr(calls, "_MOST_CALLS", 3)
    assert len(found(made)) == 3

    monkeypatch.setattr(calls, "_MOST_CALLS", 2)
    with pytest.raises(DecodeError, match="has more than 2 calls"):
        found(made)


def test_bytes_that_lead_to_no_function_are_no_calls() -> None:
    made = program(
        Raw(b"\xe8\0\0\0\0"), Raw(b"\xe8\xff\xff\xff\x7f"), Raw(b"\xe8\0\0\0\x80"), Call("new"), Raw(b"\xe8\xe8")
    )

    assert [row[0] for row in found(made)] == [made.behind["main.main", 0]]


def test_a_load_of_a_shifted_operand_is_no_address() -> None:
    made = program(Load("main.node", 0), Call("new"), architecture="arm64")
    at = made.code + made.behind["main.main", 0] - 8 - made.base
    content = bytearray(made.content)
    content[at + 2] |= 0x40

    assert [
        row[2] for row in found(Program(bytes(content), made.code, made.types, made.base, made.behind, made.entry))
    ] == [0]


def test_the_calls_of_another_architecture_are_not_known() -> None:
    made = program(Call("new"))
    content = bytearray(made.content)
    content[18:20] = (243).to_bytes(2, "little")

    assert _calls(Program(bytes(content), made.code, made.types, made.base, made.behind, made.entry)) is None
