"""Programs decoded in tests: rows as dictionaries, and small programs that have a bit of everything."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.formats.binary import FORMAT
from pipeline.formats.binary.elf import read as read_elf
from pipeline.formats.binary.wire import Held, Image
from pipeline.values import Blob, Decoded, Large, Origin, Source
from tests.builders.executable import Call, Function, Load, Program, Third, executable

RUNTIME = (
    Function("runtime.mallocgc", "/go/src/runtime/malloc.go", 1067),
    Function("runtime.newobject", "/go/src/runtime/malloc.go", 2140),
    Function("runtime.growslice", "/go/src/runtime/slice.go", 178),
    Function("runtime.mapassign_faststr", "/go/src/internal/runtime/maps/runtime_faststr.go", 90),
    Function("runtime.chanrecv1", "/go/src/runtime/chan.go", 500),
    Function("runtime.panicIndex", "/go/src/runtime/panic.go", 90),
)
MAIN = Function(
    "main.grow",
    "/app/main.go",
    7,
    [
        Load("main.node", 0),
        Call("runtime.newobject"),
        Load("string", 4),
        Call("runtime.growslice"),
        Load("map[string]int", 0),
        Call("runtime.mapassign_faststr"),
        Call("runtime.chanrecv1"),
        Call("runtime.panicIndex"),
        Third(value=False),
        Call("runtime.mallocgc"),
        Third(value=True),
        Call("runtime.mallocgc"),
    ],
    runs=[(16, 8, -1), (16, 30, 0), (16, 9, -1)],
    inlined=[("main.kept", 29, 4)],
)
TYPES = {"main.node": 24, "string": 16, "map[string]int": 8}


@dataclass(frozen=True, slots=True)
class Read:
    """What one program came to."""

    decoded: Decoded

    @property
    def refusal(self) -> str:
        """Why it was refused; "" when it was not."""
        return self.decoded.refusals.get(0, "")

    @property
    def notes(self) -> list[str]:
        """The kinds of its notes."""
        return [note.kind for note in self.decoded.notes]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table, whatever their columns are kept in."""
        columns = {name: pa.array(column).to_pylist() for name, column in self.decoded.columns[table].items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def some_program(**options: Any) -> Program:
    """A program that allocates in some ways."""
    return executable(*RUNTIME, MAIN, types=TYPES, **options)


def read(content: bytes) -> Read:
    """Decode one program."""
    (decoded,) = FORMAT.decode([blob(content)])
    return Read(decoded)


def blob(content: bytes, **labels: str) -> Blob:
    """Its bytes as inputs hand them on."""
    return Blob(Source(7, Origin("api", labels=labels), len(content), ""), content)


def large(content: bytes, *, most_held_bytes: int) -> Blob:
    """The same as one that is read again and again."""

    def again() -> Callable[[int], bytes]:
        return io.BytesIO(content).read

    return Blob(Source(7, Origin("api"), len(content), ""), content[:512], Large(len(content), most_held_bytes, again))


def image(**options: Any) -> Image:
    """The program as an image, of an ELF file."""
    return read_elf(Held(some_program(**options).content))
