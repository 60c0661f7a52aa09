"""The file that we write with the newest DuckDB opens in DuckDB 1.5, and every view and macro answers the same there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.warehouse.modules import modules
from tests.cli.seat import heapscape
from tests.cli.test_show_sql import ASKED, published
from tests.server.test_dashboards import SQL, filled
from tests.server.test_dashboards import queries as queries_of
from tests.sql.extremes import extreme_rows, fill_lake
from tests.warehouse.builder import PROGRAM, bare

# A fixture.
__all__ = ["published"]

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests" / "fixtures" / "files"
DEMO = FILES / "checkout" / "service=checkout" / "build=1.4.2"
TRACES = FILES / "tracer" / "service=tracer" / "build=go1.27-trim"
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
MACROS = {
    "flame.tree": "flame.tree((SELECT list(profile_id) FROM heap.profiles), 'inuse_space')",
    "flame.diff": "flame.diff((SELECT list(first_profile_id) FROM heap.series), "
    "(SELECT list(last_profile_id) FROM heap.series), 'inuse_space')",
    "flame.weighted": "flame.weighted((SELECT list({'profile_id': last_profile_id, 'times_left': 0, 'times_right': 1}) "
    "FROM heap.series), 'inuse_space')",
    "pyroscope.flame_graph": "pyroscope.flame_graph((SELECT list({'profile_id': last_profile_id, 'times_left': 0, 'times_right': 1}) "
    "FROM heap.series), 'inuse_space', 100)",
    "pyroscope.points": "pyroscope.points((SELECT list(series_id) FROM heap.series), 'memory:inuse_space:bytes:space:bytes', "
    "0, 4000000000000, 1000, ['service_name'])",
    "pyroscope.weights": "pyroscope.weights((SELECT list(series_id) FROM heap.series), 'inuse_space', 0, 4000000000000)",
    "goroutine._place": "goroutine._place(NULL)",
    "heap._grown_between": "heap._grown_between(heap.ends((SELECT list(series_id) FROM heap.series)))",
    "attribution._own_frame": "attribution._own_frame(NULL)",
    "attribution._leaf_module": "attribution._leaf_module((SELECT list(stack_id) FROM stack))",
    "attribution.growth_by_site_between": "attribution.growth_by_site_between((SELECT MIN(series_id) FROM heap.series), "
    "(SELECT MIN(profile_id) FROM heap.profiles), (SELECT MAX(profile_id) FROM heap.profiles))",
    "attribution.site_history": "attribution.site_history((SELECT list(series_id) FROM heap.series))",
    "attribution.growth": "attribution.growth((SELECT list(series_id) FROM heap.series))",
    "attribution.growth_between": "attribution.growth_between((SELECT MIN(series_id) FROM heap.series), "
    "(SELECT MIN(profile_id) FROM heap.profiles), (SELECT MAX(profile_id) FROM heap.profiles))",
    "attribution.own_code_between": "attribution.own_code_between(heap.ends((SELECT list(series_id) FROM heap.series)))",
    "attribution.modules_between": "attribution.modules_between(heap.ends((SELECT list(series_id) FROM heap.series)))",
    "flame.top": "flame.top((SELECT list(profile_id) FROM heap.profiles), 'inuse_space', hide := 'runtime', show_from := 'main')",
    "flame._stacks": "flame._stacks((SELECT list(profile_id) FROM heap.profiles), 'inuse_space', [], NULL, NULL, NULL, NULL, 'main')",
    "flame.peek": "flame.peek((SELECT list(profile_id) FROM heap.profiles), 'inuse_space', 'main', hide := 'runtime')",
    "flame.folded": "flame.folded((SELECT list(profile_id) FROM heap.profiles), 'inuse_space')",
    "heap.series_between": "heap.series_between('2000-01-01'::TIMESTAMP, NULL)",
    "goroutine.growth_between": "goroutine.growth_between(NULL, '2100-01-01'::TIMESTAMP, series_ids := (SELECT list(series_id) FROM profile))",
    "escape.diff": "escape.diff('1.4.1', '1.4.2')",
    "escape.on_lines": "escape.on_lines((SELECT list(profile_id) FROM heap.profiles), 'main')",
    "gate.escapes": "gate.escapes('1.4.1', '1.4.2')",
    "gate.judged": "gate.judged(['growth', 'site_growth', 'headroom'], [1, 2, 3])",
    "gate.new_escapes": "gate.new_escapes('1.4.1', '1.4.2', 1)",
    "escape.heaviest": "escape.heaviest()",
    "alloc.largest_process": "alloc.largest_process()",
    "attribution.coverage_between": "attribution.coverage_between((SELECT MIN(series_id) FROM heap.series), "
    "(SELECT MIN(profile_id) FROM heap.profiles), (SELECT MAX(profile_id) FROM heap.profiles))",
    "attribution.site_stacks": "attribution.site_stacks((SELECT MAX(series_id) FROM heap.series WHERE service = 'checkout'), 'cache.go', 21)",
    "escape.tree": "escape.tree((SELECT list(series_id) FROM heap.series), 'live')",
    "gc.mmu": "gc.mmu([1000000, 10000000])",
    "gc._utilisation": "gc._utilisation(TRUE)",
}
# Each relation's rows as one text, rounded, so that two versions can be compared.
ANSWER = """
import json, sys
import duckdb
path, names = sys.argv[1], json.loads(sys.argv[2])
def plain(value):
    return float(f"{value:.9g}") if isinstance(value, float) else value
with duckdb.connect(path, read_only=True) as connection:
    # On a busy machine it would stand in the answer.
    connection.execute("SET enable_progress_bar = false")
    found = {
        name: sorted(str([plain(value) for value in row]) for row in connection.sql(f"FROM {name}").fetchall())
        for name in names
    }
print(json.dumps({"version": duckdb.__version__, "found": found}))
"""


@pytest.fixture(scope="module")
def old() -> Path:
    folder = ROOT / ".cache" / "duckdb-1.5"
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--target", str(folder), "duckdb==1.5.*"], check=True)
    return folder


@pytest.mark.oracle
# Under a name of its own: dashboards open a copy.
@pytest.mark.parametrize("name", ["answers.duckdb", "copy of answers.duckdb"])
def test_duckdb_1_5_opens_the_file_and_answers_every_view_and_macro(tmp_path: Path, old: Path, name: str) -> None:
    (tmp_path / "program").write_bytes(PROGRAM.content)
    (tmp_path / "bare.pb").write_bytes(bare(1))
    given = (
        *(DEMO, TRACES / "allocations.trace", TRACES / "plain.trace", tmp_path / "program", tmp_path / "bare.pb"),
        *(FILES / name for name in ("everykind", "collector", "memory", "exposer", "twins", "moments")),
    )
    flow.ingest(
        [str(path) for path in given],
        str(tmp_path / "lake"),
        labels={"memory_limit": "1GiB"},
        limits=LIMITS,
    )
    database = tmp_path / "answers.duckdb"
    flow.load(str(tmp_path / "lake"), str(database))
    database = database.rename(tmp_path / name)
    asked, shown = _asked(), _shown()

    ours, theirs = _answers(database, asked + shown), _answers(database, asked + shown, packages=old)

    assert theirs["version"].startswith("1.5.")
    assert not ours["version"].startswith("1.5.")
    assert {query for query, rows in theirs["found"].items() if not rows} <= {
        query
        for query in asked
        if query.startswith(("audit.", "escape.diff", "escape._again", "attribution.misfit", "alloc.stack_growth"))
    }
    assert theirs["found"] == ours["found"]


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(3))
def test_duckdb_1_5_answers_every_view_and_macro_over_extremes_too(tmp_path: Path, old: Path, seed: int) -> None:
    database = tmp_path / "extremes.duckdb"
    fill_lake(tmp_path / "lake", extreme_rows(seed, most=40))
    flow.load(str(tmp_path / "lake"), str(database))

    theirs = _answers(database, _asked(), packages=old)

    assert theirs["version"].startswith("1.5.")
    assert sum(map(len, theirs["found"].values())) > 100


def _asked() -> list[str]:
    views = [(MACROS | _IN_ORDER).get(name, name) for name, module in modules().items() if module.kind != "FUNCTION"]
    return [*views, *_FUNCTIONS]


# Lists in any order.
_IN_ORDER = {
    "attribution._live": "(SELECT series_id, site_index, list_sort(list_zip(moments, sizes)) FROM attribution._live)"
}
# Functions of one value.
_FUNCTIONS = (
    """
    (SELECT stack_id, funcs(stack_id), folded(stack_id), leaf_func(stack_id), root_func(stack_id), user_frame(stack_id),
      has_function(stack_id, 'main\\.') FROM stack)
    """,
    "(SELECT label_set_id, label(label_set_id, 'bytes') FROM label_set)",
    "(SELECT trace_id, goroutine, is_named(function, 'main') FROM sched.goroutine)",
    "(SELECT file, is_place(file, 'main.go') FROM attribution.growth_by_site)",
    "(SELECT checked, series_id, gate.verdict(side, value, low, high, 10) FROM gate.measure)",
    "(SELECT trace_id, rel_time(trace_id, end_ns), rate(event_count, 1000) FROM trace)",
)


def _shown() -> list[str]:
    """What the panels of the dashboards ask, all of their rows: which ones are the first of equals is nobody's."""
    services = "SELECT coalesce(service, '') FROM profile"
    queries = [filled(query, services) for name in SQL for query in queries_of(name).values()]
    return [f"({re.sub(r' LIMIT [0-9]+$', '', query)})" for query in queries]


@pytest.mark.oracle
def test_duckdb_1_5_gives_the_rows_of_every_printed_query(published: Path, old: Path) -> None:
    printed = [f"({heapscape(*shlex.split(asked), '--db', published, '--show-sql').out.strip()})" for asked in ASKED]

    ours, theirs = _answers(published, printed), _answers(published, printed, packages=old)

    assert theirs["version"].startswith("1.5.")
    assert [query for query, rows in theirs["found"].items() if not rows] == []
    assert theirs["found"] == ours["found"]


def test_every_macro_is_asked() -> None:
    functions = {name.removeprefix("main.") for name, module in modules().items() if module.kind == "FUNCTION"}

    assert set(MACROS) == {name for name, module in modules().items() if module.kind == "MACRO"}
    assert {name for name in functions if any(f"{name}(" in query for query in _FUNCTIONS)} == functions - {
        *(
            "is_std",
            "int64.clamp",
            *("attribution._pairs", "attribution._slope", "attribution._distances"),
            *("attribution._filled", "attribution._r2", "attribution._rising"),
            *("flame._matches", "heap.ends"),
        ),  # Parts of the others.
        *("sched._state_name", "sched._bucket", "sched._bucket_ns"),
        *("gate._student", "gate._slope_error"),
    }


def _answers(database: Path, asked: list[str], *, packages: Path | None = None) -> dict[str, Any]:
    environment = {"PYTHONPATH": str(packages)} if packages else {}
    run = subprocess.run(
        [sys.executable, "-c", ANSWER, str(database), json.dumps(asked)],
        env={"PATH": "", "TZ": "UTC", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)  # type: ignore[no-any-return]
