"""heapscape serve: the database in a browser, and for Grafana."""

from __future__ import annotations

import os

import click

from pipeline.cli.console import say
from pipeline.cli.options import database_option, resource_options
from pipeline.errors import UsageError
from pipeline.warehouse.serving import Serving

_TOKEN = "HEAPSCAPE_TOKEN"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command()
@database_option
@click.option(
    "--listen",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen; elsewhere than on this machine a token is required.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=7070, show_default=True, help="The port; 0 takes one that is free."
)
@click.option(
    "--hostname",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A further name that this server is called by, as in http://NAME/.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one question may take.",
)
@resource_options
def serve(
    db: str, listen: str, port: int, hosts: tuple[str, ...], time_limit: float, memory: str, threads: int | None
) -> None:
    """Show the database in a browser, and answer Grafana; read-only.

    A load that is published meanwhile is picked up with the next request. Elsewhere than on this machine every request has to say
    a token, which the environment variable HEAPSCAPE_TOKEN holds. In Grafana, add a data source of the type Grafana Pyroscope
    with this address.

    \b
      heapscape serve
      heapscape serve --db fleet.duckdb --port 8080
      HEAPSCAPE_TOKEN=... heapscape serve --listen 0.0.0.0 --hostname profiles.example
    """
    token = os.environ.get(_TOKEN, "")
    if listen not in _LOOPBACK and not token:
        raise UsageError(f"--listen {listen}: others can reach that, so a token is required; put one into {_TOKEN}")
    try:
        import uvicorn

        from pipeline.server.app import application
        from pipeline.server.guard import LOOPBACK
    except ImportError as error:
        raise UsageError(
            f"serve needs a package that is not installed ({error.name}); install heapscape[serve]"
        ) from error
    serving = Serving(db, threads=threads, memory=memory, limit_s=time_limit)
    with serving.question():
        # What is wrong with the file is told before anything listens.
        pass
    app = application(serving, hosts=(*LOOPBACK, *hosts) if listen in _LOOPBACK or hosts else (), token=token)
    settings = uvicorn.Config(
        app, host=listen, port=port, log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_keep_alive=5, timeout_graceful_shutdown=2, limit_concurrency=256, lifespan="on",
    )  # fmt: skip
    socket = settings.bind_socket()
    where = f"http://{'localhost' if listen in _LOOPBACK else listen}:{socket.getsockname()[1]}/"
    say(f"{db} is at {where}; Ctrl-C ends it")
    uvicorn.Server(settings).run(sockets=[socket])
