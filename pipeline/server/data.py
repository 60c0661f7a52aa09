"""Every table and view by name, and any query, as rows.

/data/heap.series.json?service=checkout&order=-growth_bytes&limit=10 and /query.csv?q=FROM+profile, or POST of the query.
A parameter that is called like a column keeps the rows that have this value.
"""

from __future__ import annotations

import io
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.lake.parquet import save
from pipeline.outputs import tabular
from pipeline.server import question_of_others
from pipeline.server.lanes import OTHERS, of_others, run
from pipeline.values import Answer
from pipeline.warehouse.query import answer, named_rows

MAX_ROWS: Final = 1_000_000
_MEDIA: Final[Mapping[str, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_IN_MEMORY_BYTES: Final = 4 << 20
_PIECE_BYTES: Final = 1 << 16


def routes() -> list[Route]:
    """Views by name and queries, each in the formats of its address' end."""
    return [
        Route("/data/{name}.{format}", of_others(_named)),
        Route("/query.{format}", _query, methods=["GET", "POST"]),
    ]


def _named(request: Request) -> Response:
    asked = dict(request.query_params)
    limit = _limit(asked.pop("limit", str(MAX_ROWS)))
    order = [part for part in asked.pop("order", "").split(",") if part]
    name, format = request.path_params["name"], request.path_params["format"]
    with question_of_others(request) as connection:
        return _written(named_rows(connection, name, where=asked, order=order, limit=limit), format)


async def _query(request: Request) -> Response:
    query = request.query_params.get("q", "")
    if request.method == "POST":
        query = (await request.body()).decode("utf-8", "replace")
    return await run(request, OTHERS, _answered, request, query, request.path_params["format"])


def _answered(request: Request, query: str, format: str) -> Response:
    with question_of_others(request) as connection:
        return _written(answer(connection, query), format)


def _limit(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(MAX_ROWS)) or not 0 < int(text) <= MAX_ROWS:
        raise QueryError(f"limit={text}: not a number from 1 to {MAX_ROWS:,}")
    return int(text)


def _written(found: Answer, format: str) -> Response:
    """The answer, whole before the first of it goes out: what fails half-way is an error, not half of an answer."""
    if format not in _MEDIA:
        raise HTTPException(404, f"{format}: not a format that there is; choose one of {', '.join(_MEDIA)}")
    first = replace(found, batches=_first(found.batches))
    if format == "parquet":
        with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as file:
            path = Path(file.name)
        try:
            save(first, str(path))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        file_response = FileResponse(path, media_type=_MEDIA[format], filename=f"{found.name}.parquet")
        return _with(file_response, partial(path.unlink, missing_ok=True))
    content: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        sink = io.TextIOWrapper(content, encoding="utf-8", newline="\n", write_through=True)
        tabular.stream(first, sink, format=format)
        sink.detach()
        content.seek(0)
    except BaseException:
        content.close()
        raise
    return _with(StreamingResponse(_pieces(content), media_type=_MEDIA[format]), content.close)


def _with(response: Response, give_up: Callable[[], object]) -> Response:
    """The response, with which its file goes: sent, refused for its range, broken off, or never begun as the client had gone."""
    weakref.finalize(response, give_up)
    return response


def _first(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """No more rows than are given out."""
    left = MAX_ROWS
    for batch in batches:
        yield batch.slice(0, left)
        left -= batch.num_rows
        if left < 0:
            raise QueryError(f"the answer has more than {MAX_ROWS:,} rows; ask for less, with LIMIT or GROUP BY")


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(_PIECE_BYTES):
        yield piece
