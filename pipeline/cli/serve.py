"""heapscape serve: the database in a browser, and for Grafana."""

from __future__ import annotations

import logging
import os
import socket
from errno import errorcode
from importlib.util import find_spec

import click

from pipeline import config
from pipeline.cli.console import say
from pipeline.cli.options import Finite, Place, database_option, resource_options
from pipeline.errors import UsageError, of_system
from pipeline.source_code import Places
from pipeline.warehouse.serving import Serving

_NEEDED = ("prometheus_client", "starlette", "uvicorn")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What a queue of connections holds before the next is turned away.
_WAITING = 256


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
    "hostnames",
    multiple=True,
    metavar="NAME",
    help="A further name that requests may call this server by, as in http://NAME/.",
)
@click.option(
    "--time-limit",
    type=Finite(min=0.1),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one question may take.",
)
@click.option(
    "--source",
    "folders",
    multiple=True,
    metavar="DIR",
    type=Place(),
    help="A folder of source: growth shows the lines of a site, with what each holds; repeat for several.",
)
@click.option(
    "--trim-path",
    "prefixes",
    multiple=True,
    metavar="PREFIX",
    help="What file names begin with where the program was built, and not below --source.",
)
@resource_options
def serve(
    db: str,
    listen: str,
    port: int,
    hostnames: tuple[str, ...],
    time_limit: float,
    folders: tuple[str, ...],
    prefixes: tuple[str, ...],
    memory: str,
    threads: int | None,
) -> None:
    """Show the database in a browser, and answer Grafana; read-only.

    A load that is published meanwhile is picked up with the next request. Elsewhere than on this machine every request has to say a
    token, which the environment variable HEAPSCAPE_TOKEN holds. In Grafana, add a data source of the type Grafana Pyroscope with
    this address.

    \b
      heapscape serve
      heapscape serve --db fleet.duckdb --port 8080
      heapscape serve --source ~/src/checkout --source "$(go env GOROOT)/src"
      HEAPSCAPE_TOKEN=... heapscape serve --listen 0.0.0.0 --hostname profiles.example
    """
    if listen not in _LOOPBACK and not config.token():
        raise UsageError(
            f"--listen {listen}: others can reach that, so a token is required; put one into {config.TOKEN}"
        )
    for folder in folders:
        if not os.path.isdir(folder):
            raise UsageError(f"--source {folder}: the folder does not exist; name one with source in it")
    if prefixes and not folders:
        raise UsageError("--trim-path says what to take off names of files below --source; name a folder with it")
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise UsageError(f"serve needs {', '.join(missing)}, which is not installed; install heapscape[serve]")
    serving = Serving(db, threads=threads, memory=memory, limit_s=time_limit)
    with serving.question():
        # What is wrong with the file is told before anything listens.
        pass
    with _listening(listen, port) as listener:
        name = "localhost" if listen in _LOOPBACK else listen
        say(f"{db} is at http://{name}:{listener.getsockname()[1]}/; Ctrl-C ends it")
        sources = Places(folders, prefixes, is_confined=True) if folders else None
        _run(serving, listener, is_local=listen in _LOOPBACK, hostnames=hostnames, sources=sources)


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=_WAITING)
    except OSError as error:
        if error.errno is None or error.errno not in errorcode:
            # Of looking up the name.
            raise UsageError(f"--listen {address}: no address of this machine; name one, such as 127.0.0.1") from error
        plain = OSError(error.errno, os.strerror(error.errno))
        raise of_system(plain, where=f"--listen {address} --port {port}", doing="cannot be listened at") from error


def _run(
    serving: Serving, listener: socket.socket, *, is_local: bool, hostnames: tuple[str, ...], sources: Places | None
) -> None:
    # Here, because they take a while to import, and may not be there.
    import uvicorn

    from pipeline.server.app import application
    from pipeline.server.connections import Prompt
    from pipeline.server.guard import LOOPBACK

    hosts = (*LOOPBACK, *(name.lower() for name in hostnames)) if is_local or hostnames else ()
    settings = uvicorn.Config(
        application(serving, hosts=hosts, token=config.token(), sources=sources),
        http=Prompt,
        log_level="error",
        access_log=False,
        server_header=False,
        # Of a client that sends nothing more.
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        limit_concurrency=_WAITING,
    )
    # Who still waits at the end is told so, and nobody else needs to be.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not record.getMessage().startswith("Cancel "))
    uvicorn.Server(settings).run(sockets=[listener])
