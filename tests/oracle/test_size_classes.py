"""`alloc.size_class` and `alloc.size_class_by_site` against programs of every Go that allocate the least and the most of each class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle import toolchain
from tests.sql.world import open_world

pytestmark = pytest.mark.oracle

LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
OBJECTS = 200
# What the runtime allocates of one class for threads and goroutines that it starts meanwhile; three were seen.
OWN = 20
RELEASES = pytest.mark.parametrize("version", toolchain.SINCE_1_22)


def ingested(version: str, folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows over what the program writes; a profile and the two MemStats beside it are what there is."""
    program = toolchain.overlay_build("classes", version=version)
    with flow.open_warehouse(str(_database(folder, program))) as connection:
        return connection.sql(query).fetchall()


def _database(folder: Path, program: Path) -> Path:
    with open_world() as connection:
        classes = connection.sql("SELECT least_bytes, object_bytes FROM alloc._size_class ORDER BY ALL").fetchall()
    # Those of less than 16 bytes without pointers share a block.
    sizes = [size for least, most in classes if least > 16 for size in (least, most)] + [32_769, 70_000]
    # A cycle that starts amid an allocation makes the runtime allocate on the program's line, the more the busier the machine is.
    toolchain.run([program, folder, str(OBJECTS), *map(str, sizes)], env={"GOGC": "off"})
    written = [str(folder / name) for name in ("heap.pb.gz", "memstats-0.json", "memstats-1.json")]
    flow.ingest(written, str(folder / "lake"), labels={"service": "classes"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "some.duckdb"))
    return folder / "some.duckdb"


@RELEASES
def test_each_class_has_the_objects_that_the_program_made_of_it(version: str, tmp_path: Path) -> None:
    rows = ingested(
        version,
        tmp_path,
        """SELECT size_class, object_bytes, alloc_objects, alloc_bytes, most_waste_bytes, least_refills
        FROM alloc.size_class_by_site WHERE function = 'main.main' AND line = 26 AND size_class <> 2 ORDER BY size_class""",
    )

    large, *small = rows
    assert large[:3] == (0, None, 2 * OBJECTS)
    assert large[3] == OBJECTS * (40_960 + 73_728)
    assert [row[0] for row in small] == list(range(3, 68))
    assert {objects for _, _, objects, *_ in small} == {2 * OBJECTS}
    assert all(alloc_bytes == object_bytes * objects for _, object_bytes, objects, alloc_bytes, _, _ in small)
    # Class 32 has 8 slots of 1,024 bytes a span; what it is given wastes at most 127 bytes an object.
    assert small[32 - 3][4:] == (2 * OBJECTS * 127, 2 * OBJECTS // 8)


@RELEASES
def test_the_profile_and_memstats_have_the_same_objects(version: str, tmp_path: Path) -> None:
    rows = ingested(
        version,
        tmp_path,
        """SELECT size_class, process, source_id, source, alloc_objects FROM alloc.size_class
        WHERE size_class >= 3 AND object_bytes <= 18432 ORDER BY ALL""",
    )

    by_class: dict[int, dict[str, list[int]]] = {}
    for size_class, _, _, source, objects in rows:
        by_class.setdefault(size_class, {}).setdefault(source, []).append(objects)
    assert len(by_class) == 58
    for size_class, sources in by_class.items():
        made = max(sources["memstats"]) - (min(sources["memstats"]) if len(sources["memstats"]) > 1 else 0)
        assert 2 * OBJECTS <= made < 2 * OBJECTS + OWN, size_class
        (sampled,) = sources["profile"]
        assert 2 * OBJECTS <= sampled < 2 * OBJECTS + OWN, size_class
