"""Object stores, through a real S3 server."""

from __future__ import annotations

import io

import pytest

from pipeline.buckets import Refused, bucket, explained, is_url, local_path, split
from pipeline.errors import PipelineError, UsageError
from tests.builders.s3 import BUCKET, Server

pytestmark = pytest.mark.xdist_group("s3")


def test_a_url_is_split_into_bucket_and_key() -> None:
    assert split("gs://profiles/service=a/x.pb.gz") == ("gs://profiles", "service=a/x.pb.gz")
    assert split("s3://profiles/") == ("s3://profiles", "")


def test_a_url_without_a_bucket_is_refused() -> None:
    with pytest.raises(UsageError, match=r"s3:///x: has no bucket; write it like s3://bucket/folder"):
        split("s3:///x")


def test_object_stores_have_three_schemes() -> None:
    assert [is_url(f"{scheme}://x") for scheme in ("s3", "gs", "az", "http", "file")] == [True] * 3 + [False] * 2
    assert not is_url("s3/x")


def test_a_file_url_is_a_path() -> None:
    assert local_path("file:///a%20b/c") == "/a b/c"
    assert local_path("file://localhost/c") == "/c"
    assert local_path("plain") == "plain"


@pytest.mark.parametrize("url", ["file://host/a", "file://"])
def test_a_file_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="names a file on another machine, or none"):
        local_path(url)


def test_what_is_put_can_be_listed_read_and_removed(s3: Server) -> None:
    held, content = bucket(BUCKET), bytes(range(256)) * 40_000

    held.put("basics/a b%=c/x", memoryview(content).cast("b"))
    held.put("basics/y", memoryview(b"1"))

    assert {one.key: one.size_bytes for one in held.listed("basics")} == {
        "basics/a b%=c/x": len(content),
        "basics/y": 1,
    }
    assert list(held.listed("basic")) == []
    assert held.read("basics/a b%=c/x", most=3) == b"\x00\x01\x02"
    file = io.BytesIO()
    held.fetch("basics/a b%=c/x", file)
    assert file.getvalue() == content
    held.remove("basics/y")
    held.remove("basics/y")
    assert held.found("basics/y") is None


def test_the_version_is_another_after_every_change(s3: Server) -> None:
    held = bucket(BUCKET)
    versions = []
    for content in (b"1", b"2"):
        held.put("version", memoryview(content))
        found = held.found("version")
        assert found is not None
        versions.append(found.version)

    assert versions[0] != versions[1]
    assert [one.version for one in held.listed("version")] in ([], [versions[1]])


def test_an_object_that_is_not_there_is_refused_with_its_url(s3: Server) -> None:
    with pytest.raises(
        Refused, match=r"^s3://bucket/none: the store answers 404 Not Found \(NoSuchKey: [^<]*\); check"
    ):
        bucket(BUCKET).read("none")


def test_so_is_a_bucket(s3: Server) -> None:
    with pytest.raises(Refused, match=r"^s3://absent/: the store answers 404 Not Found \(NoSuchBucket: .*AWS_"):
        list(bucket("s3://absent").listed(""))


def test_what_the_environment_lacks_is_said() -> None:
    with pytest.raises(
        PipelineError, match=r"^az://box: .*Account must be specified; check .*AZURE_STORAGE_ACCOUNT_NAME"
    ):
        bucket("az://box")


def test_what_is_no_answer_of_a_store_is_not_made_one() -> None:
    assert explained("s3://x", Exception("Invalid JSON in log record")) is None


def test_an_answer_that_means_later_is_no_fault_of_the_command() -> None:
    error = explained("s3://x", Exception("status code: 503 Service Unavailable: <Code>SlowDown</Code>"))

    assert not isinstance(error, UsageError)
    assert (
        str(error)
        == "s3://x: the store answers 503 Service Unavailable (SlowDown); run the same command again when it answers"
    )
