"""The growth of one series as text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.outputs.growth_table import text, text_by_module, text_by_own_code, trend

START = datetime(2026, 3, 1, 10)
SERIES: dict[str, Any] = {
    "program": "/bin/shop",
    "service": "checkout",
    "instance": "a",
    "build": "1.4.2",
    "kind": "heap",
    "profiles": 3,
    "first_at": START,
    "last_at": START + timedelta(minutes=2),
    "first_bytes": 10 << 20,
    "last_bytes": 30 << 20,
    "growth_bytes": 20 << 20,
    "slope_bytes_per_s": (10 << 20) / 60,
    "r2": 0.9876,
}
SITE: dict[str, Any] = {
    "file": "example.com/shop/store/cache.go",
    "line": 21,
    "function": "example.com/shop/store.Put",
    "growth_bytes": 15 << 20,
    "growth_share": 0.75,
    "relative_error": 0.0312,
    "history": [1 << 20, 8 << 20, 16 << 20],
    "attribution": "escape",
    "reason": "entry moved to heap",
    "inner_file": None,
    "inner_line": None,
}
OWN: dict[str, Any] = {"module": "main", "version": None, "is_own": True, "growth_bytes": 90, "growth_share": 0.9}
LIBRARY: dict[str, Any] = {
    "module": "github.com/acme/lru",
    "version": "v1.2.3",
    "is_own": False,
    "growth_bytes": 10 << 20,
    "growth_share": 0.5,
}
COVERAGE = [{"attribution": "escape", "share": 0.75}, {"attribution": "implicit", "share": 0.25}]


def lines(series: dict[str, Any] = SERIES, *sites: dict[str, Any], left_out: int = 0) -> list[str]:
    shown = text(series, sites, COVERAGE, [OWN], left_out=left_out)
    return shown.replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_the_headline_is_who_how_much_and_how_fast() -> None:
    assert lines()[0] == (
        "checkout · instance a · build 1.4.2 · live heap 10.0 MiB → 30.0 MiB over 2.00 min, 3 profiles: "
        "+20.0 MiB, +10.0 MiB/min, R² 0.99"
    )


def test_what_is_not_known_is_not_in_the_headline() -> None:
    bare = SERIES | {"service": None, "instance": None, "build": None, "slope_bytes_per_s": None, "r2": None}

    assert lines(bare)[0].startswith("shop, no service label · live heap 10.0 MiB")
    assert lines(bare | {"program": None})[0].startswith("no service label · live heap 10.0 MiB")
    assert lines(bare)[0].endswith("+20.0 MiB")


def test_how_long_it_took_is_not_told_where_no_profile_says_when_it_was_taken() -> None:
    assert lines(SERIES | {"last_at": START, "slope_bytes_per_s": None, "r2": None})[0].endswith(
        "→ 30.0 MiB, 3 profiles: +20.0 MiB"
    )


def test_what_the_executable_says_is_in_the_headline_where_there_are_no_labels() -> None:
    bare = SERIES | {"service": None, "build": None, "main_package": "example.com/shop", "version": "v1.4.2"}

    assert lines(bare)[0].startswith("example.com/shop, no service label · instance a · version v1.4.2 · live heap")


def test_a_kind_other_than_heap_is_named() -> None:
    assert lines(SERIES | {"kind": "allocs"})[0].startswith("checkout · instance a · build 1.4.2 · allocs · ")


def test_a_site_is_a_line_under_its_head() -> None:
    _, _, head, row = lines(SERIES, SITE)[:4]

    assert head.split() == ["growth", "share", "±", "rose", "trend", "site", "why", "it", "is", "on", "the", "heap"]
    assert row.split("  ")[0:1] == ["+15.0 MiB"]
    assert row.endswith("75.0 %  3.1 %   2/2  ▁▅█    store/cache.go:21  entry moved to heap")


def test_columns_stand_below_one_another() -> None:
    small = SITE | {"growth_bytes": 3, "growth_share": 0.00001, "file": "m.go", "line": 7}

    head, first, second = lines(SERIES, SITE, small)[2:5]

    assert head.index("site") == first.index("store/cache.go:21") == second.index("m.go:7")


def test_a_site_that_shrinks_has_a_minus() -> None:
    row = lines(SERIES, SITE | {"growth_bytes": -(3 << 20), "growth_share": -0.15})[3]

    assert row.strip().startswith("−3.0 MiB  −15.0 %")


def test_unknown_shares_and_errors_are_blank() -> None:
    row = lines(SERIES, SITE | {"growth_share": None, "relative_error": None})[3]

    assert row.count("%") == 0


def test_an_inlined_expression_tells_its_own_line() -> None:
    row = lines(SERIES, SITE | {"inner_file": "example.com/shop/session/session.go", "inner_line": 17})[3]

    assert row.endswith("entry moved to heap (inlined, session.go:17)")


@pytest.mark.parametrize("attribution", ["implicit", "caller", "unmatched", "unreported"])
def test_a_class_without_a_record_stands_before_its_reason(attribution: str) -> None:
    row = lines(SERIES, SITE | {"attribution": attribution, "reason": "said why"})[3]

    assert row.endswith(f"{attribution}: said why")


def test_a_site_without_a_file_is_its_function() -> None:
    row = lines(SERIES, SITE | {"file": None, "line": None, "function": "<none>"})[3]

    assert "  <none>  " in row


@pytest.mark.parametrize(
    ("left_out", "said"),
    [(1, "and 1 site that grew less, or not at all"), (7, "and 7 sites that grew less, or not at all")],
)
def test_sites_left_out_are_counted(left_out: int, said: str) -> None:
    assert said in lines(SERIES, SITE, left_out=left_out)


def test_packages_without_a_report_that_allocated_a_good_part_are_told_how_to_have_one() -> None:
    def told(caller: float, unreported: float | None) -> list[str]:
        shares = {"escape": 1 - caller, "caller": caller, "unreported": unreported}
        coverage = [{"attribution": name, "share": share} for name, share in shares.items()]
        shown = text(SERIES, (), coverage, [OWN]).replace("\N{NO-BREAK SPACE}", " ")
        return [line for line in shown.splitlines() if line.startswith("no report: ")]

    assert told(0.725, 0.025) == [
        "no report: 75.0 % of growth is of packages that have none: "
        "go build -gcflags=all=-m=2 reports dependencies and the standard library, too"
    ]
    assert told(0.05, None) == []


def test_coverage_names_every_class_with_its_share() -> None:
    assert lines(SERIES, SITE)[-1] == "explained: escape 75.0 % · implicit 25.0 % of growth"


def test_no_growth_is_said() -> None:
    shown = text(SERIES, [], [{"attribution": "escape", "share": None}], [])

    assert "explained: nothing grew" in shown


def test_growth_in_other_modules_is_told_with_where_to_look() -> None:
    shown = text(SERIES, [SITE], COVERAGE, [OWN, LIBRARY]).replace("\N{NO-BREAK SPACE}", " ")

    assert shown.splitlines()[-1] == (
        "other modules: +10.0 MiB was allocated by code that is not the program's own, most by github.com/acme/lru v1.2.3: "
        "heapscape growth --by own tells which lines called it, --by module which modules"
    )


def test_files_of_another_build_are_named() -> None:
    misfit = {"kind": "executable", "uri": "bin/shop\x1b[1m", "reason": "fits no heap profile with its labels"}

    shown = text(SERIES, [SITE], COVERAGE, [OWN], [misfit])

    assert shown.splitlines()[-1] == r"executable: bin/shop\x1b[1m fits no heap profile with its labels"


def test_own_code_is_a_line_with_what_it_allocates_itself() -> None:
    own = {"function": "shop/cart.Add", "file": "shop/cart/cart.go", "line": 88, "flat_growth_bytes": 1 << 20}
    nobody = {"function": None, "file": None, "line": None, "flat_growth_bytes": 0}
    grown = {"growth_bytes": 10 << 20, "growth_share": 0.5}

    shown = text_by_own_code(SERIES, [own | grown, nobody | grown], left_out=2).replace("\N{NO-BREAK SPACE}", " ")

    headline, blank, head, first, second, rest = shown.splitlines()
    assert headline == lines()[0]
    assert blank == ""
    assert head.split() == ["growth", "share", "of", "it", "here", "own", "code", "function"]
    assert first.endswith("+10.0 MiB  50.0 %    +1.0 MiB  cart/cart.go:88  shop/cart.Add")
    assert second.endswith("no code of the program's own is on the stack")
    assert rest == "and 2 lines that grew less, or not at all"


def test_a_module_is_a_line_with_its_version() -> None:
    unknown = {"module": None, "version": None, "is_own": False, "growth_bytes": -3, "growth_share": None}

    shown = text_by_module(SERIES, [OWN, LIBRARY, unknown], left_out=1).replace("\N{NO-BREAK SPACE}", " ")

    _, _, head, own, library, nobody, rest = [line.split() for line in shown.splitlines()]
    assert head == ["growth", "share", "own", "module", "version"]
    assert own == ["+90", "B", "90.0", "%", "yes", "main"]
    assert library == ["+10.0", "MiB", "50.0", "%", "github.com/acme/lru", "v1.2.3"]
    assert nobody == ["−3", "B", "<unknown>"]
    assert rest[:3] == ["and", "1", "module"]


def test_a_trend_begins_at_zero_and_ends_at_its_highest() -> None:
    assert trend([0, 50, 100]) == "▁▅█"
    assert trend([100, 100]) == "██"


def test_a_trend_of_nothing_is_flat() -> None:
    assert trend([0, 0, 0]) == "▁▁▁"
    assert trend([]) == ""


def test_values_below_zero_are_drawn_as_zero() -> None:
    assert trend([-5, 10]) == "▁█"


def test_a_long_trend_is_thinned_and_keeps_its_ends() -> None:
    drawn = trend(list(range(1000)))

    assert (len(drawn), drawn[0], drawn[-1]) == (16, "▁", "█")
    assert list(drawn) == sorted(drawn)
