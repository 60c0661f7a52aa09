"""Lakes for warehouse tests, from profiles of a few words, through the real rooms."""

from __future__ import annotations

from pathlib import Path

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.schema import tables
from pipeline.warehouse.modules import modules
from tests.builders.profile import profile

LIMITS = Limits(max_plain_bytes=1 << 24, max_ratio=1_100, max_members=100, max_depth=2)
_TYPES = ("alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes")
_START = 1_767_225_600_000_000_000
REPORT = """# app/store
store/cache.go:88:5: moved to heap: entry
store/cache.go:90:5: &Entry{...} escapes to heap
"""


def heap(minute: int, *, grow: int, walk: int = 50, build_id: str = "build-1") -> bytes:
    """A heap profile of one service: `grow` bytes live at store/cache.go:88, `walk` bytes in a recursion.

    The allocation total rises by 1000 bytes a minute.
    """
    allocated = grow + 1000 * minute
    return profile(
        f"app/store.(*Cache).Put@/app/store/cache.go:88 main.main@/app/main.go:5 1 {allocated} 1 {grow} {{bytes=48}}",
        f"main.walk@/app/main.go:9 main.walk@/app/main.go:9 main.main@/app/main.go:6 1 {walk} 1 {walk}",
        types=_TYPES,
        time_ns=_START + minute * 60_000_000_000,
        period=1,
        build_id=build_id,
    )


def offer(lake: Path, name: str, content: bytes, *, limits: Limits = LIMITS) -> None:
    """Put one file into a lake, as one commit."""
    path = lake.parent / "offered" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    flow.ingest([str(path)], str(lake), labels={}, limits=limits)


def answers(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of every table and view, but for the clock."""
    views = [name for name, module in modules().items() if module.kind == "VIEW"]
    with flow.open_warehouse(str(database)) as connection:
        found = {name: connection.sql(f"FROM {name} ORDER BY ALL").fetchall() for name in (*tables(), *views)}
        # When it was read, and how many commits it took, are no answers.
        found["source"] = connection.sql("SELECT * EXCLUDE (ingested_at) FROM source ORDER BY ALL").fetchall()
        found["warehouse_state"] = connection.sql("SELECT declarations, heapscape FROM warehouse_state").fetchall()
    return found
