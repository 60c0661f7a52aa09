"""Tiny Go programs as their linker would write them: ELF, Mach-O or PE, with a function table, types and code that calls.

    executable(
        Function("runtime.newobject", "runtime/malloc.go", 2140),
        Function("main.main", "main.go", 5, [Load("main.node", argument=0), Call("runtime.newobject")]),
        types={"main.node": 24},
    )

Addresses in the tables that come of it are told by `Program.behind`: where each call returns to, counted from the code.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.builders.trace import uvarint

MAGIC = {16: 0xFFFFFFFA, 18: 0xFFFFFFF0, 20: 0xFFFFFFF1}
BUILD_ID = "0123456789abcdef0123456789abcdef01234567"
GO_BUILD_ID = "aaaa/bbbb/cccc/dddd"
MARK = bytes(range(16))
TOLD = (
    "path\texample.com/shop/cmd/api\nmod\texample.com/shop\t(devel)\t\ndep\tgithub.com/a/b\tv1.2.3\th1:abc=\n"
    'dep\tgithub.com/c/d\tv0.1.0\n=>\t../d\t\nbuild\t-gcflags="-m=2 -l"\nbuild\tGOARCH=amd64\nbuild\tvcs.revision=f00\n'
)
_PAGE = 0x1000
_NO_DATA = 0xFFFF_FFFF
_INLINED_BYTES = 16


@dataclass(frozen=True, slots=True)
class Load:
    """Puts the address of a type into the register of an argument."""

    type: str
    argument: int


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Third:
    """Sets the third argument to a truth value."""

    value: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """Any other bytes of code."""

    code: bytes


Step: TypeAlias = Load | Call | Third | Raw


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its first line, what its code does, and since Go 1.20 what was inlined in it.

    runs     how many bytes of code are of which line and which inlined call, -1 for none; else all is of the first line
    inlined  name, first line and an instruction of the call, in bytes from the function's beginning
    """

    name: str
    file: str = "main.go"
    line: int = 1
    steps: Sequence[Step] = ()
    runs: Sequence[tuple[int, int, int]] = ()
    inlined: Sequence[tuple[str, int, int]] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """The file, and what is known of it: where code and types are in memory, and where each call returns to.

    behind  (caller, place among its calls) -> bytes from the beginning of the code
    entry   function -> the same
    """

    content: bytes
    code: int
    types: int
    base: int
    behind: Mapping[tuple[str, int], int]
    entry: Mapping[str, int]


@dataclass(slots=True)
class _Part:
    """A piece of memory that becomes a section and a segment."""

    name: str
    data: bytearray
    flags: str
    address: int = 0
    offset: int = 0
    sections: list[tuple[str, int, int]] = field(default_factory=list)

    def put(self, name: str, data: bytes) -> int:
        """Append a named section, aligned as types and pointers need it; its place in the part."""
        self.data += bytes(-len(self.data) % 16)
        self.sections.append((name, len(self.data), len(data)))
        self.data += data
        return self.sections[-1][1]


def executable(
    *functions: Function,
    types: Mapping[str, int] | None = None,
    kind: str = "elf",
    architecture: str = "amd64",
    release: int = 20,
    told: str | None = TOLD,
    go_version: str = "go1.27.3",
    is_named: bool = True,
    is_stripped: bool = False,
    has_table: bool = True,
    has_module: bool = True,
    function_data_word: int = 43,
) -> Program:
    """A program of these functions, in their order.

    types     name -> size
    release   16, 18 or 20: from which Go release 1.x on the layout of the function table is
    is_named  whether sections have names; without, everything has to be searched for
    function_data_word  of module data, which has another place before Go 1.27
    """
    base = {"elf": 0x400000, "macho": 0x1_0000_0000, "pe": 0x1_4000_0000}[kind]
    code_at = base + _PAGE
    descriptors, type_at = _types(types or {})
    entry, size = _entries(functions, architecture)
    read_only_at = code_at + _up(size)
    table, data_bytes = _function_table(
        functions, entry, size, release=release, architecture=architecture, code=code_at
    )
    read_only = _Part("rodata", bytearray(32), "r", read_only_at)
    table_at = read_only_at + read_only.put("gopclntab", table if has_table else bytes(len(table)))
    types_at = read_only_at + read_only.put("go.type", descriptors)
    code, behind = _code(
        functions, entry, architecture, code=code_at, types={n: types_at + at for n, at in type_at.items()}
    )
    data = _Part("data", bytearray(16), "rw", read_only_at + _up(len(read_only.data)))
    if told is not None:
        data.put("go.buildinfo", _build_info(go_version, told))
    if has_module:
        words = _module(table_at, code_at, size, types_at, len(descriptors), release=release)
        struct.pack_into("<Q", words, 8 * function_data_word, table_at + len(table) - data_bytes)
        data.put("go.module", bytes(words))
    text = _Part("text", bytearray(code), "rx", code_at, sections=[("text", 0, len(code))])
    wrap = {"elf": _elf, "macho": _macho, "pe": _pe}[kind]
    content = wrap([text, read_only, data], base, architecture, is_named=is_named, is_stripped=is_stripped)
    return Program(content, code_at, types_at, base, behind, entry)


# Code ------------------------------------------------------------------------------------------------------------------

_SIZES = {"amd64": {Load: 7, Call: 5}, "arm64": {Load: 8, Call: 4}}
_REGISTERS = {"amd64": {0: 0x05, 1: 0x1D, 4: 0x35}, "arm64": {0: 0, 1: 1, 4: 4}}
_THIRD = {
    "amd64": {True: b"\xb9\x01\0\0\0", False: b"\x31\xc9"},
    "arm64": {True: struct.pack("<I", 0xB24003E2), False: struct.pack("<I", 0xAA1F03E2)},
}


def _size(step: Step, architecture: str) -> int:
    if isinstance(step, Raw):
        return len(step.code)
    return len(_THIRD[architecture][step.value]) if isinstance(step, Third) else _SIZES[architecture][type(step)]


def _entries(functions: Sequence[Function], architecture: str) -> tuple[dict[str, int], int]:
    entry, at = {}, 0
    for one in functions:
        entry[one.name] = at
        at = _up(at + sum(_size(step, architecture) for step in one.steps) + 4, 16)
    return entry, at


def _code(
    functions: Sequence[Function], entry: Mapping[str, int], architecture: str, *, code: int, types: Mapping[str, int]
) -> tuple[bytes, dict[tuple[str, int], int]]:
    made, behind = bytearray(), {}
    for one in functions:
        made += b"\xcc" * (entry[one.name] - len(made))
        calls = 0
        for step in one.steps:
            at = len(made)
            if isinstance(step, Raw):
                made += step.code
            elif isinstance(step, Third):
                made += _THIRD[architecture][step.value]
            elif isinstance(step, Load):
                register = _REGISTERS[architecture][step.argument]
                made += _load(architecture, register, code + at, types[step.type])
            else:
                made += _call(architecture, entry[step.name] - at)
                behind[one.name, calls] = len(made)
                calls += 1
    made += b"\xcc" * (_up(len(made) + 4, 16) - len(made))
    return bytes(made), behind


def _load(architecture: str, register: int, at: int, target: int) -> bytes:
    if architecture == "amd64":
        return struct.pack("<BBBi", 0x48, 0x8D, register, target - at - 7)
    pages = ((target >> 12) - (at >> 12)) & 0x1FFFFF
    adrp = 0x90000000 | (pages & 3) << 29 | (pages >> 2) << 5 | register
    return struct.pack("<II", adrp, 0x91000000 | (target & 0xFFF) << 10 | register << 5 | register)


def _call(architecture: str, distance: int) -> bytes:
    if architecture == "amd64":
        return struct.pack("<Bi", 0xE8, distance - 5)
    return struct.pack("<I", 0x94000000 | distance // 4 & 0x3FFFFFF)


# What Go's linker writes ---------------------------------------------------------------------------------------------------


def _function_table(
    functions: Sequence[Function], entry: Mapping[str, int], size: int, *, release: int, architecture: str, code: int
) -> tuple[bytes, int]:
    """The table, and how many bytes at its end are what is known of functions."""
    names, files, units, values, rows = bytearray(), bytearray(), bytearray(), bytearray(1), bytearray()
    file_number: dict[str, int] = {}
    is_wide = release == 16
    entry_bytes = 16 if is_wide else 8
    first_row = entry_bytes * len(functions) + (8 if is_wide else 4)
    first_row = _up(first_row, 8)
    places = []
    # What is known of functions lies behind the table, as it does since Go 1.26.
    tree_at, trees = 0, bytearray()
    for one in functions:
        if one.file not in file_number:
            file_number[one.file] = len(file_number)
            units += struct.pack("<I", len(files))
            files += one.file.encode() + b"\0"
        name_at = len(names)
        names += one.name.encode("utf-8", "surrogateescape") + b"\0"
        file_at, line_at = len(values), len(values) + 8
        values += _value(file_number[one.file]).ljust(8, b"\0") + _value(one.line).ljust(8, b"\0")
        inlined_at = 0
        if one.runs and release >= 20:
            step = 1 if architecture == "amd64" else 4
            line_at = len(values)
            values += tabled([(size // step, line) for size, line, _ in one.runs])
            inlined_at = len(values)
            values += tabled([(size // step, call) for size, _, call in one.runs])
        places.append(first_row + len(rows))
        rows += struct.pack("<Q" if is_wide else "<I", entry[one.name] + (code if is_wide else 0))
        tables = [0, 0, inlined_at] if inlined_at else []
        rows += struct.pack("<IIIIIIII", name_at, 0, 0, 0, file_at, line_at, len(tables), 0)
        if release >= 20:
            data = [_NO_DATA, _NO_DATA, _NO_DATA, tree_at] if one.inlined else []
            tree_at += _INLINED_BYTES * len(one.inlined)
            rows += struct.pack(f"<iI{len(tables)}I{len(data)}I", one.line, len(data) << 24, *tables, *data)
        rows += bytes(-len(rows) % 8 + 8)
    layout = "<QQ" if is_wide else "<II"
    start = code if is_wide else 0
    index = b"".join(
        struct.pack(layout, start + entry[one.name], at) for one, at in zip(functions, places, strict=True)
    )
    index += struct.pack("<Q" if is_wide else "<I", start + size)
    for name, line, call in (call for one in functions for call in one.inlined):
        trees += struct.pack("<Iiii", 0, len(names), call, line)
        names += name.encode() + b"\0"
    parts = [bytes(names), bytes(units), bytes(files), bytes(values), index.ljust(first_row, b"\0") + rows]
    header_bytes = 64 if is_wide else 72
    offsets, at = [], header_bytes
    for part in parts:
        offsets.append(at)
        at = _up(at + len(part), 8)
    quantum = 1 if architecture == "amd64" else 4
    made = bytearray(struct.pack("<IHBBQQ", MAGIC[release], 0, quantum, 8, len(functions), len(file_number)))
    made += struct.pack("<5Q", *offsets) if is_wide else struct.pack("<6Q", code if release == 18 else 0, *offsets)
    for offset, part in zip(offsets, parts, strict=True):
        made += bytes(offset - len(made)) + part
    return bytes(made + trees), len(trees)


def tabled(runs: Sequence[tuple[int, int]]) -> bytes:
    """A table of values: for how many instructions there is which."""
    made, was = bytearray(), -1
    for count, value in runs:
        change = value - was
        made += uvarint(change << 1 ^ change >> 63) + uvarint(count)
        was = value
    return bytes(made + b"\0")


def _value(value: int) -> bytes:
    """A table of values that has this one only."""
    return tabled([(16, value)])


def _types(types: Mapping[str, int]) -> tuple[bytes, dict[str, int]]:
    """Descriptors, and where each begins; every second name has the star of its pointer before it."""
    places = {name: 16 + 48 * index for index, name in enumerate(types)}
    names, first = bytearray(), 16 + 48 * len(types)
    made = bytearray(16)
    for index, (name, size) in enumerate(types.items()):
        flags = 2 if index % 2 else 0
        text = ("*" if flags else "") + name
        made += struct.pack("<QQIBBBBQQii", size, 0, 0, flags, 8, 8, 25, 0, 0, first + len(names), 0)
        names += bytes([1, len(text.encode())]) + text.encode()
    return bytes(made + names) + bytes(8), places


def _module(table: int, code: int, size: int, types: int, types_size: int, *, release: int) -> bytearray:
    words = [0] * 80
    words[0] = table
    words[20], words[21], words[22], words[23] = code, code + size, code, code + size
    first = 37 if release >= 20 else 35
    words[first], words[first + 1] = types, types + types_size
    return bytearray(struct.pack("<80Q", *words))


def _build_info(go_version: str, told: str) -> bytes:
    text = MARK + told.encode() + MARK if told else b""
    made = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    for string in (go_version.encode(), text):
        length, prefix = len(string), bytearray()
        while length >= 0x80:
            prefix.append(length & 0x7F | 0x80)
            length >>= 7
        made += bytes([*prefix, length]) + string
    return made


def _up(value: int, to: int = _PAGE) -> int:
    return -(-value // to) * to


# Around it ------------------------------------------------------------------------------------------------------------------


def _elf(parts: Sequence[_Part], base: int, architecture: str, *, is_named: bool, is_stripped: bool) -> bytes:
    """Memory is as the file is."""
    notes = _note(b"GNU\0", 3, bytes.fromhex(BUILD_ID)) + _note(b"Go\0\0", 4, GO_BUILD_ID.encode())
    notes_at = 0x800
    made = bytearray(notes_at) + notes
    for part in parts:
        made += bytes(part.address - base - len(made)) + part.data
    flags = {"rx": 5, "r": 4, "rw": 6}
    programs = [
        (1, 5, 0, base, base, parts[0].address - base + len(parts[0].data), parts[0].address - base + len(parts[0].data), _PAGE),
        *((1, flags[p.flags], p.address - base, p.address, p.address, len(p.data), len(p.data), _PAGE) for p in parts[1:]),
        (4, 4, notes_at, base + notes_at, base + notes_at, len(notes), len(notes), 4),
    ]  # fmt: skip
    headers_at, count, names_index = 0, 0, 0
    if is_named:
        names = bytearray(b"\0")
        headers = [bytes(64)]
        for part in parts:
            for name, at, size in part.sections:
                header = (len(names), 1, 2, part.address + at, part.address - base + at, size, 0, 0, 16, 0)
                headers.append(struct.pack("<IIQQQQIIQQ", *header))
                names += b"." + name.encode() + b"\0"
        if not is_stripped:
            headers.append(struct.pack("<IIQQQQIIQQ", len(names), 2, 0, 0, 0, 0, 0, 0, 8, 24))
            names += b".symtab\0"
        names_at = len(names)
        names += b".shstrtab\0"
        headers.append(struct.pack("<IIQQQQIIQQ", names_at, 3, 0, 0, len(made), len(names), 0, 0, 1, 0))
        made += names
        headers_at, count, names_index = len(made), len(headers), len(headers) - 1
        made += b"".join(headers)
    machine = {"amd64": 62, "arm64": 183}.get(architecture, 243)
    identity = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    header = identity + struct.pack(
        "<HHIQQQIHHHHHH",
        2,
        machine,
        1,
        parts[0].address,
        64,
        headers_at,
        0,
        64,
        56,
        len(programs),
        64,
        count,
        names_index,
    )
    made[: len(header)] = header
    for index, (kind, flag, *rest) in enumerate(programs):
        struct.pack_into("<IIQQQQQQ", made, 64 + 56 * index, kind, flag, *rest)
    return bytes(made)


def _note(owner: bytes, kind: int, content: bytes) -> bytes:
    return struct.pack("<III", len(owner), len(content), kind) + owner + content + bytes(-len(content) % 4)


def _macho(parts: Sequence[_Part], base: int, architecture: str, *, is_named: bool, is_stripped: bool) -> bytes:
    commands = []
    segments = {"rx": (b"__TEXT", 5), "r": (b"__RODATA", 1), "rw": (b"__DATA", 3)}
    for part in parts:
        name, protection = segments[part.flags]
        # The first segment has the headers as well.
        start = base if part.flags == "rx" else part.address
        size = part.address + len(part.data) - start
        sections = b"".join(
            struct.pack("<16s16sQQIIIIIIII", b"__" + text.encode().replace(b".", b"_"), name,
                        part.address + at, length, part.address - base + at, 4, 0, 0, 0, 0, 0, 0)
            for text, at, length in part.sections if is_named
        )  # fmt: skip
        count = len(part.sections) if is_named else 0
        body = struct.pack("<16sQQQQIIII", name, start, size, start - base, size, 7, protection, count, 0) + sections
        commands.append(struct.pack("<II", 0x19, 8 + len(body)) + body)
    commands.append(struct.pack("<II16s", 0x1B, 24, bytes(range(16))))
    commands.append(struct.pack("<IIIIII", 2, 24, 0, 0 if is_stripped else 3, 0, 0))
    body = b"".join(commands)
    cpu = {"amd64": 0x01000007, "arm64": 0x0100000C}[architecture]
    made = bytearray(struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 0, 2, len(commands), len(body), 0, 0) + body)
    for part in parts:
        made += bytes(part.address - base - len(made)) + part.data
    return bytes(made)


def _pe(parts: Sequence[_Part], base: int, architecture: str, *, is_named: bool, is_stripped: bool) -> bytes:
    """The file is denser than memory, and no section of Go's has a name of its own."""
    flags = {"rx": 0x60000020, "r": 0x40000040, "rw": 0xC0000040}
    machine = {"amd64": 0x8664, "arm64": 0xAA64}[architecture]
    optional = struct.pack("<HBBIIIIIQ", 0x20B, 0, 0, 0, 0, 0, 0, 0x1000, base).ljust(240, b"\0")
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", machine, len(parts), 0, 0, 0 if is_stripped else 7, len(optional), 0x22)
    made = bytearray(b"MZ".ljust(60, b"\0") + struct.pack("<I", 128)).ljust(128, b"\0") + coff + optional
    at = _up(len(made) + 40 * len(parts), 0x200)
    for part in parts:
        part.offset = at
        size = _up(len(part.data), 0x200)
        name = b"." + part.name.encode() if is_named else b""
        made += struct.pack(
            "<8sIIIIIIHHI", name, len(part.data), part.address - base, size, at, 0, 0, 0, 0, flags[part.flags]
        )
        at += size
    for part in parts:
        made += bytes(part.offset - len(made)) + part.data
    return bytes(made).ljust(at, b"\0")
