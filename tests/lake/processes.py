"""Real processes that write to a lake and are killed, raced or starved; `python -m tests.lake.processes SCENARIO LAKE`.

One process imports everything and forks the writers, so that a round costs milliseconds. It never touches
pyarrow or a Delta table itself: threads do not survive a fork. Prints a JSON object.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import LakeError
from pipeline.lake import batch_log, delta
from pipeline.lake.commit import commit
from pipeline.lake.rows import in_order
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.lake.verify import verify
from pipeline.schema import tables
from tests.lake.builder import batch, ingest, refuse, write

_AUDITED = ("open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.utime", "os.listdir")
_REFUSED, _UNSOUND, _OUTRUN = 7, 8, 9


def killed_before_every_call(lake: str) -> Mapping[str, int]:
    """Kill a writer before its first touch of the lake, another before its second, and so on; repeat each unharmed.

    What goes in was refused before, beside a source that stays refused.
    """
    assert _forked(partial(ingest, f"{lake}/start", "before")) == 0
    assert _forked(partial(refuse, f"{lake}/start", "during shared other")) == 0
    killed = 0
    while True:
        copy = shutil.copytree(f"{lake}/start", f"{lake}/{killed}")
        status = os.waitstatus_to_exitcode(_forked(partial(_ingest_until, copy, "during shared", last_call=killed)))
        if status == 0:
            return {"killed": killed}
        assert status == -signal.SIGKILL, status
        assert _forked(partial(_repeat, copy, "during shared")) == 0
        killed += 1


def killed_at_random(lake: str, *, rounds: int = 60) -> Mapping[str, int]:
    """Kill writers at random moments of one growing lake, then let one finish what they began."""
    chance = random.Random(23)
    started = time.perf_counter()
    assert _forked(partial(ingest, lake, "first")) == 0
    longest = 1.5 * (time.perf_counter() - started)
    killed = 0
    for round_ in range(rounds):
        child = _fork(partial(ingest, lake, f"p{round_} p{round_ + 1} p{round_ + 2}"))
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        killed += was_killed
        # A busy machine is slower at times: keep the moments spread over the whole run.
        longest *= 1.2 if was_killed else 0.8
        if round_ % 10 == 0:
            _must_be_sound(lake)
    names = " ".join(f"p{number}" for number in range(rounds + 2))
    assert _forked(partial(ingest, lake, names)) == 0
    assert _forked(partial(_must_hold, lake, f"first {names}")) == 0
    return {"killed": killed}


def two_at_once(lake: str) -> Mapping[str, int]:
    """Let two writers claim the same number for a batch, again and again, half of their sources the same."""
    names = []
    for round_ in range(10):
        mine, yours, both = (f"{who}{round_}" for who in ("mine", "yours", "both"))
        _race(lake, f"{mine} {both}", f"{yours} {both}")
        names += [mine, yours, both]
    assert _forked(partial(_must_hold, lake, " ".join(names))) == 0
    return {"outrun": 10}


def starved(lake: str) -> Mapping[str, int]:
    """Let no file grow beyond a limit: first every data file in turn, then the batch alone."""
    assert _forked(partial(ingest, lake, "before")) == 0
    limits = range(0, 8000, 250)
    writers = [os.waitstatus_to_exitcode(_forked(partial(_ingest_starved, lake, limit))) for limit in limits]
    entry = os.waitstatus_to_exitcode(_forked(partial(_commit_starved, lake)))
    assert _forked(partial(_must_hold, lake, "before")) == 0
    left = len(list(Path(lake).rglob("*.tmp")))
    assert _forked(partial(ingest, lake, "during")) == 0
    assert _forked(partial(_must_hold, lake, "before during")) == 0
    return {"refused": writers.count(_REFUSED), "tries": len(limits), "entry_refused": entry == _REFUSED, "left": left}


def _race(lake: str, *batches: str) -> None:
    """Let two writers come to the same batch at the same moment; one must be outrun, and commit after the other."""
    arrived, arrives = os.pipe()
    waits, go = os.pipe()
    children = [_fork(partial(_commit_when_told, lake, names, arrives, waits, go)) for names in batches]
    os.close(arrives)
    os.close(waits)
    # Each tells when it is about to commit; one that died before closes its end too.
    told = [os.read(arrived, 1) for _ in children]
    os.close(go)
    os.close(arrived)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert (told, sorted(statuses)) == ([b".", b"."], [0, _OUTRUN]), (told, statuses)


def _fork(run: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    status, message = 0, ""
    try:
        run()
    except LakeError as error:
        status, message = _REFUSED, str(error)
    except BaseException as error:
        status, message = _UNSOUND, repr(error)
    # Where no file may grow, neither may the one that takes the messages.
    with suppress(OSError):
        os.write(2, f"{message}\n".encode())
    os._exit(status)


def _forked(run: Callable[[], object]) -> int:
    return os.waitpid(_fork(run), 0)[1]


def _ingest_until(lake: str, names: str, *, last_call: int) -> None:
    calls = 0

    def count() -> None:
        nonlocal calls
        if calls == last_call:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 1

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event in _AUDITED and any(str(argument).startswith(lake) for argument in arguments):
            count()

    once = delta.commit

    def counted(*arguments: Any, **options: Any) -> None:
        # What Delta's library does is one step: it puts one file into a log.
        count()
        once(*arguments, **options)
        count()

    delta.commit = counted
    sys.addaudithook(heard)
    ingest(lake, names)


def _repeat(lake: str, names: str) -> None:
    _refuse_errors(lake)
    ingest(lake, names)
    _must_hold(lake, f"before {names}", refused=1)


def _ingest_starved(lake: str, limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    ingest(lake, "during")


def _commit_starved(lake: str) -> None:
    known, written = read_known(lake), write(lake, batch("during"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    commit(lake, written, known=known)


def _commit_when_told(lake: str, names: str, arrives: int, waits: int, go: int) -> None:
    os.close(go)
    tries = 0
    append = batch_log.append

    def meet(*arguments: Any) -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            os.write(arrives, b".")
            os.close(arrives)
            os.read(waits, 1)
        return append(*arguments)

    batch_log.append = meet
    outrun = commit(lake, write(lake, batch(names)), known=read_known(lake)) is None
    ingest(lake, names)
    if outrun or tries > 2:
        os._exit(_OUTRUN)


def _must_be_sound(lake: str) -> None:
    assert _forked(partial(_refuse_errors, lake)) == 0


def _refuse_errors(lake: str) -> None:
    errors = [finding for finding in verify(read_snapshot(lake)) if finding.severity == "error"]
    assert not errors, errors[:3]


def _must_hold(lake: str, names: str, *, refused: int = 0) -> None:
    """Nothing wrong, every named profile there once with its six samples of two types, and so many refusals."""
    _refuse_errors(lake)
    known = read_known(lake)
    rows = {name: sum(file.rows for file in files) for name, files in read_snapshot(lake).files.items()}
    count = len(names.split())
    found = (rows["profile"], rows["sample"], len(known.ingested), len(known.refused))
    assert found == (count, 12 * count, count, refused), found


SCENARIOS: Mapping[str, Callable[[str], Mapping[str, int]]] = {
    "killed_before_every_call": killed_before_every_call,
    "killed_at_random": killed_at_random,
    "killed_at_random_briefly": partial(killed_at_random, rounds=20),
    "two_at_once": two_at_once,
    "starved": starved,
}

if __name__ == "__main__":
    # Parsed and compiled once here, not in each child.
    tables()
    in_order(pa.table({"id": pa.array([0], pa.int64())}), by=["id"])
    sys.stdout.write(json.dumps(SCENARIOS[sys.argv[1]](sys.argv[2])))
