"""Inputs and a lake in a bucket, as a user runs the commands: what comes of it is what comes of folders."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline import schema
from tests.builders.s3 import BUCKET, Server, put, serving
from tests.cli.seat import DEMO, DEMO_HEAPS, MEMORY, REPORT, command, environment, heapscape, many_profiles, process

pytestmark = pytest.mark.xdist_group("s3")

# What says where a file was, when it was read, and by which batch.
_PLACES: Mapping[str, str] = {"source": "* EXCLUDE (uri, path, offered_hash, ingested_at)", "source_name": "source_id"}
_OF_LOAD = ("warehouse_state", "loaded_file")


def contents(db: Path | str) -> Mapping[str, str]:
    """How many rows each table has and what is in them, whatever their order and wherever the inputs lay."""
    each = [
        f"SELECT '{name}' AS name, COUNT(*) || ':' || COALESCE(BIT_XOR(HASH(t)), 0) AS content "
        f"FROM (SELECT {_PLACES.get(name, '*')} FROM {name}) AS t"
        for name in schema.tables()
        if name not in _OF_LOAD
    ]
    rows = heapscape("sql", " UNION ALL ".join(each), "--db", db, "--format", "json").json()
    return {row["name"]: row["content"] for row in rows}


def loaded(lake: str | Path, db: str) -> Mapping[str, str]:
    assert heapscape("load", "--lake", lake, "--db", db).code == 0
    return contents(db)


def test_a_bucket_comes_to_what_a_folder_does(s3: Server, tmp_path: Path) -> None:
    put(DEMO, "same/service=checkout/build=1.4.2")
    lake = f"{BUCKET}/same/lake"

    here = heapscape("run", DEMO, "--lake", "lake", "--db", "here.duckdb")
    there = heapscape("run", f"{BUCKET}/same", "--lake", lake, "--db", "there.duckdb", "--jobs", "2")

    assert (here.code, here.out) == (there.code, there.out)
    assert contents("there.duckdb") == contents("here.duckdb")
    assert heapscape("lake", "verify", "--lake", lake).out == f"{lake}: sound\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["lake", "here.duckdb", "there.duckdb"])


@pytest.mark.remote
def test_a_lake_in_a_bucket_is_kept_as_one_in_a_folder(s3: Server) -> None:
    lake = f"{BUCKET}/kept/lake"
    for heap in sorted(DEMO_HEAPS.iterdir())[:3]:
        assert heapscape("ingest", heap, "--lake", lake).code == 0
        heapscape("load", "--lake", lake, "--db", "followed.duckdb")
    before = loaded(lake, "before.duckdb")

    assert heapscape("lake", "compact", "--lake", lake).code == 0
    info = heapscape("lake", "info", "--lake", lake, "--format", "json").json()
    removed = heapscape("lake", "vacuum", "--older-than", "0", "--lake", lake, "--format", "json").json()

    assert info["sources"]["ingested"] == 3
    assert info["tables"]["stack"]["files"] == 1
    assert len(removed) > 10
    assert heapscape("lake", "verify", "--lake", lake).out == f"{lake}: sound\n"
    assert loaded(lake, "after.duckdb") == before
    # Numbers are given in the order of arrival: the same rows have others there.
    assert _counts(loaded(lake, "followed.duckdb")) == _counts(before)
    assert heapscape("lake", "expire", "--older-than", "1s", "--lake", lake).code == 0
    assert heapscape("lake", "info", "--lake", lake, "--format", "json").json()["sources"]["expired"] == 3


def _counts(found: Mapping[str, str]) -> list[str]:
    return [content.partition(":")[0] for content in found.values()]


def test_known_objects_are_listed_and_not_read_until_they_change(s3: Server) -> None:
    put(DEMO_HEAPS, "known")
    lake = f"{BUCKET}/lake-known"
    heapscape("ingest", f"{BUCKET}/known", "--lake", lake)
    before = len(s3.requests())

    again = heapscape("ingest", f"{BUCKET}/known", "--lake", lake)
    asked = s3.requests()[before:]
    put(REPORT.parent / "instance=a", "known")
    same = heapscape("ingest", f"{BUCKET}/known", "--lake", lake)

    assert "13 already there" in again.err
    assert [line for line in asked if line.startswith("GET /bucket/known/")] == []
    assert [line for line in asked if line.startswith(("PUT", "POST"))] == []
    assert "13 already there" in same.err


@pytest.mark.remote
def test_two_at_once_with_the_same_inputs_are_as_one(s3: Server, tmp_path: Path) -> None:
    inputs, lake = many_profiles(tmp_path, 40), f"{BUCKET}/two/lake"
    assert heapscape("ingest", inputs, "--lake", "lake").code == 1
    halves = sorted(inputs.iterdir())

    running = [
        subprocess.Popen(
            command("ingest", *some, "--lake", lake, "--memory", MEMORY),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        for some in (halves[:30], halves[:9:-1])
    ]
    said = [one.communicate(timeout=300)[1] for one in running]

    assert [one.returncode in (0, 1) for one in running] == [True, True], said
    assert heapscape("lake", "verify", "--lake", lake).code == 0
    assert loaded(lake, "two.duckdb") == loaded("lake", "one.duckdb")


@pytest.mark.remote
def test_what_is_killed_is_completed_by_the_next_run(s3: Server, tmp_path: Path) -> None:
    inputs, chance = many_profiles(tmp_path, 24), random.Random(5)
    assert heapscape("ingest", inputs, "--lake", "lake").code == 1
    undisturbed = loaded("lake", "undisturbed.duckdb")
    at_work = 0

    for round_ in range(3):
        lake = f"{BUCKET}/killed/{round_}"
        words = command("ingest", inputs, "--lake", lake, "--memory", MEMORY)
        before, moment = len(s3.requests()), chance.randrange(2, 70)
        with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as running:
            while running.poll() is None and len(_written(s3, before)) < moment:
                time.sleep(0.002)
            running.kill()
            at_work += running.wait() == -signal.SIGKILL
        assert heapscape("ingest", inputs, "--lake", lake).code == 1
        assert heapscape("lake", "verify", "--lake", lake).code == 0
        assert loaded(lake, f"{round_}.duckdb") == undisturbed

    assert at_work >= 2


def _written(s3: Server, before: int) -> list[str]:
    return [line for line in s3.requests()[before:] if line.startswith("PUT /bucket/killed/")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ingest", "s3://absent/x"), 2, "s3://absent/x: the store answers 404"),
        (("ingest", str(REPORT), "--lake", "s3://absent/lake"), 2, "s3://absent/lake/batch/_delta_log: the store answers 404 Not Found (NoSuchBucket"),
        (("load", "--lake", f"{BUCKET}/no/lake"), 2, f"{BUCKET}/no/lake: the lake is empty or not there"),
        (("load", "--db", f"{BUCKET}/x.duckdb"), 2, "a file on this machine was expected"),
        (("load", "--lake", "http://host/lake"), 2, "a lake is a folder, or in a bucket"),
        (("ingest", "http://127.0.0.1:9/heap"), 3, "http://127.0.0.1:9/heap: cannot be fetched: Connection refused"),
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_one_line(s3: Server, arguments: tuple[str, ...], code: int, said: str) -> None:
    seen = heapscape(*arguments)

    assert seen.code == code
    assert said in seen.err
    assert "Traceback" not in seen.err
    assert "Debug source" not in seen.err


def test_a_store_that_does_not_listen_is_one_line(s3: Server) -> None:
    seen = process("ingest", f"{BUCKET}/x", AWS_ENDPOINT_URL="http://127.0.0.1:9")

    assert (seen.code, seen.err.count("\n")) == (3, 1)
    assert seen.err.startswith(
        f"heapscape: {BUCKET}/x: Connection refused; check the network, and the address in the env"
    )


def test_so_are_none(s3: Server) -> None:
    kept = {name: value for name, value in environment().items() if not name.startswith("AWS_")}
    # Where a machine of the cloud would be asked.
    asked = {**kept, "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9", "AWS_ALLOW_HTTP": "true"}

    seen = subprocess.run(command("ingest", f"{BUCKET}/x"), env=asked, capture_output=True, text=True, check=False)

    assert (seen.returncode, seen.stderr.count("\n")) == (2, 1)
    assert seen.stderr.startswith(f"heapscape: {BUCKET}/x: there are no credentials in the environment")


def test_wrong_credentials_are_one_line(s3: Server, tmp_path: Path) -> None:
    with serving(tmp_path, INITIAL_NO_AUTH_ACTION_COUNT="0") as strict:
        inputs = process("ingest", f"{BUCKET}/x", **strict.environment)
        lake = process("ingest", REPORT, "--lake", f"{BUCKET}/x", **strict.environment)

    for seen in (inputs, lake):
        assert (seen.code, seen.err.count("\n")) == (2, 1)
        assert "the store answers 403 Forbidden" in seen.err
        assert "check the credentials in the environment (AWS_ACCESS_KEY_ID" in seen.err
