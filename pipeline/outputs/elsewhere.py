"""Which part of a series' growth was allocated by code that is not the program's own, and whether that is worth a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Go's own code keeps a little in any program: less than this of all that grew or shrank is no news.
_WORTH: Final = 0.05


def elsewhere(modules: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows of attribution.growth_by_module that are other modules'; none when they moved little.

    Growth and shrinking count alike, so that they cannot hide one another.
    """
    others = [row for row in modules if row["module"] is not None and not row["is_own"]]
    moved, in_all = (sum(abs(row["growth_bytes"]) for row in rows) for rows in (others, modules))
    return others if moved and moved >= _WORTH * in_all else []
