"""heapscape serve."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.seat import command, environment, heapscape


@contextmanager
def serving(db: Path, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The command at work, and the address that it says."""
    running = subprocess.Popen(
        command("serve", "--db", db, "--port", "0", *arguments), stderr=subprocess.PIPE, env=environment(**variables)
    )
    try:
        assert running.stderr
        said = running.stderr.readline().decode()
        found = re.fullmatch(rf"{re.escape(str(db))} is at (http://\S+:\d+)/; Ctrl-C ends it\n", said)
        assert found, said
        yield running, found[1]
    finally:
        running.kill()
        running.communicate()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_serves_until_a_signal_ends_it(demo: Path, sent: signal.Signals, code: int) -> None:
    with serving(demo) as (running, url):
        assert httpx.get(f"{url}/ready").text == "ready\n"
        assert "What grew" in httpx.get(url).text
        running.send_signal(sent)

        assert running.wait(30) == code


def test_the_token_is_that_of_the_environment(demo: Path) -> None:
    with serving(demo, HEAPSCAPE_TOKEN="secret") as (_, url):
        assert httpx.get(f"{url}/ready").status_code == 401
        assert httpx.get(f"{url}/ready", headers={"authorization": "Bearer secret"}).status_code == 200


def test_it_answers_to_the_names_it_is_given(demo: Path) -> None:
    with serving(demo, "--hostname", "Profiles.example") as (_, url):
        assert httpx.get(f"{url}/ready", headers={"host": "profiles.example"}).status_code == 200
        assert httpx.get(f"{url}/ready", headers={"host": "other.example"}).status_code == 421


def test_elsewhere_than_on_this_machine_it_wants_a_token(demo: Path) -> None:
    seen = heapscape("serve", "--db", demo, "--listen", "0.0.0.0")

    assert (seen.code, "HEAPSCAPE_TOKEN" in seen.err) == (2, True)


def test_a_port_that_is_taken_is_told(demo: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        seen = heapscape("serve", "--db", demo, "--port", str(port))

    assert seen.code == 2
    assert f"--port {port}: cannot be listened at: Address already in use; something listens there already" in seen.err


def test_an_address_of_no_machine_and_a_database_that_is_not_there_are_told(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPSCAPE_TOKEN", "secret")

    assert "no address of this machine" in heapscape("serve", "--db", demo, "--listen", "nowhere.invalid").err
    assert "nothing.duckdb" in heapscape("serve", "--db", "nothing.duckdb").err


def test_source_is_a_folder_and_what_is_trimmed_is_of_one(demo: Path) -> None:
    assert "does not exist" in heapscape("serve", "--db", demo, "--source", "nowhere").err
    assert "name a folder with it" in heapscape("serve", "--db", demo, "--trim-path", "/build").err
