"""Events of a trace as `go tool trace -d=parsed` prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.text import printable

# What a terminal obeys, for a look at many lines at once: a few that are harmless are looked at again.
_SUSPICIOUS = r"[^\x20-\x7e]"


def stack_text(frames: Sequence[Mapping[str, Any]]) -> str:
    """A stack as it stands below an event: two lines for each frame."""
    return "".join(
        f"\t{printable(frame['function'])} @ 0x{frame['pc']}\n\t\t{printable(frame['file'])}:{frame['line']}\n"
        for frame in frames
    )


def text(events: pa.Table, stacks: Mapping[int, str]) -> str:
    """Lines with their stacks.

    events  `line`, `transition_stack_id`, `has_transition_stack`, `stack_id`, `has_stack`
    stacks  what stands below an event, by id; nothing for a stack without frames
    """
    parts = [
        _shown(events["line"]),
        _below("\nTransitionStack=\n", events["has_transition_stack"], events["transition_stack_id"], stacks),
        _below("\nStack=\n", events["has_stack"], events["stack_id"], stacks),
    ]
    whole = pc.binary_join_element_wise(*parts, "\n", "")
    return "".join(whole.to_pylist())


def _shown(lines: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pc.any(pc.match_substring_regex(lines, _SUSPICIOUS)).as_py():
        return lines
    return pa.chunked_array([[printable(line) for line in lines.to_pylist()]], pa.string())


def _below(title: str, are_there: pa.ChunkedArray, ids: pa.ChunkedArray, stacks: Mapping[int, str]) -> pa.Array:
    """The title and the stack's text where there is one, else nothing."""
    known = list(stacks)
    texts = pa.array([title + stacks[one] for one in known] + [title, ""], pa.string())
    place = pc.fill_null(pc.index_in(ids, value_set=pa.array(known, ids.type)), len(known))
    return pc.take(texts, pc.if_else(are_there, place, len(known) + 1))
