"""Inputs in a bucket, found as those in folders are."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.buckets import bucket
from pipeline.errors import UsageError
from pipeline.inputs.find import find
from pipeline.inputs.labels import Labels
from pipeline.inputs.limits import Limits
from pipeline.inputs.read import read
from pipeline.values import Blob, Origin
from tests.builders.s3 import BUCKET, Server

pytestmark = pytest.mark.xdist_group("s3")

LIMITS = Limits(max_plain_bytes=1 << 20, max_ratio=100, max_members=10, max_depth=2)


def put(contents: Mapping[str, bytes]) -> None:
    for key, content in contents.items():
        bucket(BUCKET).put(key, memoryview(content))


def found(*urls: str, skip: tuple[str, ...] = (), **labels: str) -> dict[str, Mapping[str, str]]:
    origins = find([f"{BUCKET}/{url}" for url in urls], labels=labels, skip=skip)
    return {origin.path.removeprefix(f"{BUCKET}/"): dict(origin.labels) for origin in origins}


def test_a_folder_is_all_below_it_by_name_with_labels_from_its_parts(s3: Server) -> None:
    put({"labels/service=a%20b/build=1/x": b"1", "labels/a": b"2", "labels/.hidden/y": b"3", "labelled": b"4"})

    assert found("labels", build="2") == {
        "labels/a": {"build": "2"},
        "labels/service=a%20b/build=1/x": {"service": "a b", "build": "2"},
    }
    assert list(found("labels/")) == ["labels/a", "labels/service=a%20b/build=1/x"]


def test_an_object_is_itself(s3: Server) -> None:
    put({"one/service=a/x": b"1", "one/service=a/x/y": b"2"})

    assert found("one/service=a/x") == {"one/service=a/x": {"service": "a"}}
    assert found("one/service=a/x/") == {"one/service=a/x/y": {"service": "a"}}


def test_a_glob_matches_as_in_folders(s3: Server) -> None:
    put({f"globs/{key}": b"1" for key in ("a/heap-1.gz", "a/b/heap-2.gz", "a/.heap-3.gz", "c/heap-4.gz/x", "c/cpu")})

    assert list(found("globs/*/heap-*")) == ["globs/a/heap-1.gz", "globs/c/heap-4.gz/x"]
    assert list(found("globs/**/heap-*.gz")) == ["globs/a/b/heap-2.gz", "globs/a/heap-1.gz", "globs/c/heap-4.gz/x"]
    assert list(found("globs/a/.h*")) == ["globs/a/.heap-3.gz"]


def test_sidecars_label_as_in_folders_and_are_no_inputs(s3: Server) -> None:
    put({
        "sides/labels.json": b'{"service": "far", "build": 1.40}',
        "sides/in/labels.json": b'{"service": "near"}',
        "sides/in/x": b"1",
        "sides/in/x.labels.json": b'{"instance": "own"}',
    })  # fmt: skip
    expected = {"sides/in/x": {"service": "near", "build": "1.40", "instance": "own"}}

    assert found("sides/in") == found("sides") == found("sides/in/x") == expected


def test_the_lake_in_a_folder_of_inputs_is_left_out(s3: Server) -> None:
    put({"mixed/lake/stack/x": b"1", "mixed/lakes": b"2"})

    assert list(found("mixed", skip=(f"{BUCKET}/mixed/lake",))) == ["mixed/lakes"]


@pytest.mark.parametrize("url", ["nothing", "nothing/", "noth*"])
def test_where_there_is_nothing_it_is_said(s3: Server, url: str) -> None:
    with pytest.raises(UsageError, match=r"no such object, and nothing below it"):
        found(url)


def test_what_is_packed_is_read_as_on_a_disk(s3: Server) -> None:
    put({"packed/x.gz": gzip.compress(b"plain")})
    (origin,) = find([f"{BUCKET}/packed"], labels={})

    (blob,) = read(origin, limits=LIMITS)

    assert isinstance(blob, Blob)
    assert (blob.content, blob.source.origin.path) == (b"plain", f"{BUCKET}/packed/x.gz")


def test_what_vanished_is_refused_with_the_store_s_words(s3: Server) -> None:
    (refusal,) = read(Origin(f"{BUCKET}/vanished"), limits=LIMITS)

    assert not isinstance(refusal, Blob)
    assert refusal.reason.startswith("the store answers 404 Not Found (NoSuchKey")


def test_an_empty_sidecar_is_what_it_is_in_a_folder(s3: Server, tmp_path: Path) -> None:
    (tmp_path / "labels.json").touch()
    (tmp_path / "x").write_bytes(b"1")
    put({"empty/labels.json": b"", "empty/x": b"1"})

    (in_folder,) = find([str(tmp_path)], labels={})
    (in_bucket,) = find([f"{BUCKET}/empty"], labels={})

    assert isinstance(in_folder.labels, Labels)
    assert isinstance(in_bucket.labels, Labels)
    assert "which labels it: Expecting value" in in_bucket.labels.fault
    assert in_bucket.labels.fault.partition(", which")[2] == in_folder.labels.fault.partition(", which")[2]
