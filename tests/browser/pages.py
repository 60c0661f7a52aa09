"""Every page there is. What tests say of all pages they say of those that are listed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests.builders.profile import message
from tests.builders.trace import BLOCKED, stacks, strings, trace
from tests.cli.seat import heapscape


class Address(NamedTuple):
    """Where a page is.

    path      of the server, or one of FILES
    database  the fixture whose database fills it
    """

    path: str
    database: str = "demo"


# A new page is a line here; a test says so when a page of the navigation has none.
PAGES = {
    "overview": Address("/"),
    "growth": Address("/growth"),
    "flame": Address("/flame"),
    "flame of one profile": Address("/flame", "every_kind"),
    "escapes": Address("/escapes"),
    "gc": Address("/gc", "every_kind"),
    "gc of nothing": Address("/gc"),
    "goroutines": Address("/goroutines", "every_kind"),
    "goroutines of traces": Address("/goroutines", "traces"),
    "timeline": Address("/timeline", "traces"),
    "timeline of functions": Address("/timeline?show=functions&from=2000000&to=9000000", "traces"),
    "timeline of nothing": Address("/timeline"),
    "stacks of a goroutine": Address("/timeline/flame?goroutine=1", "traces"),
    "views": Address("/views"),
    "view": Address("/views/attribution.growth_by_site"),
    "sql": Address("/sql"),
    "sql answer": Address("/sql?" + quote("q=SELECT service, profiles, growth_bytes FROM heap.series", safe="=")),
    "sql bars": Address(
        "/sql?as=chart&"
        + quote("q=SELECT function, growth_bytes, last_bytes FROM attribution.growth_by_site ORDER BY 2 DESC", safe="=")
    ),
    "sql lines": Address(
        "/sql?as=chart&" + quote("q=SELECT taken_at, inuse_bytes, alloc_bytes FROM heap.profiles", safe="=")
    ),
    "report file": Address("report"),
    "flame file": Address("flame"),
    "diff file": Address("diff"),
}


def _command(*words: str) -> Callable[[Path, Path], None]:
    def make(database: Path, made: Path) -> None:
        assert heapscape(*words, "--db", database, "-o", made).code == 0

    return make


FILES: Mapping[str, Callable[[Path, Path], None]] = {
    "report": _command("report"),
    "flame": _command("flame"),
    "diff": _command("flame", "--growth"),
}

# Text that would be a script, leave an attribute, end an element, or be an address that runs.
EVIL = "\"'><img src=x onerror=window.owned=1><script>window.owned=1</script></script><!--{{7*7}}"
_FILE = "example.com/shop/cache.go"
_REPORT = f"""# example.com/shop
{_FILE}:21:2: entry{EVIL} escapes to heap in grow:
{_FILE}:21:2:   flow: {{heap}} ← &{{storage for entry{EVIL}}}:
{_FILE}:21:2:     from entry{EVIL} (spill{EVIL}) at {_FILE}:21:2
{_FILE}:21:2: entry{EVIL} escapes to heap
"""


# Of generic code, say: nothing that it could be broken at.
LONG = f"example.com/shop.Long[{'a' * 3000}]"


def empty_database(folder: Path) -> None:
    """A database of a lake in which nothing but a refused file was ever offered."""
    (folder / "notes.txt").write_text("Seen on Thursday")
    assert heapscape("ingest", folder / "notes.txt", "--lake", folder / "lake").code == 3
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "empty.duckdb").code == 0


def hostile_database(folder: Path) -> None:
    """Fill a folder with a lake and a database whose every name is EVIL."""
    inputs = folder / "inputs" / f"service={quote(EVIL, safe='')}" / f"build={quote(EVIL, safe='')}"
    inputs.mkdir(parents=True)
    for number in range(4):
        (inputs / f"heap{number}.pb").write_bytes(_heap(1_000_000 * (number + 1), 1_700_000_000 + 60 * number))
    (inputs / "escape.txt").write_text(_REPORT)
    (inputs / "dump.txt").write_text(f"goroutine 1 [select]:\nmain.f{EVIL}(0x1)\n\t/src/{EVIL}.go:5 +0x1d\n\n")
    (inputs / "names.trace").write_bytes(_trace())
    (inputs / "refused.txt").write_text(EVIL)
    assert heapscape("ingest", folder / "inputs", "--lake", folder / "lake").code == 1
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "hostile.duckdb").code == 0


def _trace() -> bytes:
    """A goroutine that waits for something, is woken and runs on, where everything is called EVIL."""
    _, _, *batches = BLOCKED
    named = strings({1: f"main.f{EVIL}", 2: f"{EVIL}.go", 3: f"chan receive{EVIL}"})
    return trace(26, (named, stacks({1: [(100, 1, 2, 7)]}), *batches))


def _heap(live: int, time_s: int) -> bytes:
    made = message(
        f"example.com/shop.grow@{_FILE}:21 main.main@main.go:9 {live} 1 {{tenant=north}}",
        f"main.other@other.go:3 {LONG} main.main@main.go:9 {live // 2} 1",
        types=("inuse_space/bytes", "odd/odd"),
        time_ns=time_s * 10**9,
        comments=["comment"],
    )
    # What an escape report is found by.
    kept = ("", "inuse_space", "bytes", _FILE, "example.com/shop.grow")
    made.string_table[:] = [text if text in kept else text + EVIL for text in made.string_table]
    return made.SerializeToString()
