"""Lines around a site, with bytes and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.outputs.excerpt import excerpt
from pipeline.source_code import NoSource


def site(file: str | None, line: int, growth: int = 0, live: int = 0) -> dict[str, Any]:
    return {"file": file, "line": line, "package": "p", "growth_bytes": growth, "last_bytes": live}


def verdict(file: str, line: int, kind: str, *, message: str, reason: str | None = None) -> dict[str, Any]:
    return {"file": file, "line": line, "kind": kind, "message": message, "reason": reason}


def twenty(file: str) -> Sequence[str]:
    if file != "p/a.go":
        raise NoSource(file)
    return [f"\tline {number} \udcff" for number in range(1, 21)]


def test_each_line_has_what_all_of_its_sites_hold_and_what_is_said_of_it() -> None:
    sites = [site("p/a.go", 10, 5, 7), site("p/a.go", 10, -2, 1), site("p/a.go", 12, 1, 1), site("p/b.go", 11, 9, 9)]
    verdicts = [
        verdict("p/a.go", 11, "leaks", message="leaking param: s"),
        verdict("p/a.go", 11, "inlined_call", message="inlining call to f"),
        verdict("p/a.go", 11, "escapes", message="x escapes to heap", reason="x escapes"),
        verdict("p/b.go", 11, "escapes", message="y escapes to heap"),
    ]

    lines = excerpt(sites[0], sites=sites, verdicts=verdicts, read=twenty)

    assert [line.number for line in lines] == list(range(4, 17))
    own, after, other = lines[6:9]
    assert (own.live_bytes, own.growth_bytes, own.is_site, own.text) == (
        8,
        3,
        True,
        "    line 10 \N{REPLACEMENT CHARACTER}",
    )
    assert (after.live_bytes, list(after.verdicts), after.is_site) == (
        None,
        [("x escapes", True), ("leaking param: s", False)],
        False,
    )
    assert (other.live_bytes, list(other.verdicts)) == (1, [])


def test_at_the_ends_of_a_file_there_are_fewer_lines() -> None:
    first, last = (excerpt(site("p/a.go", line), sites=[], verdicts=[], read=twenty) for line in (1, 20))

    assert ([first[0].number, first[-1].number], [last[0].number, last[-1].number]) == ([1, 7], [14, 20])


def test_without_a_place_a_file_or_the_line_there_is_nothing() -> None:
    for one in (site(None, 3), site("p/a.go", 0), site("p/b.go", 3), site("p/a.go", 21)):
        assert excerpt(one, sites=[], verdicts=[], read=twenty) == []


def test_a_long_line_is_cut() -> None:
    (line,) = excerpt(site("p/a.go", 1), sites=[], verdicts=[], read=lambda _: ["x" * 5000])

    assert (len(line.text), line.text[-1]) == (301, "…")
