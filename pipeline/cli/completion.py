"""What a word of SQL may go on as: relations, functions, columns, keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.warehouse.catalog import Entry

_KEYWORDS: Final = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "USING", "ON", "AND", "OR", "NOT",
    "WITH", "AS", "HAVING", "QUALIFY", "UNION ALL", "DISTINCT", "CASE", "WHEN", "THEN", "ELSE", "END", "IN", "IS NULL",
    "BETWEEN", "DESC", "ASC", "NULLS LAST", "COUNT(*)", "SUM(", "MIN(", "MAX(", "AVG(", "list(", "unnest(", "DESCRIBE",
    "SUMMARIZE", "EXPLAIN", "PIVOT", "FILTER", "OVER", "PARTITION BY",
)  # fmt: skip
_WORD: Final = re.compile(r"[\w.]*$")
# What stands in FROM or JOIN, and the name it has there.
_SOURCE: Final = re.compile(
    r"\b(?:FROM|JOIN)\s+([\w.]+)(?:\s*\([^()]*\))?"
    r"(?:\s+(?:AS\s+)?(?!(?:JOIN|LEFT|RIGHT|FULL|INNER|CROSS|SEMI|ANTI|ASOF|USING|ON|WHERE|GROUP|ORDER|LIMIT|QUALIFY)\b)(\w+))?",
    re.IGNORECASE,
)
_BEHIND_NAME: Final = re.compile(r"\.(?:help|schema|tables)\s+", re.IGNORECASE)


def completions(
    before: str, after: str, entries: Sequence[Entry], commands: Sequence[str]
) -> list[tuple[int, str, str]]:
    """How a text may go on between `before` and `after` the cursor: where what is replaced begins, by what, and what that is.

    commands  the shell's own, which begin with a dot
    """
    word = _WORD.search(before)
    assert word is not None, "it may be empty"
    typed = word[0].lower()
    start = -len(typed)
    if before == word[0] and before.startswith("."):
        return [(start, name, "command") for name in commands if name.startswith(typed)]
    if _BEHIND_NAME.match(before):
        return [(start, one.name, one.kind) for one in entries if one.name.startswith(typed)]
    if not typed:
        return []
    by_name = {one.name: one for one in entries}
    asked = [(found[1].lower(), (found[2] or "").lower()) for found in _SOURCE.finditer(f"{before}{after}")]
    found = _columns(typed, asked, by_name)
    found += [
        (one.name + ("(" if one.kind in ("macro", "function") else ""), one.kind)
        for one in entries
        if one.name.startswith(typed)
    ]
    found += [(word, "") for word in _KEYWORDS if len(typed) > 1 and word.lower().startswith(typed)]
    return [(start, text, kind) for text, kind in dict.fromkeys(found)]


def _columns(typed: str, asked: Sequence[tuple[str, str]], by_name: Mapping[str, Entry]) -> list[tuple[str, str]]:
    """Columns of what is asked; behind a dot, of what has the name before it."""
    owner, dot, begun = typed.rpartition(".")
    found: list[tuple[str, str]] = []
    for relation, alias in asked:
        entry = by_name.get(relation)
        if entry is None or (dot and owner not in (alias, relation, relation.rpartition(".")[2])):
            continue
        prefix = f"{owner}." if dot else ""
        found += [(f"{prefix}{column}", relation) for column in entry.columns if column.startswith(begun)]
    return found
