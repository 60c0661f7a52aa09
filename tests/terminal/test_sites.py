from __future__ import annotations

from pathlib import Path

from tests.terminal.seat import browse


def places(seen: list[str]) -> list[str]:
    return [row.split()[2] for row in seen[2:] if row and row.split()[0][:1] in "+−" and len(row.split()) > 5]


def test_a_series_leads_to_its_sites_with_their_growth_class_and_reason(demo: Path) -> None:
    seen = browse(demo, "enter", size=(160, 24))

    assert seen[0].startswith(" checkout · a · build 1.4.2 · +361.8 MiB · ")
    assert seen[1].split()[:8] == ["growth", "site", "share", "±", "rose", "trend", "live", "class"]
    assert places(seen)[:2] == ["store/cache.go:21", "api/handler.go:29"]
    assert "+285.8 MiB  store/cache.go:21    79.0 %   8.8 %  12/12  " in seen[2]
    assert "307.8 MiB  escape    entry moved to heap: passed to append(s.items, …" in seen[2]
    assert "8 · by growth · 8 more grew less" in "\n".join(seen)


def test_rows_have_another_order_by_a_key(demo: Path) -> None:
    grown = browse(demo, "enter")
    certain = browse(demo, "enter", "o", "o", "o")

    assert places(grown)[-1] == "checkout/main.go:34"
    assert "by certainty" in "\n".join(certain)
    assert places(certain)[0] == "store/cache.go:21"
    assert places(certain)[-1] == "api/handler.go:33"


def test_the_flame_graph_of_a_series_growth_is_behind_f(demo: Path) -> None:
    seen = browse(demo, "enter", "f")

    assert seen[0].startswith(" growth of checkout · a · build 1.4.2 · inuse_space")
    assert seen[1].startswith("│root +361.8 MiB")
