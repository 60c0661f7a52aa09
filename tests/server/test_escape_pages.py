"""The page on escapes."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from pipeline import flow
from tests.server.conftest import served
from tests.server.test_pages import text
from tests.warehouse.builder import LIMITS, REPORT


def test_verdicts_are_those_of_the_view_with_most_live_bytes_first(client: httpx.Client) -> None:
    levels = client.get("/data/escape.level.json?build=1.4.2").json()
    live: dict[str, int] = {}
    for row in levels:
        if row["certainty"] in ("certain", "conditional"):
            place = f"{row['base_name']}:{row['line']} {row['expression']}"
            live[place] = live.get(place, 0) + (row["live_bytes"] or 0)

    page = client.get("/escapes", params={"build": "1.4.2"}).text
    body = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2])
    shown = [[text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in body]

    assert len(shown) > 3
    assert shown[0][0].replace("\u00a0", " ") == "307.8 MiB"
    assert f"{shown[0][3]} {shown[0][4]}" == max(live, key=lambda place: live[place])


def test_the_tree_weighs_what_is_asked_for(client: httpx.Client) -> None:
    pages = {weight: client.get("/escapes", params={"weight": weight}).text for weight in ("growth", "live", "alloc")}

    trees = {
        weight: re.search(r'<script type="[^"]*" id="flame-data">(.*?)</script>', page)
        for weight, page in pages.items()
    }
    assert len({tree[1] for tree in trees.values() if tree}) == 3


def test_a_weight_that_is_none_is_said(client: httpx.Client) -> None:
    refused = client.get("/escapes?weight=heavy", headers={"accept": "text/html"})

    assert refused.status_code == 400
    assert "weight=heavy: expected growth, live, alloc" in text(refused.text)


def test_without_a_report_the_page_says_how_to_get_one(traces: Path) -> None:
    with served(traces) as asking:
        assert "There is no escape report here" in text(asking.get("/escapes").text)


def test_two_builds_are_held_against_each_other(tmp_path: Path) -> None:
    for build, text_ in (("v1", REPORT), ("v2", f"{REPORT}app/store/cache.go:7:2: moved to heap: fresh\n")):
        home = tmp_path / "reports" / f"build={build}"
        home.mkdir(parents=True)
        (home / "escape.txt").write_text(text_)
    flow.ingest([str(tmp_path / "reports")], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "e.duckdb"))

    with served(tmp_path / "e.duckdb") as asking:
        differs = text(asking.get("/escapes?build=v2&before=v1").text)
        same = text(asking.get("/escapes?build=v1&before=v1").text)

    assert "What differs from build v1 to v2" in differs
    assert re.search(r"added.*cache\.go\s*moved_to_heap\s*fresh", differs)
    assert "both builds have the same escapes" in same
