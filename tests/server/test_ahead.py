"""Pages that are made before anybody asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from pipeline.server import ahead, kept
from pipeline.server.app import application
from pipeline.server.kept import Kept
from pipeline.server.pages import NAVIGATION
from pipeline.warehouse.serving import Serving


def test_they_are_what_the_links_of_the_overview_lead_to(database: Path) -> None:
    serving = Serving(str(database))

    found = ahead.addresses(serving)

    serving.close()
    assert ("/growth", "service=checkout") in found
    assert found[:3] == [("/", ""), ("/growth", ""), ("/flame", "")]
    # What anybody may ask is not worked out before somebody does.
    navigation = {path for path, _ in NAVIGATION} - {"/views", "/sql"}
    assert {path for path, query in found if not query} == navigation | {"/metrics"}
    # And what is chosen there, those that grew most first.
    series = [query for path, query in found if path == "/growth" and query.startswith("series=")]
    assert series == [query for path, query in found if path == "/flame" and query.startswith("series=")] != []


def test_they_are_made_when_the_server_starts_and_when_a_load_is_published(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_REST_S", 0.0)
    serving = Serving(str(database))
    app = application(serving)
    states = ["first", "first", "first"]
    asked: list[str] = []

    class State:
        """A database of which loads are published."""

        def identity(self) -> str:
            return states[-1]

        def question(self) -> object:
            return serving.question()

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        start: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"made"})

    async def scenario() -> int:
        state = State()
        making = asyncio.create_task(ahead.make_ahead(app, Kept(page, state.identity), state))  # type: ignore[arg-type]
        while asked.count("/?") < 1 or len(asked) < 4:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        once = asked.count("/?")
        states.append("second")
        while asked.count("/?") < 2:
            await asyncio.sleep(0.01)
        making.cancel()
        return once

    assert asyncio.run(scenario()) == 1
    assert "/growth?service=checkout" in asked
    serving.close()


@pytest.mark.parametrize(("room", "made"), [(1, 1), (10_000, 3)])
def test_so_many_are_made_as_there_is_room_for(
    database: Path, monkeypatch: pytest.MonkeyPatch, room: int, made: int
) -> None:
    monkeypatch.setattr(ahead, "_REST_S", 0.0)
    monkeypatch.setattr(kept, "_AHEAD_BYTES", room)
    monkeypatch.setattr(ahead, "addresses", lambda serving: [("/", ""), ("/flame", ""), ("/growth", "series=1")])
    asked: list[str] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"made"})

    async def scenario() -> None:
        serving = Serving(str(database))
        making = asyncio.create_task(ahead.make_ahead(application(serving), Kept(page, serving.identity), serving))
        # Nor are they made again.
        await asyncio.sleep(0.3)
        making.cancel()
        serving.close()

    asyncio.run(scenario())
    assert len(asked) == made


def test_they_wait_for_people(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_REST_S", 0.0)
    monkeypatch.setattr(ahead, "addresses", lambda serving: [("/flame", "")])
    asked: list[str] = []

    async def scenario() -> None:
        may = asyncio.Event()

        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            asked.append(scope["path"])
            await may.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"made"})

        serving = Serving(str(database))
        app = Kept(page, serving.identity)
        person = asyncio.create_task(app(ahead._scope(application(serving), "/", ""), ahead._nothing, ahead._unheard))
        await asyncio.sleep(0)
        making = asyncio.create_task(ahead.make_ahead(application(serving), app, serving))
        await asyncio.sleep(0.3)
        asked.append("person is told")
        may.set()
        while len(asked) < 3:
            await asyncio.sleep(0.01)
        making.cancel()
        await person
        serving.close()

    asyncio.run(scenario())
    assert asked == ["/", "person is told", "/flame"]


def test_who_asks_first_is_told_what_was_made_ahead(database: Path) -> None:
    serving = Serving(str(database))
    app: Starlette = application(serving)

    async def scenario() -> tuple[int, int]:
        app.middleware_stack = app.build_middleware_stack()
        of_app = app.state.kept
        for path, query in ahead.addresses(serving):
            await of_app(ahead._scope(app, path, query), ahead._nothing, ahead._unheard)
        return len(of_app._answers), sum(answer[0]["status"] == 200 for answer in of_app._answers.values())

    count, whole = asyncio.run(scenario())
    serving.close()

    assert count == whole >= 5
