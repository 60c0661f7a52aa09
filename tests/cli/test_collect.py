"""`heapscape collect`, as a user runs it against a service."""

from __future__ import annotations

import os
import signal
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

from tests.builders.web import content, serving
from tests.cli.seat import FIRST, LAST, command, environment, heapscape


def test_what_was_collected_is_fit_for_run(tmp_path: Path) -> None:
    left = [LAST.read_bytes(), FIRST.read_bytes()]

    def heap(handler: BaseHTTPRequestHandler) -> None:
        content(left.pop() if len(left) > 1 else left[0])(handler)

    with serving({"/debug/pprof/heap": heap}) as url:
        seen = heapscape("collect", url, "--every", "3s", "--for", "3s", "--label", "service=shop")

    assert (seen.code, seen.err) == (0, "2 files in profiles, 0 failed\n")
    files = seen.out.split()
    assert sorted(files) == sorted(str(path) for path in Path("profiles").rglob("*.pb.gz"))
    assert [Path(file).read_bytes() for file in files] == [FIRST.read_bytes(), LAST.read_bytes()]
    ran = heapscape("run", "profiles", "--format", "json")
    assert ran.code == 0
    assert {site["service"] for site in ran.json()} == {"shop"}


def test_failures_are_told_and_the_exit_code_says_whether_anything_came() -> None:
    with serving({"/debug/pprof/heap": content(b"x")}) as url:
        some = heapscape("collect", url, "--kind", "heap", "--kind", "nothing", "--for", "0s")
        none = heapscape("collect", url, "--kind", "nothing", "--for", "0s")

    told = f"  failed: {url}/debug/pprof/nothing: the server answers 404 Not Found: 404 page not found; check the URL\n"
    assert (some.code, some.err) == (1, f"{told}1 file in profiles, 1 failed\n")
    assert (none.code, none.err) == (3, f"{told}0 files in profiles, 1 failed\n")


def test_ctrl_c_ends_it_and_leaves_nothing_that_is_half(tmp_path: Path) -> None:
    asked = Event()

    def never_whole(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.wfile.flush()
        asked.set()
        handler.rfile.read(1)

    with serving({"/debug/pprof/heap": content(b"whole"), "/debug/pprof/trace": never_whole}) as url:
        words = command("collect", url, "--kind", "heap", "--kind", "trace", "--out", tmp_path / "out")
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
            assert asked.wait(60)
            assert running.stdout is not None
            first = running.stdout.readline()
            os.kill(running.pid, signal.SIGINT)
            _, err = running.communicate(timeout=60)

    assert running.returncode == 130
    assert err.decode() == f"1 file in {tmp_path}/out, 0 failed\n\nheapscape: interrupted\n"
    assert [str(path) for path in (tmp_path / "out").rglob("*") if path.is_file()] == [first.decode().strip()]


def test_a_time_of_nothing_is_refused() -> None:
    seen = heapscape("collect", "http://localhost:1", "--every", "0s")

    assert seen.code == 2
    assert "0 is no time" in seen.err
