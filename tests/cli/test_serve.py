"""heapscape serve."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ended_amid_queries_it_says_so_to_who_waits_and_nothing_else(demo: Path, sent: signal.Signals) -> None:
    query = "SELECT COUNT(*) FROM range(10_000_000) AS a (i), range(10_000_000) AS b (j) WHERE (a.i * b.j) % 7 = 3"
    head = f"POST /query.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(query)}\r\n\r\n"
    with serving(demo) as (running, url), ExitStack() as held:
        where = ("127.0.0.1", httpx.URL(url).port or 0)
        # Two are run and two wait for them.
        asking = [held.enter_context(socket.create_connection(where, timeout=30)) for _ in range(4)]
        for one in asking:
            one.sendall(f"{head}{query}".encode())
        # What is answered after them was read after them.
        assert httpx.get(f"{url}/ready").is_success
        running.send_signal(sent)
        _, told = running.communicate(timeout=30)
        answers = [one.makefile("rb").read() for one in asking]

    assert told.strip() == b"heapscape: ended"
    assert [answer.split()[1] for answer in answers] == [b"503"] * 4
    assert {answer.rpartition(b"\r\n")[2] for answer in answers} == {b"heapscape: the server was ended\n"}


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
