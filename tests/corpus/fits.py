"""Whether an expression of the escape report can compile to a call of the runtime.

By cmd/compile/internal/escape, which says what is reported, and walk, which makes the calls. Whatever is converted to an interface is
reported as itself and boxed by convT and its like, unless it is a pointer, map, channel or function. A type's name alone does
not say what it is: `Labels{...}` may be a struct that is boxed, a slice or a map.
"""

from __future__ import annotations

import re

_SHAPES = tuple(
    (re.compile(shape, re.DOTALL), calls)
    for shape, calls in (
        (r"&|new\(|func literal|\.\.\. argument$", {"new"}),
        # Entries of a literal are put in where it stands.
        (r"map\[.*\}$", {"map made", "map grows"}),
        (r"make\(map\[", {"map made"}),
        # Filled at once by a copy it asks for memory without clearing it.
        (r"make\(\[\]", {"make", "raw memory", "boxing"}),
        (r"make\(", {"make", "raw memory", "boxing", "map made"}),
        (r"append(\(|$)", {"append", "boxing"}),
        (r"\[\][^({]*\{.*\}$|\[\](func|struct|interface|map)\b.*\}$", {"new", "boxing"}),
        (r"string\(", {"string", "boxing"}),
        # Of a constant it is a new; of a concatenation it is one step.
        (r"\(?\[\](byte|rune|uint8|int32)\)?\(", {"bytes", "concatenation", "new", "boxing"}),
        (r".*\}$", {"boxing", "new", "map made", "map grows"}),
        # A method value.
        (r".*\.[^\W\d]\w*$", {"new", "boxing"}),
        # A conversion to a named type.
        (r"[\w.]+(\[.*\])?\(.*\)$", {"boxing", "string", "bytes", "concatenation"}),
    )
)

_EXTENSION = re.compile(r"make\(\[\]\S+, [^,]+\)")
_FORM = re.compile(r"(?<=^append)\(.*|(?<=^make)\(.*", re.DOTALL)

# What asks for plain memory may be a large object or a slice.
_CALLS = {"raw memory": frozenset({"raw memory", "new"})}


def fits(kind: str, expression: str, *, call: str) -> bool:
    """A record of this kind and expression can be what a call of kind `call` allocates."""
    return (
        compiles(kind, expression, call=call)
        # `append(s, make([]T, n)...)` is one call, walk/assign.go: extendSlice.
        or (call == "append" and _EXTENSION.fullmatch(expression) is not None)
    )


def compiles(kind: str, expression: str, *, call: str) -> bool:
    """The same by itself, whatever it is an argument of."""
    return call == "unknown" or bool(_CALLS.get(call, {call}) & possible(kind, expression))


def form(expression: str) -> str:
    """An expression without what its spellings differ in: which length a slice is made of, what is appended."""
    return _FORM.sub("", expression)


def possible(kind: str, expression: str) -> frozenset[str]:
    """The kinds of calls that a record can compile to."""
    if kind == "moved_to_heap":
        return frozenset({"new"})
    return _of_expression(expression)


def _of_expression(expression: str) -> frozenset[str]:
    operator = _binary(expression)
    if operator == "+":
        return frozenset({"concatenation", "boxing"})
    if operator:
        return frozenset({"boxing"})
    return next((frozenset(calls) for shape, calls in _SHAPES if shape.match(expression)), frozenset({"boxing"}))


def _binary(expression: str) -> str | None:
    """The loosest binary operator outside all brackets and quotes, `+` before others; None without one."""
    depth, quote, found, at = 0, "", None, 0
    while at < len(expression):
        one = expression[at]
        if quote:
            if one == "\\" and quote != "`":
                at += 1
            elif one == quote:
                quote = ""
        elif one in "\"'`":
            quote = one
        elif one in "([{":
            depth += 1
        elif one in ")]}":
            depth -= 1
        elif depth == 0 and one == " ":
            operator = re.match(r" (\+|-|\*|/|%|&&|\|\||<<|>>|&\^|&|\||\^|==|!=|<=|>=|<|>) ", expression[at:])
            if operator:
                if operator[1] == "+":
                    return "+"
                found = operator[1]
        at += 1
    return found
