"""Other names for what programs, files and people are called: equal ones for equal names, and no way back.

A name is made of words and what stands between them, and each word becomes another (`n17`), wherever it stands. So what is
split, joined or compared by its parts (packages, folders, methods, file names, labels) still is, without a word of it left.
Numbers are given in the order of asking, and hashes are other hashes under a key that nobody keeps: a hash of a name
would tell whoever guesses the name.

What stays is what everybody knows: the standard library, Go's own words, `main`, the endings of files.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import numpy as np

from pipeline.standard_library import packages
from pipeline.values import Int64s, UInt64s

# Words of Go's own in the names of functions and types; words of an expression; endings of files.
_GO_WORDS = """
    main init func go type struct interface map chan bool string byte rune error any int int8 int16 int32 int64 uint uint8 uint16
    uint32 uint64 uintptr float32 float64 complex64 complex128
"""
_KEYWORDS = """
    append cap clear close copy delete len make max min new panic print println recover nil true false iota case const default
    defer else for goto if import package range return select switch var
"""
_ENDING_WORDS = """
    go s c h cc cpp cxx hpp m rs py java so dll dylib exe a o gz zip tar tgz zst bz2 xz lz4 pb pprof prof trace out test log txt
    json csv otlp pftrace
"""
_GO: Final = frozenset(_GO_WORDS.split())
_CODE: Final = _GO | frozenset(_KEYWORDS.split())
_ENDINGS: Final = frozenset(_ENDING_WORDS.split())
# What Go's compiler and linker call what has no name, and what they write for a character.
_UNNAMED = r"go\.shape\.|glob\.\.|-fm\b|%[0-9a-f]{2}|~r\d+"
_DESCRIBED = r"\{heap\}|\{temp\}|\{storage for |\.\.\. argument|func literal|for loop|range loop"
# The version of a module, whole; a word.
_WORD = r"(?P<name>@[^/\s\"\])},]+|\w+)"
_SYMBOL = re.compile(f"{_UNNAMED}|{_WORD}")
_EXPRESSION = re.compile(f"{_UNNAMED}|{_DESCRIBED}|{_WORD}")
# `func1`, `gowrap2`, `deferwrap1`, and what counts: no number that a moment, an account or a revision could be.
_NUMBERED = re.compile(r"(?:func|gowrap|deferwrap)?\d{1,6}")
_CONSTANT = re.compile(r"\d{1,12}")
# When a file was taken, where its name says so; letters with digits behind them, by which files are put in order.
_STAMP = r"\d{8}T\d{6}\.\d{3}Z"
_COUNTED = re.compile(rf"{_STAMP}|[^\W\d_]+(?=\d)")
_PLACE = re.compile(rf"{_STAMP}|(?P<name>[^\W_]+)")
# Folders that say whose the files below them are.
_FOLDERS: Final = frozenset(("mod", "pkg", "src", "vendor"))
_NO_NAMES = re.compile(r"<[a-z]+>|\[[a-z]+\]|command-line-arguments")
# What Go calls a package: everything up to the first dot behind the last slash, brackets aside.
_PACKAGE = re.compile(r"((?:[^/\[(]*/)*[^/\[(.:]+)\.")
_OF_GO = re.compile(r"(|.*/)(?:go[^/]*|toolchain@[^/]*)/src/([^.]+)/([\w.]+)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?|`[^`]*`?')
# What is measured, in whose units, and labels that heapscape itself reads.
_MEASURES = """
    alloc_objects alloc_space inuse_objects inuse_space objects space samples cpu wall count contentions delay goroutine
    goroutineleak threadcreate heap allocs block mutex trace other bytes kilobytes megabytes nanoseconds microseconds
    milliseconds seconds net_contentions net_delay sync_contentions sync_delay syscall_contentions syscall_delay
    sched_contentions sched_delay
"""
_MEASURED: Final = frozenset(_MEASURES.split())
_LABELS: Final = frozenset(("bytes", "service", "service_name", "instance", "build", "memory_limit"))
_ROUNDS, _LAST_ROUNDS = 2, 4


class Pseudonyms:
    """What names are called from now on; remembered, so that a name has one wherever it is asked for."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._standard_files: set[str] = set()
        self._keys = np.frombuffer(secrets.token_bytes(16), np.uint64)

    def whole(self, text: str) -> str:
        """A text that is one name, or none of anybody's business: the value of a label, the message of a log."""
        if not text:
            return text
        if text not in self._known:
            # Whether a name is exported is said by its first letter, and is worth being seen.
            self._known[text] = f"{'N' if text[0].isupper() else 'n'}{len(self._known) + 1}"
        return self._known[text]

    def measured(self, text: str) -> str:
        """A sample type, a unit or a kind of profile: those of Go's own profiles stay."""
        return text if text in _MEASURED else self.whole(text)

    def label(self, key: str) -> str:
        """What a label is called: those that views read stay."""
        return key if key in _LABELS else self.whole(key)

    def label_value(self, key: str, value: str) -> str:
        """What a label says, of which a limit of memory stays."""
        return value if key == "memory_limit" else self.whole(value)

    def symbol(self, name: str) -> str:
        """The name of a function or a type; of the standard library's without what stands in brackets."""
        return self._outside_brackets(name) if package_of(name) in packages() else self._words(name, _GO)

    def package(self, path: str) -> str:
        """An import path, or that of a module."""
        return path if path in packages() or _NO_NAMES.fullmatch(path) else self._words(path, _GO)

    def type_name(self, name: str) -> str:
        """The name of a type, as in expressions: of the standard library's they do not tell, either."""
        return self._words(name, _GO)

    def version(self, text: str) -> str:
        """The version of a module."""
        return f"v{self.whole(text)[1:]}" if text else text

    def path(self, path: str) -> str:
        """The path of a source file or a program; Go's own stay below the folder that Go is in, and so do endings."""
        found = _OF_GO.fullmatch(path)
        if found and found[2] in packages():
            return f"{self.path(found[1])}go/src/{found[2]}/{found[3]}"
        if _NO_NAMES.fullmatch(path):
            return path
        stem, ending = _split(path)
        return self._words(stem, _FOLDERS) + ending

    def place(self, uri: str) -> str:
        """Where an input was found; what counts in the names of files stays, as some are put in order by it."""
        return re.sub(r"[^/!]+", lambda part: self._part(part[0]), uri)

    def _part(self, part: str) -> str:
        """One name on the way there, which may be a label: the value of that is called what it is called elsewhere."""
        key, equals, value = part.partition("=")
        if equals:
            return f"{self.label(unquote(key))}={self.label_value(unquote(key), unquote(value))}"
        stem, ending = _split(part)
        counted = _COUNTED.sub(lambda found: found[0] if found[0][0].isdigit() else f"{found[0]}-", stem)
        return self._words(counted, frozenset(), _PLACE) + ending

    def file_of(self, package: str, file: str) -> str:
        """The file of a function of a package; of the standard library's it stays from a package on."""
        folder, slash, base = file.rpartition("/")
        parts = folder.split("/")
        for place in range(len(parts)) if package in packages() else ():
            if (standard := "/".join(parts[place:])) in packages():
                self._standard_files.add(f"{standard}/{base}")
                return self.path(folder.removesuffix(standard)) + standard + slash + base
        return self.path(file)

    def file(self, path: str) -> str:
        """A file of who knows what: the standard library's where a function of it was said to be in it, by `file_of`."""
        return path if path in self._standard_files else self.path(path)

    def code(self, text: str) -> str:
        """An expression of Go's, or what its compiler calls one; what stands in quotes is one name."""
        pieces, at = [], 0
        for quoted in _QUOTED.finditer(text):
            pieces += [self._words(text[at : quoted.start()], _CODE, _EXPRESSION), self._quoted(quoted[0])]
            at = quoted.end()
        return "".join([*pieces, self._words(text[at:], _CODE, _EXPRESSION)])

    def known(self) -> Mapping[str, str]:
        """What every name that was asked for is called now."""
        return self._known

    def hashes(self, values: Int64s) -> Int64s:
        """Other hashes for some, equal ones for equal ones: SipHash-2-4 of each (Aumasson and Bernstein, 2012); 0 stays."""
        hashed = _siphash(np.ascontiguousarray(values).view(np.uint64), self._keys).view(np.int64)
        return np.where(values == 0, 0, hashed)

    def _quoted(self, text: str) -> str:
        return f"{text[0]}{self.whole(text.strip(text[0]))}{text[0]}"

    def _words(self, text: str, kept: frozenset[str], word: re.Pattern[str] = _SYMBOL) -> str:
        def other(found: re.Match[str]) -> str:
            name = found["name"]
            if name and name[0] == "@":
                return f"@{self.version(name[1:])}"
            number = _CONSTANT if kept is _CODE else _NUMBERED
            return found[0] if not name or name in kept or number.fullmatch(name) else self.whole(name)

        return word.sub(other, text)

    def _outside_brackets(self, name: str) -> str:
        pieces, depth = [], 0
        for piece in re.split(r"([\[\]])", name):
            depth -= piece == "]"
            pieces.append(self._words(piece, _GO) if depth > 0 and piece not in "[]" else piece)
            depth += piece == "["
        return "".join(pieces)


def _split(path: str) -> tuple[str, str]:
    """A path without the endings that say what is in the file, and those."""
    stem, dot, ending = path.rpartition(".")
    if not stem or ending not in _ENDINGS:
        return path, ""
    before, more = _split(stem)
    return before, more + dot + ending


def package_of(name: str) -> str:
    """The import path in the name of a function; empty without one."""
    found = _PACKAGE.match(name)
    return found[1] if found else ""


def _siphash(words: UInt64s, keys: UInt64s) -> UInt64s:
    """SipHash-2-4 of each word, eight bytes each."""
    state = [
        np.full(len(words), keys[place % 2] ^ np.uint64(constant), np.uint64)
        for place, constant in enumerate(
            (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
        )
    ]
    for block in (words, np.full(len(words), 8 << 56, np.uint64)):
        state[3] ^= block
        _mix(state, _ROUNDS)
        state[0] ^= block
    state[2] ^= np.uint64(0xFF)
    _mix(state, _LAST_ROUNDS)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _mix(state: list[UInt64s], rounds: int) -> None:
    def turned(values: UInt64s, bits: int) -> UInt64s:
        return values << np.uint64(bits) | values >> np.uint64(64 - bits)

    for _ in range(rounds):
        for first, second, bits, half in ((0, 1, 13, True), (2, 3, 16, False), (0, 3, 21, False), (2, 1, 17, True)):
            state[first] += state[second]
            state[second] = turned(state[second], bits) ^ state[first]
            if half:
                state[first] = turned(state[first], 32)
