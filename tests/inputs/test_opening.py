"""Inputs as open files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.buckets import bucket
from pipeline.errors import PipelineError
from pipeline.inputs.find import find
from pipeline.inputs.opening import open_input, opened_ahead
from pipeline.values import Origin
from tests.builders.s3 import BUCKET, Server
from tests.builders.web import content, serving

pytestmark = pytest.mark.xdist_group("s3")


def read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


def objects(folder: str, count: int) -> list[Origin]:
    for number in range(count):
        bucket(BUCKET).put(f"{folder}/{number:03}", memoryview(f"{number}".encode()))
    return list(find([f"{BUCKET}/{folder}"], labels={}))


def test_what_a_service_answers_is_opened_as_a_file() -> None:
    with serving({"/heap": content(b"answer")}) as url:
        assert read(open_input(f"{url}/heap")) == b"answer"


def test_files_and_objects_come_in_their_order(s3: Server, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"file")
    batch = objects("ahead", 29)
    batch.append(batch[-1])
    batch.insert(20, Origin(str(tmp_path / "x")))

    found = [read(opened()).decode() for _, opened in opened_ahead(batch)]

    assert found == [*map(str, range(20)), "file", *map(str, range(20, 29)), "28"]


def test_what_cannot_be_fetched_is_told_when_its_turn_comes(s3: Server) -> None:
    batch = objects("vanishing", 3)
    bucket(BUCKET).remove("vanishing/001")
    found = []

    for _, opened in opened_ahead(batch):
        try:
            found.append(read(opened()))
        except PipelineError as error:
            found.append(b"404" if "answers 404" in str(error) else b"")

    assert found == [b"0", b"404", b"2"]


def test_nothing_stays_open_when_nobody_reads_on(s3: Server) -> None:
    batch = objects("left", 20)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        opening = opened_ahead(batch)
        _, opened = next(opening)
        os.close(opened())
        opening.close()

    assert len(os.listdir("/proc/self/fd")) <= before + 4
