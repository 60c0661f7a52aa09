"""Import paths of Go's standard library, which are nobody's secret: those that `sql/main/is_std.sql` lists."""

from __future__ import annotations

import re
from functools import cache

from pipeline import resources


@cache
def packages() -> frozenset[str]:
    """All of them, read once."""
    (macro,) = (path for path in resources.views() if path.parts[-2:] == ("main", "is_std.sql"))
    _, _, listed = macro.read_text(encoding="utf-8").partition("  contains(")
    return frozenset(" ".join(re.findall(r"'([^']+)'", listed.partition(",")[0])).split())
