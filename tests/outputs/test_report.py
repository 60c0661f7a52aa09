from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import unescape

import pyarrow as pa

from pipeline.outputs.report import CLASSES, page
from pipeline.values import Result
from tests.outputs.report_data import report_data, without_rows
from tests.outputs.unpacking import payload_of


def words(html: str) -> str:
    """What a reader sees of some HTML, blanks folded."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", html.rpartition("<body>")[2], flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body))).strip()


def section(html: str, number: int) -> str:
    found = re.search(rf'<section class="series" id="series-{number}">.*?</section>', html, flags=re.S)
    assert found is not None
    return found[0]


def rows_of(html: str) -> list[str]:
    return re.findall(r'<tbody id="site-1-\d+">.*?</tbody>', html, flags=re.S)


def test_the_headline_tells_growth_site_reason_and_speed() -> None:
    assert (
        "Between 10:00 and 12:00 UTC on 2026-11-23 the live heap grew by 100.0 MiB . 75.0 MiB of it (75.0 %, ±1.9 %)"
        " was allocated at example.com/shop/store/cache.go:88 : entry moved to heap: &entry stored in s.items."
        " It grows by 2.5 MiB/min and rose in every interval."
    ) in words(page(report_data()))


def test_a_heap_that_shrank_is_not_blamed_on_a_site() -> None:
    text = words(section(page(report_data()), 2))

    assert "Between 2026-11-22 23:00 UTC and 2026-11-23 01:00 UTC the live heap shrank by 3.0 MiB . Live heap" in text


def test_a_series_is_named_by_what_is_known_of_it() -> None:
    text = words(page(report_data()))

    assert (
        "checkout · pod a · build 1.4.2 live heap 50.0 MiB → 150.0 MiB growth +100.0 MiB"
        " slope +853.3 KiB/min R² 0.99 profiles 13 span 2026-11-23 10:00 → 12:00 UTC (2 h 00 m)"
    ) in text


def test_a_slope_that_is_not_known_is_not_zero() -> None:
    assert "ledger live heap 9.0 MiB → 6.0 MiB growth −3.0 MiB slope unknown R² unknown" in words(page(report_data()))


def test_sites_are_listed_by_growth_with_share_error_and_rises() -> None:
    rows = [words(row).split(" place ")[0] for row in rows_of(page(report_data()))]

    assert rows == [
        "+75.0 MiB 75.0 % 1.9 % 12/12 store/cache.go:88 store.(*Cache).Put escape entry moved to heap: &entry stored in s.items",
        "+20.0 MiB 20.0 % 4.1 % 9/12 api/session.go:17 api.newSession ambiguous",
        "+5.0 MiB 5.0 % x<script>.go:3 vendor.f<b> unreported </td><img src=x>",
    ]


def test_the_compilers_steps_stand_below_their_site_in_order() -> None:
    steps = re.findall(r"<li>(.*?)</li>", rows_of(page(report_data()))[0])

    assert [words(step) for step in steps] == [
        "&entry → e address-of &entry example.com/shop/store/cache.go:88",
        "e → {heap} assign s.items[key] = e example.com/shop/store/cache.go:91",
    ]


def test_an_ambiguous_site_lists_its_candidates() -> None:
    row = words(rows_of(page(report_data()))[1])

    assert "&Session{} escapes to heap make([]byte, n) escapes to heap" in row


def test_every_class_of_growth_has_its_share_and_meaning() -> None:
    text = words(section(page(report_data()), 1))

    assert f"escape 75.0 % +75.0 MiB {CLASSES['escape']}" in text
    assert f"ambiguous 20.0 % +20.0 MiB {CLASSES['ambiguous']}" in text
    assert f"unreported 5.0 % +5.0 MiB {CLASSES['unreported']}" in text


def test_a_class_that_lost_bytes_has_no_part_of_the_bar() -> None:
    data = report_data()
    table = data.coverage.table.set_column(3, "share", pa.array([1.2, -0.15, -0.05, 1.0]))

    html = section(page(replace(data, coverage=Result("c", (), table))), 1)

    assert re.findall(r'class="class-(\w+)" style="flex-grow', html) == ["escape"]
    assert "ambiguous −15.0 %" in words(html)


def test_sites_beyond_the_limit_are_one_row_with_their_sum() -> None:
    html = page(report_data(), site_limit=1)

    assert len(rows_of(html)) == 1
    assert "+25.0 MiB 25.0 % 2 more sites together" in words(html)


def test_what_other_modules_allocated_is_shown_by_module_and_by_own_line() -> None:
    text = words(section(page(report_data()), 1))

    assert (
        "Growth by module module that allocated growth share example.com/shop +95.0 MiB 95.0 % vendor/<b> v1.2.3 +5.0 MiB"
        in text
    )
    assert "example.com/shop/store/cache.go:88 +90.0 MiB 90.0 %" in text
    assert "example.com/shop/api/f.go:7 +1.0 MiB 1.0 % 3 more together +3.0 MiB 3.0 %" in text


def test_where_all_is_own_code_there_is_no_table_of_modules() -> None:
    assert "Growth by module" not in words(section(page(report_data()), 2))


def test_refused_inputs_and_notes_are_told_with_reason_and_advice() -> None:
    text = words(page(report_data()))

    assert "Refused input reason notes.txt is not a format heapscape knows" in text
    assert (
        "malformed_line 1,200 loss Lines that break the format were skipped; the file may be cut off. build.log, line 7"
        in text
    )


def test_each_series_has_its_own_flame_graph() -> None:
    html = page(report_data())

    assert payload_of(html, "flame-1").labels() == ["all", "main.main", "store.(*Cache).Put", "api.newSession"]
    assert payload_of(html, "flame-2").columns["valueRight"] == [6, 6]


def test_names_from_files_are_escaped() -> None:
    html = page(report_data(), title="<i>t</i>")

    for hostile in ("<b>", "<img", "x<script>", "<i>"):
        assert hostile not in html


def test_the_same_data_make_the_same_page() -> None:
    assert page(report_data()) == page(report_data())


def test_the_time_of_making_is_told_in_utc() -> None:
    made_at = datetime(2026, 11, 23, 15, 2, tzinfo=timezone(timedelta(hours=1)))

    assert "13 heap profiles" not in words(page(report_data(), made_at=made_at))
    assert "2 series · 15 heap profiles · made 2026-11-23 14:02 UTC" in words(page(report_data(), made_at=made_at))
    assert made_at.astimezone(UTC).hour == 14


def test_no_data_at_all_is_told_in_words() -> None:
    text = words(page(without_rows(report_data())))

    assert "no growth to tell" in text
    assert "No input was refused." in text


def test_a_class_or_note_newer_than_the_report_is_shown_all_the_same() -> None:
    data = report_data()
    coverage = data.coverage.table.set_column(1, "attribution", pa.array(["escape", "quantum", "unreported", "escape"]))
    notes = data.notes.table.set_column(0, "kind", pa.array(["from_the_future"]))

    text = words(page(replace(data, coverage=Result("c", (), coverage), notes=Result("n", (), notes))))

    assert "quantum 20.0 %" in text
    assert "from_the_future 1,200 loss" in text
