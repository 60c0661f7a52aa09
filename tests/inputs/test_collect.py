"""Profiles of running services, fetched again and again."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.inputs.collect import Target, collect, targets
from tests.builders.web import content, serving


def urls(*given: str, kinds: tuple[str, ...] = ("heap",)) -> list[str]:
    return [target.url for target in targets(given, kinds=kinds, into="out", labels={})]


def test_a_service_stands_for_its_kinds_and_a_profile_for_itself() -> None:
    assert urls("http://a:1", "http://a:1/debug/pprof/", kinds=("heap", "profile?seconds=5")) == [
        "http://a:1/debug/pprof/heap",
        "http://a:1/debug/pprof/profile?seconds=5",
    ]
    assert urls("http://a:1/debug/pprof/allocs?gc=1", "https://a/x/heap.gz") == [
        "http://a:1/debug/pprof/allocs?gc=1",
        "https://a/x/heap.gz",
    ]


def test_labels_become_folders_and_the_host_is_the_instance() -> None:
    (found,) = targets(["http://me:pw@a:1"], kinds=["heap"], into="out", labels={"service": "shop/eu"})

    assert found.folder == Path("out/service=shop%2Feu/instance=a:1")


def test_an_instance_that_is_named_stays() -> None:
    (found,) = targets(["http://a:1"], kinds=["heap"], into="out", labels={"instance": "blue"})

    assert found.folder == Path("out/instance=blue")


@pytest.mark.parametrize("url", ["profiles/", "s3://bucket/heap", "http://", "file:///heap"])
def test_what_is_no_service_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="fetched from at http"):
        urls(url)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/debug/pprof/heap?gc=1&token=abc", "heap-gc-1"),
        ("/debug/pprof/goroutine?debug=2", "goroutine-debug-2"),
        ("/x/..%2F..%2Fetc", "..-2F..-2Fetc"),
    ],
)
def test_a_file_is_named_by_what_was_asked_for_and_by_no_key(path: str, kind: str) -> None:
    (found,) = targets([f"http://a:1{path}"], kinds=["heap"], into="out", labels={})

    assert found.kind == kind


@pytest.mark.parametrize(
    ("path", "ending"),
    [
        ("/debug/pprof/heap?gc=1", ".pb.gz"),
        ("/debug/pprof/threadcreate", ".pb.gz"),
        ("/debug/pprof/trace?seconds=1", ".trace"),
        ("/debug/pprof/goroutine?debug=2", ".txt"),
        ("/debug/vars", ".json"),
        ("/metrics", ".txt"),
    ],
)
def test_a_file_ends_as_people_expect_of_what_is_in_it(tmp_path: Path, path: str, ending: str) -> None:
    files: list[str] = []
    with serving({path: content(b"x")}) as url:
        asyncio.run(
            collect(
                targets([f"{url}{path}"], kinds=[], into=str(tmp_path), labels={}),
                every=1,
                lasting=0,
                fetched=files.append,
                failed=lambda _, why: files.append(why),
            )
        )

    assert [file.rpartition("Z")[2] for file in files] == [ending]


class Enough(Exception):
    """Raised to end what would go on for ever."""


def test_what_fails_is_told_and_the_next_is_tried(tmp_path: Path) -> None:
    asked: list[str] = []
    files: list[str] = []
    failures: list[tuple[str, str]] = []

    def every_other(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        content(b"no", status=503)(handler) if len(asked) % 2 else content(b"yes")(handler)

    def fetched(path: str) -> None:
        files.append(path)
        if len(files) == 2:
            raise Enough

    with serving({"/heap": every_other}) as url:
        target = Target(f"{url}/heap", "heap", tmp_path / "service=a")
        with pytest.raises(Enough):
            asyncio.run(
                collect(
                    [target],
                    every=0.01,
                    lasting=None,
                    fetched=fetched,
                    failed=lambda url, reason: failures.append((url, reason)),
                )
            )

    assert sorted(files) == sorted(map(str, (tmp_path / "service=a").iterdir()))
    assert [Path(file).read_bytes() for file in files] == [b"yes", b"yes"]
    assert failures == [(f"{url}/heap", "the server answers 503 Service Unavailable: no; try again")] * 2


def test_what_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def cut_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    failures: list[str] = []
    with serving({"/heap": cut_off}) as url:
        target = Target(f"{url}/heap", "heap", tmp_path)
        asyncio.run(
            collect([target], every=1, lasting=0, fetched=failures.append, failed=lambda _, why: failures.append(why))
        )

    assert len(failures) == 1
    assert list(tmp_path.iterdir()) == []
