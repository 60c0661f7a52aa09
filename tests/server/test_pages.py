"""Pages, as far as they can be read without a browser."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from pipeline.server.pages import NAVIGATION

PAGES = [path for path, _ in NAVIGATION]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", html)))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_names_nothing_of_another_machine(client: httpx.Client, path: str) -> None:
    page = client.get(path)

    assert page.status_code == 200
    assert page.text.startswith("<!DOCTYPE html>")
    assert page.text.endswith("</html>")
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text) == []
    # The policy lets none of them run.
    assert re.findall(r"<script>|<script type=.text/javascript|\son\w+=", page.text) == []
    assert f'href="{path}" aria-current="page"' in page.text


@pytest.mark.parametrize("path", PAGES)
def test_what_pages_are_made_of_is_there(client: httpx.Client, path: str) -> None:
    found = re.findall(r'(?:src|href)="(/assets/[^"]+)"', client.get(path).text)

    assert "/assets/page.css" in found
    for asset in found:
        assert client.get(asset).status_code == 200, asset


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: httpx.Client, path: str) -> None:
    links = {unescape(link) for link in re.findall(r'href="(/[^"]*)"', client.get(path).text)}

    for link in sorted(links)[:60]:
        assert client.get(link).status_code == 200, link


def test_the_first_page_says_what_grew_and_why(client: httpx.Client) -> None:
    page = text(client.get("/").text)

    assert re.search(r"checkout · .* grew by \d.*; \d.* of it was allocated at \S+:\d+: \w+", page)


def test_growth_is_of_the_series_that_is_asked_for(client: httpx.Client) -> None:
    series = client.get("/data/heap.series.json?order=series_id").json()
    for one in (one for one in series if one["profiles"] > 1):
        page = client.get("/growth", params={"series": one["series_id"]}).text
        sites = client.get(
            "/data/attribution.growth_by_site.json", params={"series_id": one["series_id"], "order": "-growth_bytes"}
        ).json()

        assert f'<option value="{one["series_id"]}" selected>' in page
        assert sites[0]["reason"] in text(page)
        assert f"{sites[0]['file'].rpartition('/')[2]}:{sites[0]['line']}" in text(page)


def test_growth_is_of_the_time_between_two_profiles_where_these_are_named(client: httpx.Client) -> None:
    (series,) = client.get("/data/heap.series.json?order=-growth_bytes&limit=1").json()
    heaps = client.get(
        "/data/heap.profiles.json", params={"series_id": series["series_id"], "order": "position"}
    ).json()
    first, last = heaps[1], heaps[-1]
    ends = {"series": series["series_id"], "from": first["profile_id"], "to": last["profile_id"]}

    page = client.get("/growth", params=ends).text
    rows = client.get(unescape(re.search(r'"(/query\.json[^"]*)"', page)[1])).json()

    assert all(f'<option value="{one["profile_id"]}" selected>' in page for one in (first, last))
    assert sum(row["growth_bytes"] for row in rows) == last["inuse_bytes"] - first["inuse_bytes"]
    assert f"{rows[0]['file'].rpartition('/')[2]}:{rows[0]['line']}" in text(page)
    assert f"/flame?series={ends['series']}&base={ends['from']}&profile={ends['to']}" in unescape(page)


def test_growth_goes_forward_in_time(client: httpx.Client) -> None:
    (series,) = client.get("/data/heap.series.json?order=-growth_bytes&limit=1").json()
    ends = {"series": series["series_id"], "from": series["last_profile_id"], "to": series["first_profile_id"]}

    answer = client.get("/growth", params=ends)

    assert (answer.status_code, "growth is from a profile to a later one" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/growth?from=x", "profile=x: not one of the series"),
        ("/growth?series=999999", "not among the"),
        ("/growth?series=%27", "not among the"),
        ("/flame?series=999999", "not among the"),
        ("/flame?profile=x", "profile=x: not one of the series"),
        ("/flame?type=colour", "no such sample type, only"),
        ("/views/heap._stack", "no table or view"),
        ("/sql?q=DROP+TABLE+profile", "only reads"),
    ],
)
def test_what_there_is_not_is_told_on_a_page(client: httpx.Client, path: str, said: str) -> None:
    page = client.get(path, headers={"accept": "text/html"})

    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert said in text(page.text)


def test_a_flame_graph_against_another_profile_is_a_comparison(client: httpx.Client) -> None:
    plain = client.get("/flame").text
    profiles = re.findall(r'<option value="(\d+)"', plain[plain.index('name="profile"') : plain.index('name="base"')])

    compared = client.get("/flame", params={"base": profiles[0]}).text

    assert len(profiles) > 1
    assert 'class="flame" id="flame"' in compared
    assert compared[compared.index('id="flame-data"') :][:4_000] != plain[plain.index('id="flame-data"') :][:4_000]


def test_a_query_is_shown_with_its_rows_and_escaped(client: httpx.Client) -> None:
    page = client.get("/sql", params={"q": "SELECT '<script>alert(1)</script>' AS \"<b>\", 7 AS n"}).text

    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "1 row ·" in text(page)


def test_a_page_shows_the_first_rows_and_says_so(client: httpx.Client) -> None:
    page = text(client.get("/sql", params={"q": "FROM range(501)"}).text)

    assert "500 rows, the first of more" in page


@pytest.mark.parametrize(
    "name", ["../page.css", "vendor%2f..%2fpage.css", "page.py", ".css", "%2e%2e/report.py", "vendor/x.css"]
)
def test_an_asset_is_one_of_ours(client: httpx.Client, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404
