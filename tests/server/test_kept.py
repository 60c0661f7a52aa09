"""Answers that are kept."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from pipeline.server import kept
from pipeline.server.kept import Kept
from pipeline.warehouse.load import load
from tests.server.conftest import served

Asked = Callable[..., Awaitable[list[Message]]]


class Work:
    """An application that counts what it does, and does it when it may."""

    def __init__(self, body: bytes = b"answer", *, pieces: int = 1, status: int = 200) -> None:
        self.answers = 0
        self.may = asyncio.Event()
        self.may.set()
        self.body, self.pieces, self.status = body, pieces, status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.answers += 1
        await self.may.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        for left in range(self.pieces - 1, -1, -1):
            await send({"type": "http.response.body", "body": self.body, "more_body": left > 0})


class Nowhere(Exception):
    pass


async def receive() -> Message:
    raise AssertionError("nothing is sent")


async def asked(app: Kept, path: str = "/growth", *, method: str = "GET", **headers: str) -> list[Message]:
    """What a client is told."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    names = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": names}
    await app(scope, receive, send)
    return told


def body(told: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in told)


def header(told: list[Message], name: str) -> str:
    return dict(told[0]["headers"]).get(name.encode(), b"").decode()


def test_the_same_address_is_answered_from_memory_until_the_database_is_another() -> None:
    state = ["first"]

    async def scenario() -> tuple[int, int, int]:
        work = Work()
        app = Kept(work, lambda: state[0])
        assert body(await asked(app)) == body(await asked(app)) == b"answer"
        once = work.answers
        state[0] = "second"
        await asked(app)
        other = work.answers
        await asked(app, "/flame")
        return once, other, work.answers

    assert asyncio.run(scenario()) == (1, 2, 3)


def test_who_has_the_answer_is_told_so_without_a_question() -> None:
    async def scenario() -> tuple[int, int]:
        work = Work()
        app = Kept(work, lambda: "state")
        tag = header(await asked(app), "etag")
        told = await asked(app, if_none_match=f'"other", {tag}')
        assert (body(told), header(told, "etag"), header(told, "cache-control")) == (b"", tag, "private, no-cache")
        assert (await asked(app, if_none_match='W/"other"'))[0]["status"] == 200
        return told[0]["status"], work.answers

    assert asyncio.run(scenario()) == (304, 1)


def test_what_many_ask_at_once_is_worked_out_once() -> None:
    async def scenario() -> tuple[int, set[bytes]]:
        work = Work()
        work.may.clear()
        app = Kept(work, lambda: "state")
        asking = [asyncio.create_task(asked(app)) for _ in range(20)]
        await asyncio.sleep(0)
        work.may.set()
        return work.answers, {body(told) for told in await asyncio.gather(*asking)}

    assert asyncio.run(scenario()) == (1, {b"answer"})


def test_who_waits_is_not_held_up_by_who_reads_slowly() -> None:
    async def scenario() -> bytes:
        work = Work()
        work.may.clear()
        app = Kept(work, lambda: "state")

        async def never(message: Message) -> None:
            await asyncio.Event().wait()

        scope = {"type": "http", "method": "GET", "path": "/growth", "query_string": b"", "headers": []}
        slow = asyncio.ensure_future(app(scope, receive, never))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(asked(app))
        await asyncio.sleep(0)
        work.may.set()
        told = await asyncio.wait_for(waiting, 5)
        slow.cancel()
        return body(told)

    assert asyncio.run(scenario()) == b"answer"


def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    async def scenario() -> tuple[list[int], int]:
        work = Work(status=400)
        work.may.clear()
        app = Kept(work, lambda: "state")
        asking = [asyncio.create_task(asked(app)) for _ in range(3)]
        await asyncio.sleep(0)
        work.may.set()
        told = await asyncio.gather(*asking)
        assert [header(one, "etag") for one in told] == [""] * 3
        await asked(app)
        return [one[0]["status"] for one in told], work.answers

    assert asyncio.run(scenario()) == ([400, 400, 400], 2)


def test_a_page_that_breaks_leaves_nobody_waiting() -> None:
    async def scenario() -> list[type[BaseException]]:
        begun = asyncio.Event()

        async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
            await begun.wait()
            raise Nowhere

        app = Kept(breaks, lambda: "state")
        asking = [asyncio.create_task(asked(app)) for _ in range(3)]
        await asyncio.sleep(0)
        begun.set()
        ended = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 5)
        return [type(one) for one in ended if isinstance(one, BaseException)]

    assert asyncio.run(scenario()) == [Nowhere] * 3


def test_a_large_answer_goes_out_as_it_is_made_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LARGEST_BYTES", 25)

    async def scenario() -> tuple[int, bytes]:
        work = Work(b"0123456789", pieces=5)
        app = Kept(work, lambda: "state")
        told = await asyncio.gather(*(asked(app) for _ in range(2)))
        assert body(told[1]) == body(told[0])
        return work.answers, body(told[0])

    assert asyncio.run(scenario()) == (2, b"0123456789" * 5)


def test_what_was_not_asked_for_the_longest_time_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 3 * (2048 + 10))

    async def scenario() -> list[int]:
        work = Work(b"0123456789")
        app = Kept(work, lambda: "state")
        needed = []
        for path in ("/a", "/b", "/c", "/a", "/d", "/a", "/b"):
            before = work.answers
            await asked(app, path)
            needed.append(work.answers - before)
        return needed

    assert asyncio.run(scenario()) == [1, 1, 1, 0, 1, 0, 1]


def test_nothing_is_held_of_a_state_that_is_no_more() -> None:
    state = ["first"]

    async def scenario() -> list[int]:
        app = Kept(Work(), lambda: state[0])
        held = []
        for state[0] in ("first", "first", "second"):
            await asked(app, f"/{len(held)}")
            held.append(app._bytes)
        return held

    once, twice, after = asyncio.run(scenario())
    assert (twice, after) == (2 * once, once)


def test_it_is_at_rest_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_AHEAD_BYTES", 2048)

    async def scenario() -> list[tuple[bool, bool]]:
        work = Work()
        app = Kept(work, lambda: "state")
        told = [(app.is_at_rest(), app.has_room())]
        work.may.clear()
        waiting = asyncio.create_task(asked(app))
        await asyncio.sleep(0.01)
        told.append((app.is_at_rest(), app.has_room()))
        work.may.set()
        await waiting
        return [*told, (app.is_at_rest(), app.has_room())]

    assert asyncio.run(scenario()) == [(True, True), (False, True), (True, False)]


@pytest.mark.parametrize(("path", "method"), [("/ready", "GET"), ("/pyroscope/render", "GET"), ("/query.json", "POST")])
def test_what_depends_on_more_than_the_address_is_not_kept(path: str, method: str) -> None:
    async def scenario() -> int:
        work = Work()
        app = Kept(work, lambda: "state")
        for _ in range(2):
            assert header(await asked(app, path, method=method), "etag") == ""
        return work.answers

    assert asyncio.run(scenario()) == 2


def test_a_browser_is_told_an_error_as_a_page_and_a_program_as_a_line(client: httpx.Client) -> None:
    for _ in range(2):
        assert client.get("/growth?series=none", headers={"accept": "text/html"}).text.startswith("<!DOCTYPE html>")
        assert client.get("/growth?series=none", headers={"accept": "*/*"}).text.startswith("heapscape: ")


def test_a_load_that_is_published_changes_what_is_told(tmp_path: Path, database: Path) -> None:
    path = tmp_path / "d.duckdb"
    shutil.copyfile(database, path)
    with served(path) as asking:
        first = asking.get("/data/profile.json")
        again = asking.get("/data/profile.json", headers={"if-none-match": first.headers["etag"]})
        path.unlink()
        load(str(path), lake="other", batch=1, files={})
        other = asking.get("/data/profile.json", headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert (other.status_code, other.json()) == (200, [])


def test_an_answer_is_kept_for_those_who_take_it_compressed_and_for_others(client: httpx.Client) -> None:
    for _ in range(2):
        packed = client.get("/views", headers={"accept-encoding": "gzip"})
        plain = client.get("/views", headers={"accept-encoding": "identity"})
        assert (packed.headers.get("content-encoding"), plain.headers.get("content-encoding")) == ("gzip", None)
        assert packed.text == plain.text
