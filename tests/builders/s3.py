"""A real S3 server, moto's, as a process of its own; `python -m tests.builders.s3 LOG` prints its port and serves.

It keeps what conditional puts promise, and writes down every request: a line with method and path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pipeline.buckets import bucket

_ROOT = Path(__file__).parents[2]
BUCKET = "s3://bucket"


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


def _serve(log: str) -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    answer = DomainDispatcherApplication(create_backend_app)
    with open(log, "a", buffering=1) as told:

        def noted(environ, start_response):  # type: ignore[no-untyped-def]
            told.write(f"{environ['REQUEST_METHOD']} {unquote(environ['PATH_INFO'])}\n")
            return answer(environ, start_response)

        server = make_server("127.0.0.1", 0, noted, threaded=True)
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
