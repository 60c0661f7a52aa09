"""heapscape collect: fetch profiles of running services."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import click

from pipeline.cli.console import answer, say
from pipeline.cli.moments import Age
from pipeline.cli.options import Place, label_option
from pipeline.inputs.collect import collect as fetch_again
from pipeline.inputs.collect import targets

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SOME_FAILED = 1
_NOTHING_DONE = 3


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--every", type=Age(), default="30s", show_default=True, metavar="TIME", help="How often.")
@click.option("--for", "lasting", type=Age(), metavar="TIME", help="For how long; until Ctrl-C when not given.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    default=("heap",),
    show_default=True,
    metavar="KIND",
    help="What to fetch where URL names no profile: heap, allocs, goroutine, 'profile?seconds=10', ... Repeat for more.",
)
@click.option("--out", type=Place(), default="profiles", show_default=True, metavar="DIR", help="Where files go.")
@label_option
def collect(
    urls: tuple[str, ...],
    every: timedelta,
    lasting: timedelta | None,
    kinds: tuple[str, ...],
    out: str,
    labels: dict[str, str],
) -> int:
    """Fetch profiles of running Go services, again and again, into a folder fit for `heapscape run`.

    A URL is a service with net/http/pprof (http://host:6060), of which the kinds are fetched, or one of its profiles.
    Labels become folders, `instance` the host and port. A fetch that fails is told, and the next one tried.

    \b
      heapscape collect http://localhost:6060 --for 10m --label service=checkout
      heapscape run profiles
    """
    if not every:
        raise click.BadParameter("0 is no time; 1s is the shortest", param_hint="--every")
    wanted = targets(urls, kinds=kinds, into=out, labels=labels)
    failures: list[str] = []
    files: list[str] = []

    def fetched(path: str) -> None:
        files.append(path)
        answer(path)

    def failed(url: str, reason: str) -> None:
        failures.append(url)
        say(f"  failed: {url}: {reason}")

    try:
        work = fetch_again(
            wanted,
            every=every.total_seconds(),
            lasting=lasting.total_seconds() if lasting is not None else None,
            fetched=fetched,
            failed=failed,
        )
        asyncio.run(_until_signalled(work))
    finally:
        say(f"{len(files):,} file{'s' if len(files) != 1 else ''} in {out}, {len(failures):,} failed")
    if not failures:
        return 0
    return _SOME_FAILED if files else _NOTHING_DONE


async def _until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Let a signal cancel the work, and answer it as other commands do once that has ended.

    An exception that a handler raises in one task leaves the loop before the others have removed their drafts.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in heard:
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not received:
            raise
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
    if received:
        signal.raise_signal(received[0])
