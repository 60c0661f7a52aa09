"""A real S3 server, moto's, as a process of its own; `python -m tests.builders.s3 LOG` prints its port and serves.

It keeps what conditional puts promise, and writes down every request: a line with method and path. File LOG.hold, with a number and a
path, holds every write below the path but the first so many: HELD is written down, and it is never done.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pipeline.buckets import bucket

_ROOT = Path(__file__).parents[2]
BUCKET = "s3://bucket"
_WRITES = ("PUT", "POST", "DELETE")


@dataclass(frozen=True)
class Server:
    """A server that runs, and the bucket in it."""

    url: str
    log: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What a person would have in the environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }

    def requests(self) -> list[str]:
        """What was asked so far, such as `GET /bucket/profiles/heap.pb.gz`."""
        return self.log.read_text().splitlines()

    @contextmanager
    def holding(self, below: str, *, after: int) -> Iterator[None]:
        """Hold what would be written below a path of the bucket, but for the first so many writes."""
        hold = _hold(self.log)
        draft = hold.with_suffix(".draft")
        draft.write_text(f"{after} /bucket/{below}")
        draft.rename(hold)
        try:
            yield
        finally:
            hold.unlink()


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[Server]:
    """A server with an empty bucket, until the block ends."""
    log = folder / "requests"
    command = [sys.executable, "-m", "tests.builders.s3", str(log)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), **more}
    with (
        open(folder / "server.log", "wb") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environment, cwd=_ROOT) as process,
    ):
        assert process.stdout is not None
        port = process.stdout.readline().strip().decode()
        assert port, (folder / "server.log").read_text()
        try:
            yield Server(f"http://127.0.0.1:{port}", log)
        finally:
            process.kill()


def put(folder: Path, key: str) -> None:
    """Put every file of a folder into the bucket, below a key."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            bucket(BUCKET).put(f"{key}/{path.relative_to(folder).as_posix()}", memoryview(path.read_bytes()))


def _hold(log: Path) -> Path:
    return log.with_suffix(".hold")


class _Gate:
    """Counts writes while there is a file that says which to hold."""

    def __init__(self, hold: Path) -> None:
        self._hold = hold
        self._lock = threading.Lock()
        self._told, self._passed = "", 0

    def holds(self, method: str, path: str) -> bool:
        try:
            told = self._hold.read_text()
        except FileNotFoundError:
            self._told = ""
            return False
        most, below = told.split(" ", 1)
        # A removal of many names none in its path.
        if method not in _WRITES or not path.startswith((below, "/bucket") if method == "POST" else below):
            return False
        with self._lock:
            if told != self._told:
                self._told, self._passed = told, 0
            self._passed += 1
            return self._passed > int(most)

    def wait(self) -> None:
        while self._hold.exists():
            time.sleep(0.01)


def _serve(log: str) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    answer, gate = DomainDispatcherApplication(create_backend_app), _Gate(_hold(Path(log)))
    with open(log, "a", buffering=1) as told:

        def noted(environ, start_response):  # type: ignore[no-untyped-def]
            method, path = environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"])
            if gate.holds(method, path):
                told.write(f"HELD {method} {path}\n")
                gate.wait()
                start_response("503 Service Unavailable", [])
                return [b""]
            told.write(f"{method} {path}\n")
            return answer(environ, start_response)

        server = make_server("127.0.0.1", 0, noted, threaded=True)
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
