"""heapscape growth."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.builders.profile import profile
from tests.cli.seat import DEMO, DEMO_HEAPS, FILES, FIRST, REPORT, heapscape

_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_ROW = re.compile(r"^ *([+−])([\d.]+) (\w+) +(\S+) % +([\d.]+) %")


def printed(text: str) -> list[tuple[float, float, float, float]]:
    """Of every row: growth in bytes, how far it may be rounded, share and error in percent."""
    found = []
    for line in text.splitlines():
        if match := _ROW.match(line):
            unit = _UNITS[match[3]]
            sign = -1 if match[1] == "−" else 1
            share = float(match[4].replace("−", "-"))
            found.append((sign * float(match[2]) * unit, 0.051 * unit, share, float(match[5])))
    return found


def test_json_has_the_numbers_of_the_table(demo: Path) -> None:
    table = printed(heapscape("growth", "--db", demo).out)
    sites = [site for site in heapscape("growth", "--db", demo, "--format", "json").json() if site["growth_bytes"]]

    assert len(table) == len(sites) > 5
    for (growth, rounding, share, error), site in zip(table, sites, strict=True):
        assert abs(growth - site["growth_bytes"]) <= rounding
        assert abs(share - 100 * site["growth_share"]) <= 0.051
        assert abs(error - 100 * site["relative_error"]) <= 0.051


def test_sites_add_up_to_the_growth_of_the_series(demo: Path) -> None:
    sites = heapscape("growth", "--db", demo, "--format", "json").json()
    series = heapscape("sql", "FROM heap.series", "--db", demo, "--format", "json").json()[0]

    assert sum(site["growth_bytes"] for site in sites) == series["growth_bytes"]


def test_the_headline_says_who_when_and_how_much(demo: Path) -> None:
    first = heapscape("growth", "--db", demo).out.splitlines()[0]

    assert first.startswith("checkout · instance a · build 1.4.2 · live heap 90.5 MiB → 452.3 MiB over 56.53 s")
    assert "13 profiles: +361.8 MiB" in first


def test_limit_leaves_out_and_counts(demo: Path) -> None:
    seen = heapscape("growth", "--limit", "2", "--db", demo)
    sites = heapscape("growth", "--db", demo, "--format", "json").json()

    assert len(printed(seen.out)) == 2
    assert f"and {len(sites) - 2} sites that grew less, or not at all" in seen.out


def test_coverage_is_the_view(demo: Path) -> None:
    line = next(line for line in heapscape("growth", "--db", demo).out.splitlines() if line.startswith("explained: "))
    shares = heapscape("sql", "FROM attribution.coverage", "--db", demo, "--format", "json").json()

    shown = dict(re.findall(r"(\w+) (−?[\d.]+) %", line))
    assert {name: float(share.replace("−", "-")) for name, share in shown.items()} == {
        row["attribution"]: round(100 * row["share"], 1) for row in shares
    }
    assert round(sum(row["share"] for row in shares), 9) == 1


def test_files_are_answered_without_a_database(tmp_path: Path, demo: Path) -> None:
    seen = heapscape("growth", DEMO_HEAPS, REPORT, DEMO / "checkout.xz")

    assert seen.code == 0
    assert seen.out == heapscape("growth", "--db", demo).out
    assert list(tmp_path.iterdir()) == []


def test_a_refused_file_is_named_and_the_rest_is_answered(demo: Path) -> None:
    seen = heapscape("growth", DEMO)

    assert seen.code == 1
    assert "notes.txt: not a format heapscape knows" in seen.err
    assert seen.out == heapscape("growth", "--db", demo).out


def test_one_profile_has_no_growth() -> None:
    seen = heapscape("growth", FIRST)

    assert (seen.code, seen.out) == (0, "")
    assert "no series that fits has two heap profiles" in seen.err


def test_a_service_that_is_not_there_is_an_error(demo: Path) -> None:
    seen = heapscape("growth", "--service", "nobody", "--db", demo)

    assert (seen.code, seen.out) == (2, "")
    assert "--service nobody: none of 1 series of heap profiles has this service; there is checkout" in seen.err


def test_a_series_can_be_chosen_by_its_id(demo: Path) -> None:
    (series,) = heapscape("sql", "SELECT series_id FROM heap.series", "--db", demo, "--format", "json").json()

    assert heapscape("growth", "--series", series["series_id"], "--db", demo).out.startswith("checkout")
    assert heapscape("growth", "--series", "0" * 16, "--db", demo).out == ""


def test_more_than_three_series_are_a_count() -> None:
    seen = heapscape("growth", FILES / "lifecycle" / "service=lifecycle")

    headlines = [line for line in seen.out.splitlines() if line.startswith("lifecycle · ")]
    assert len(headlines) == 3
    assert re.search(
        r"^\d+ more series; see them with: heapscape series .*/service=lifecycle, then heapscape growth --series ID .*/service=lifecycle$",
        seen.err,
        flags=re.MULTILINE,
    )


@pytest.mark.parametrize(
    ("by", "view"), [("own", "attribution.growth_by_own_code"), ("module", "attribution.growth_by_module")]
)
def test_growth_by_something_else_is_its_view(demo: Path, by: str, view: str) -> None:
    wanted = heapscape("sql", f"FROM {view} ORDER BY growth_bytes DESC", "--db", demo, "--format", "json").json()

    assert heapscape("growth", "--by", by, "--db", demo, "--format", "json").json() == wanted
    assert len(wanted) >= 2


def test_what_a_library_keeps_is_shown_at_the_own_line_that_called_it(demo: Path) -> None:
    shown = heapscape("growth", "--by", "own", "--db", demo).out.splitlines()

    assert shown[0] == heapscape("growth", "--db", demo).out.splitlines()[0]
    assert any(
        re.search(r"^ *\+11\.2 MiB +3\.1 % .* api/handler\.go:68 +example\.com/checkout/api\.", line) for line in shown
    )


def test_modules_are_shown_with_their_versions(demo: Path) -> None:
    shown, first = (heapscape("growth", "--by", "module", "--limit", limit, "--db", demo).out for limit in ("4", "1"))

    assert re.search(r"% +example\.com/intern +v1\.3\.0$", shown, flags=re.MULTILINE)
    assert re.search(r"% +yes  example\.com/checkout *$", shown, flags=re.MULTILINE)
    assert re.search(r"^and 1 module that grew less", first, flags=re.MULTILINE)


def test_sites_are_shown_without_the_version_of_their_module_and_are_found_so(tmp_path: Path) -> None:
    file = "github.com/dop251/goja@v0.0.0-20260917113740-793a2a65c13b/object.go"
    inputs = tmp_path / "heaps"
    inputs.mkdir()
    for number in (1, 2):
        content = profile(f"goja.create@{file}:798 {number}000", time_ns=number * 10**18)
        (inputs / f"{number}.pb").write_bytes(content)

    table = heapscape("growth", inputs)
    site = heapscape("growth", inputs, "--format", "json").json()[0]
    flame = heapscape("flame", "--site", "goja/object.go:798", inputs, "--format", "json")

    assert "  goja/object.go:798  " in table.out
    assert "@v" not in table.out
    assert site["file"] == file
    assert flame.json()[0]["valueRight"] == 2000


def test_a_database_of_another_release_is_said_with_what_brings_it_up(demo: Path, tmp_path: Path) -> None:
    older = Path(shutil.copy(demo, tmp_path / "older.duckdb"))
    with duckdb.connect(older) as connection:
        connection.execute("DROP MACRO heap.ends")

    seen = heapscape("growth", "--by", "own", "--db", older)

    assert (seen.code, seen.out) == (3, "")
    assert "ends does not exist" in seen.err
    assert (
        "the database was loaded by another release of heapscape; bring it up to this one with: heapscape load"
        in seen.err
    )
