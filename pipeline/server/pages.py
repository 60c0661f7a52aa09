"""HTML for people: one function a page, each a few questions and a template."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipeline.outputs.web import render
from pipeline.outputs.wording import rows_of
from pipeline.resources import asset
from pipeline.warehouse import server_questions

NAVIGATION: Final = (("/", "Overview"),)
_ASSETS: Final = {"css": "text/css", "js": "text/javascript"}


def routes() -> list[Route]:
    """Every page, and what pages are made of."""
    return [Route("/", _overview), Route("/assets/{name}", _asset)]


def _page(request: Request, template: str, *, scripts: tuple[str, ...] = (), **values: object) -> Response:
    return HTMLResponse(render(template, here=request.url.path, navigation=NAVIGATION, scripts=scripts, **values))


def _overview(request: Request) -> Response:
    with request.app.state.serving.question() as connection:
        services = rows_of(server_questions.services(connection))
        inputs = rows_of(server_questions.inputs_by_status(connection))
    return _page(request, "overview.html", services=services, inputs=inputs, headline="")


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    media = _ASSETS.get(name.rpartition(".")[2])
    if media is None or not name.replace("-", "").replace(".", "").replace("_", "").isalnum():
        raise HTTPException(404, "no such asset")
    try:
        text = asset(name)
    except FileNotFoundError:
        raise HTTPException(404, "no such asset") from None
    return Response(text, media_type=media, headers={"cache-control": "max-age=300"})
