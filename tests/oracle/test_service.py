"""A running Go service with net/http/pprof: what it serves is collected, read as an INPUT, and told as Go's own tool tells it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.seat import command, environment, heapscape
from tests.oracle import toolchain

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("service")]

KINDS = (
    *("heap", "allocs", "goroutine", "mutex", "block", "threadcreate", "goroutineleak"),
    *("profile?seconds=1", "trace?seconds=1", "heap?seconds=1"),
    *("heap?debug=1", "allocs?debug=1", "mutex?debug=1", "block?debug=1", "threadcreate?debug=1"),
    *("goroutine?debug=1", "goroutine?debug=2"),
)
HELD = """
SELECT 'profile' AS kept, kind, format, COUNT(*) AS n FROM profile JOIN source USING (source_id) GROUP BY kind, format
UNION ALL
SELECT 'dump', NULL, format, COUNT(*) FROM source WHERE format NOT IN ('pprof', 'legacy', 'gotrace') GROUP BY format
"""


@contextmanager
def running() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    program = toolchain.overlay_build("serves")
    with subprocess.Popen([program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        assert service.stdout is not None
        try:
            yield f"http://{service.stdout.readline().strip()}", service
        finally:
            service.kill()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with running() as (url, _):
        yield url


def test_every_profile_of_a_service_is_collected_and_run_shows_where_its_heap_grew(service: str) -> None:
    kinds = [word for kind in KINDS for word in ("--kind", kind)]
    labels = ("--label", "service=shop", "--label", "build=1")

    seen = heapscape("collect", service, "--every", "2s", "--for", "2s", *labels, *kinds)
    vars_ = heapscape("collect", f"{service}/debug/vars", "--for", "0s", *labels)

    assert (seen.code, vars_.code) == (0, 0), seen.err + vars_.err
    assert len(seen.out.split()) == 2 * len(KINDS)
    ran = heapscape("run", "profiles", "--lake", "lake", "--db", "h.duckdb", "--format", "json")
    assert ran.code == 0, ran.err
    grown = [row for row in ran.json() if row["service"] == "shop"]
    assert any("main.grow" in str(row) and row["growth_bytes"] > 1 << 20 for row in grown), ran.out
    held = heapscape("sql", HELD, "--db", "h.duckdb", "--format", "json").json()
    found = {(row["kept"], row["kind"] or row["format"]): row["n"] for row in held if row["format"] != "legacy"}
    profiles = ("allocs", "goroutine", "mutex", "block", "threadcreate", "goroutineleak", "cpu", "trace")
    assert {name: found.get(("profile", name)) for name in profiles} == dict.fromkeys(profiles, 2)
    assert (found["profile", "heap"], found["dump", "goroutines"], found["dump", "memstats"]) == (4, 2, 1)
    assert heapscape("sql", "FROM source WHERE status = 'refused'", "--db", "h.duckdb", "--format", "json").json() == []


@pytest.mark.parametrize("flags", [[], ["-cum"], ["-alloc_space", "-nodecount=5"]])
def test_top_of_a_url_is_what_go_prints_of_the_url_and_of_the_file(service: str, flags: list[str]) -> None:
    url = f"{service}/fixed/heap"
    heapscape("collect", url, "--for", "0s", "--out", "fixed")
    (file,) = Path("fixed").rglob("*.pb.gz")

    ours = heapscape("top", url, *flags)

    assert ours.code == 0, ours.err
    told = toolchain.run_go(["tool", "pprof", "-top", *flags, file], extra={"TZ": "UTC"})
    assert ours.answer.decode() == told
    assert toolchain.run_go(["tool", "pprof", "-top", *flags, url], extra={"TZ": "UTC"}) == told


def test_a_redirect_is_followed_and_a_password_of_the_url_is_sent_and_written_down_nowhere(service: str) -> None:
    guarded = service.replace("http://", "http://me:s3cret@") + "/guarded/heap"

    assert heapscape("top", f"{service}/moved").code == 0
    assert heapscape("top", guarded).code == 0
    assert heapscape("run", guarded, "--lake", "lake", "--db", "h.duckdb").code == 0
    collected = heapscape("collect", guarded, "--for", "0s")
    assert collected.code == 0
    assert "s3cret" not in collected.out + collected.err
    for path in (path for path in Path().rglob("*") if path.is_file()):
        assert b"s3cret" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/guarded/heap", "401 Unauthorized: who are you; give the URL a name and a password"),
        ("/bad/nothing", "404 Not Found: 404 page not found; check the URL"),
        ("/bad/500", "500 Internal Server Error: on fire; try again"),
        ("/bad/circle", "TooManyRedirects"),
        ("/bad/short", "peer closed connection without sending complete message body"),
        ("/bad/half", "cut off at byte"),
        ("/bad/endless", "stopped after 2,147,483,648 bytes"),
    ],
)
def test_what_is_no_whole_profile_is_refused_in_one_line_with_the_reason(service: str, path: str, said: str) -> None:
    seen = heapscape("ingest", f"{service}{path}", "--lake", "lake")

    assert seen.code == 3
    assert said in seen.err
    assert "Traceback" not in seen.err
    assert seen.err.count("\n") == 2


@pytest.mark.slow
def test_a_service_that_never_answers_is_left_after_a_minute(service: str) -> None:
    seen = heapscape("ingest", f"{service}/bad/silent", "--lake", "lake")

    assert (seen.code, "ReadTimeout" in seen.err) == (3, True), seen.err


def test_a_service_that_dies_in_the_middle_leaves_whole_files_that_run_reads() -> None:
    with running() as (url, service):
        words = command("collect", url, "--every", "1s", "--for", "6s", "--label", "service=shop")
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True
        ) as at:
            assert at.stdout is not None
            files = [at.stdout.readline().strip() for _ in range(2)]
            # It has begun an answer when it ends.
            broken = heapscape("ingest", f"{url}/bad/dies", "--lake", "broken")
            assert service.wait(30) == 7
            out, err = at.communicate(timeout=100)

    assert (broken.code, "peer closed connection" in broken.err) == (3, True), broken.err
    files += out.split()
    assert at.returncode == 1
    assert "Connection refused" in err
    assert sorted(files) == sorted(str(path) for path in Path("profiles").rglob("*") if path.is_file())
    ran = heapscape("run", "profiles", "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.json()
