"""Real processes that load a database and are killed; `python -m tests.warehouse.processes SCENARIO FOLDER`.

One process imports everything and forks the loaders, so that a round costs milliseconds. It never touches
DuckDB or pyarrow itself: threads do not survive a fork. Prints a JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pipeline import flow
from pipeline.schema import tables
from pipeline.warehouse.modules import modules
from tests.warehouse.builder import answers, heap, offer

ROUNDS = 12


def killed_at_random(folder: str) -> Mapping[str, object]:
    """Load commit after commit, kill most loads at random moments, look at the file each time."""
    lake, database = Path(folder, "lake"), Path(folder, "answers.duckdb")
    chance = random.Random(7)
    _forked(partial(offer, lake, "first.pb", heap(0, grow=100)))
    started = time.perf_counter()
    _forked(partial(flow.load, str(lake), str(database)))
    longest = 1.5 * (time.perf_counter() - started)
    killed = old = 0
    for round_ in range(1, ROUNDS + 1):
        _forked(partial(offer, lake, f"{round_}.pb", heap(round_, grow=100 + round_)))
        child = _fork(partial(flow.load, str(lake), str(database)))
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        killed += was_killed
        # A busy machine is slower at times: keep the moments spread over the whole run.
        longest *= 1.2 if was_killed else 0.8
        _forked(partial(_must_be_whole, database, Path(folder, "profiles")))
        old += int(Path(folder, "profiles").read_text()) < round_ + 1
    _forked(partial(flow.load, str(lake), str(database)))
    _forked(partial(flow.load, str(lake), str(Path(folder, "once.duckdb"))))
    rows = {}
    for name in ("answers", "once"):
        _forked(partial(_count, Path(folder, f"{name}.duckdb"), Path(folder, f"{name}.json")))
        rows[name] = json.loads(Path(folder, f"{name}.json").read_text())
    return {"killed": killed, "old": old, "rows": rows["answers"], "rows_at_once": rows["once"]}


def _must_be_whole(database: Path, report: Path) -> None:
    """All tables are of one manifest version, one profile a commit, and no audit finds anything."""
    found = answers(database)
    with flow.open_warehouse(str(database)) as connection:
        (version,) = connection.sql("SELECT batch FROM warehouse_state").fetchall()[0]
    assert len(found["profile"]) == len(found["source"]) == len(found["heap.profiles"]) == version
    assert not any(rows for name, rows in found.items() if name.startswith("audit."))
    report.write_text(str(version))


def _count(database: Path, report: Path) -> None:
    report.write_text(json.dumps({name: len(rows) for name, rows in answers(database).items()}))


def _fork(run: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    status = 0
    try:
        run()
    except BaseException as error:
        status = 1
        os.write(2, f"{error!r}\n".encode())
    os._exit(status)


def _forked(run: Callable[[], object]) -> None:
    assert os.waitstatus_to_exitcode(os.waitpid(_fork(run), 0)[1]) == 0, run


SCENARIOS: Mapping[str, Callable[[str], Mapping[str, object]]] = {"killed_at_random": killed_at_random}

if __name__ == "__main__":
    # Imported and parsed once here, not in each child.
    tables()
    modules()
    sys.stdout.write(json.dumps(SCENARIOS[sys.argv[1]](sys.argv[2])))
