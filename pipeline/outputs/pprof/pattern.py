"""Regular expressions as Go reads them, over many names at once.

Go's `regexp` and Arrow's RE2 are two versions of one library, so what one matches the other does; what they say of a broken
expression is put into Go's words, regexp/syntax/parse.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import UsageError
from pipeline.values import Bools

_GO: Final = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
_ARROW: Final = "Invalid regular expression: "


def matching(names: Sequence[str], pattern: str) -> Bools:
    """Which names an expression finds; it must be sound, see `check`."""
    # Most profiles name a file again and again.
    encoded = pa.array(names, pa.string()).dictionary_encode()
    found = pc.match_substring_regex(encoded.dictionary, pattern)
    return pc.take(found, encoded.indices).to_numpy(zero_copy_only=False)


def matches(text: str, pattern: str) -> bool:
    """Whether an expression finds one text."""
    return bool(matching([text], pattern)[0])


def check(pattern: str, *, what: str) -> None:
    """Raise UsageError, as pprof words it, when an expression is broken."""
    try:
        pc.match_substring_regex(pa.array([""], pa.string()), pattern)
    except pa.ArrowInvalid as error:
        raise UsageError(f"parsing {what}: error parsing regexp: {_in_words_of_go(str(error))}") from error


def _in_words_of_go(reason: str) -> str:
    said, _, part = reason.removeprefix(_ARROW).partition(": ")
    return f"{_GO.get(said, said)}: `{part}`"
