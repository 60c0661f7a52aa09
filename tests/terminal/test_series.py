from __future__ import annotations

from pathlib import Path

from tests.browser.pages import empty_database
from tests.terminal.seat import browse


def test_the_first_page_says_what_grew_and_why(demo: Path) -> None:
    seen = browse(demo, size=(140, 24))

    assert seen[0].strip() == "what grew"
    assert " ".join(seen[1].split()) == "growth series what grew most, and why kind profiles live heap trend R²"
    assert "+361.8 MiB  checkout · a · build 1.4.2  79.0 % store/cache.go:21 · entry moved" in seen[2]
    assert seen[2].split()[-7:] == ["heap", "13", "452.3", "MiB", "+378.5", "MiB/min", "1.00"]


def test_a_series_that_has_no_growth_leads_to_its_flame_graph(every_kind: Path) -> None:
    seen = browse(every_kind, "slash", "type:cpu", "enter", "enter")

    assert "cpu" in seen[0]
    assert "│root 100.0 %" in seen[1]


def test_a_filter_keeps_rows_and_escape_brings_all_back(every_kind: Path) -> None:
    kept = browse(every_kind, "slash", "type:MUTEX")
    back = browse(every_kind, "slash", "type:MUTEX", "escape")

    rows = [row.split() for row in kept[2:] if " go1.27-trim " in row]
    assert rows
    assert all("mutex" in row for row in rows)
    assert f"{len(rows)} of " in "\n".join(kept)
    assert " mutex " in "\n".join(back)
    assert " cpu " in "\n".join(back)


def test_a_database_without_profiles_says_how_to_bring_some_in(tmp_path: Path) -> None:
    empty_database(tmp_path)

    (db,) = tmp_path.glob("*.duckdb")
    assert "bring some in with: heapscape run INPUT..." in "\n".join(browse(db))
    assert "0 · by " in "\n".join(browse(db, "enter", "f", "slash", "type:x", "escape", "o"))
