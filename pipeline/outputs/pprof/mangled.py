"""Names of C++ and Rust as linkers have them, made names for people as pprof makes them: without parameters and type arguments.

google/pprof demangles what it fetches with github.com/ianlancetaylor/demangle and the options NoParams, NoEnclosingParams and
NoTemplateParams (symbolizer.go, demanglerModeToOptions). Reading names is left to a library that bounds what hostile ones cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol, cast

_BEGINNINGS: Final = ("_Z", "___Z", "_R")
# Abbreviations of the ABI that the library writes out.
_SHORT: Final = {
    "std::basic_string<char, std::char_traits<char>, std::allocator<char> >": "std::string",
    **{
        f"std::basic_{name}<char, std::char_traits<char> >": f"std::{name}"
        for name in ("istream", "ostream", "iostream")
    },
}
_BRACKETS: Final = re.compile("(<| ?>)")


class _Node(Protocol):
    """What is looked at of the library's nodes; each has some of it, by its kind."""

    kind: str
    name: _Node | None
    base: _Node
    inner: _Node
    parts: Sequence[_Node | str]
    parameters: Sequence[_Node]
    label: str
    text: str
    suffix: str

    def spell(self, *, style: str) -> str: ...


def demangled(name: str) -> str | None:
    """The name for people; None for what is not mangled, or not as any compiler does it."""
    if not name.startswith(_BEGINNINGS):
        return None
    # Here, since most profiles have none.
    import demangle

    try:
        return _plain(cast(_Node, demangle.parse(name, language=("itanium", "rust"), style="gnu")))
    except demangle.DemanglingError:
        return None


def _plain(node: _Node | str) -> str:
    """What is left of a tree."""
    if isinstance(node, str):
        return node
    match node.kind:
        case "function" if node.name is not None:
            return _plain(node.name)
        case "qualified":
            *around, last = node.parts
            return "::".join([*map(_declaring, around), _plain(last)])
        case "template" if hasattr(node, "parts"):
            # Of Rust: the brackets stay.
            return f"{_plain(node.base)}{'::' if '::' in node.parts else ''}<>"
        case "template":
            return _plain(node.base)
        case "decorated":
            return _plain(node.inner)
        case "special":
            return f"{node.label}{_declaring(node.inner, with_parameters=True)}"
        case "raw":
            return _without_arguments(node.text)
    parts = getattr(node, "parts", None)
    if parts is None:
        return node.spell(style="gnu")
    return "".join(map(_plain, parts)).removesuffix(getattr(node, "suffix", ""))


def _declaring(node: _Node | str, *, with_parameters: bool = False) -> str:
    """A function that others are declared in, or that something is about, stays one to be seen."""
    if not isinstance(node, str) and node.kind == "function" and node.name is not None:
        parameters = (_without_arguments(one.spell(style="gnu")) for one in node.parameters if with_parameters)
        return f"{_plain(node.name)}({', '.join(parameters)}){node.suffix}"
    return _plain(node)


def _without_arguments(text: str) -> str:
    """Types as they stand in the names of lambdas, and those that have a short name."""
    for long, short in _SHORT.items():
        text = text.replace(long, short)
    parts = _BRACKETS.split(text)
    depth = 0
    kept: list[str] = []
    for part in parts:
        if part == "<":
            depth += 1
        elif part in (">", " >"):
            depth -= 1
        elif depth == 0:
            kept.append(part)
    return "".join(kept) if depth == 0 else text
