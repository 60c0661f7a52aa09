"""The page on goroutines."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

from tests.cli.seat import heapscape
from tests.server.conftest import served
from tests.server.test_pages import text


def told(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'<pre class="told"[^>]*>(.*?)</pre>', page, re.DOTALL)]


def test_it_says_what_the_command_says(every_kind: Path) -> None:
    said = heapscape("goroutines", "--db", every_kind, "-n", "40")
    with served(every_kind) as asking:
        shown = told(asking.get("/goroutines").text)

    assert len(shown) >= 2
    for block in shown:
        assert block.strip().replace("\xa0", " ") in said.out.replace("\xa0", " ")


def test_the_trace_that_is_asked_for_is_shown(traces: Path) -> None:
    with served(traces) as asking:
        every = asking.get("/data/trace.json").json()
        shown = {row["trace_id"]: told(asking.get(f"/goroutines?trace={row['trace_id']}").text)[-1] for row in every}

    assert len(set(shown.values())) == len(every) > 1


def test_what_there_is_none_of_is_said(demo: Path) -> None:
    with served(demo) as asking:
        assert "There is no goroutine profile, dump or trace here" in text(asking.get("/goroutines").text)
        refused = asking.get("/goroutines?trace=77", headers={"accept": "text/html"})

    assert refused.status_code == 400
    assert "trace=77: not among the" in text(refused.text)


def test_series_of_a_service_alone_are_shown_and_those_beyond_a_few_are_counted(
    once: Callable[[str, Callable[[Path], None]], Path],
) -> None:
    dumps = "goroutine 1 [running]:\nmain.main()\n\t/main.go:3 +0x1\n\ngoroutine 2 [chan receive]:\nmain.wait()\n\t/main.go:9 +0x1\n"

    def make(folder: Path) -> None:
        for number in range(7):
            (folder / f"dump-{number}.txt").write_text(dumps.replace("main.wait", f"main.wait{number}"))
            label = f"service=s{number}"
            assert (
                heapscape("ingest", folder / f"dump-{number}.txt", "--lake", folder / "lake", "--label", label).code
                == 0
            )
        assert heapscape("load", "--lake", folder / "lake", "--db", folder / "dumps.duckdb").code == 0

    with served(once("seven-dumps", make) / "dumps.duckdb") as asking:
        every, one = asking.get("/goroutines").text, asking.get("/goroutines?service=s3").text

    assert len(told(every)) == 5
    assert "And 2 series that grew less" in text(every)
    (shown,) = told(one)
    assert "main.wait3" in shown
    assert "And" not in text(one)
