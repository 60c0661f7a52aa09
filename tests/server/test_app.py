"""What all answers have in common."""

from __future__ import annotations

import httpx


def test_a_browser_gets_a_page_where_a_program_gets_a_line(client: httpx.Client) -> None:
    page = client.get("/nothing", headers={"accept": "text/html,*/*"})
    line = client.get("/nothing", headers={"accept": "*/*"})

    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (line.status_code, line.text) == (404, "heapscape: /nothing: Not Found\n")


def test_only_what_reads_is_answered(client: httpx.Client) -> None:
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        assert client.request(method, "/data/profile.json").status_code == 405


def test_long_answers_are_compressed(client: httpx.Client) -> None:
    assert client.get("/assets/page.css", headers={"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/assets/page.css", headers={"accept-encoding": "identity"}).headers


def test_it_says_that_it_is_there(client: httpx.Client) -> None:
    assert client.get("/ready").text == "ready\n"
