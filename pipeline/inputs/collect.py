"""A running service's profiles, fetched again and again into files, each whole or not there at all."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from pipeline.errors import PipelineError, UsageError
from pipeline.files import written_beside
from pipeline.inputs.web import fetch, is_web, shown

_PPROF = "/debug/pprof"
# Of Go's parameters those that make another profile of it; anything else in a query may be a key.
_PARAMETER = re.compile(r"[?&]((?:seconds|debug|gc)=[0-9.]+)")
_ENDINGS = {r"trace\b": ".trace", r"(metrics|.*-debug-[12])\b": ".txt", r"vars\b": ".json"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Target:
    """What is fetched, and the folder it goes to; `kind` begins the names of the files."""

    url: str
    kind: str
    folder: Path


def targets(urls: Sequence[str], *, kinds: Sequence[str], into: str, labels: Mapping[str, str]) -> list[Target]:
    """What to fetch of each service: the URL of a profile as it is, of anything else its profiles of some kinds.

    The folder says the labels, as `key=value` parts; of what has no label `instance` the host and port are that.
    Raises UsageError for what is no URL of a service.
    """
    found = []
    for url in urls:
        parts = urlsplit(url)
        if not is_web(url) or not parts.hostname:
            raise UsageError(f"{url}: a service is fetched from at http:// or https://; a file needs no collecting")
        named = {**labels, "instance": labels.get("instance", parts.netloc.rpartition("@")[2])}
        folder = Path(into, *(f"{key}={quote(value, safe=':')}" for key, value in named.items()))
        path = parts.path.rstrip("/")
        if path and not path.endswith(_PPROF):
            found.append(Target(url, _kind(url), folder))
        else:
            base = url.rstrip("/").removesuffix(_PPROF)
            found += [Target(f"{base}{_PPROF}/{kind}", _kind(kind), folder) for kind in kinds]
    return list(dict.fromkeys(found))


async def collect(
    wanted: Sequence[Target],
    *,
    every: float,
    lasting: float | None,
    fetched: Callable[[str], None],
    failed: Callable[[str, str], None],
) -> None:
    """Fetch each target at once and then every so many seconds, side by side, for so long or for ever.

    fetched  told the path of each new file
    failed   told the URL and the reason of each fetch that came to nothing; the next is tried all the same
    """
    await asyncio.gather(
        *(_follow(target, every=every, lasting=lasting, fetched=fetched, failed=failed) for target in wanted)
    )


async def _follow(
    target: Target,
    *,
    every: float,
    lasting: float | None,
    fetched: Callable[[str], None],
    failed: Callable[[str, str], None],
) -> None:
    async for _ in _moments(every, lasting):
        try:
            fetched(await _fetched(target))
        except (PipelineError, OSError) as error:
            failed(shown(target.url), str(error))


async def _moments(every: float, lasting: float | None) -> AsyncIterator[None]:
    """Now, and then every so many seconds; of those that pass while something takes longer the last is made up for."""
    started = time.monotonic()
    number = 0
    while lasting is None or number * every <= lasting:
        await asyncio.sleep(max(0.0, started + number * every - time.monotonic()))
        yield
        number = max(number + 1, int((time.monotonic() - started) / every))


async def _fetched(target: Target) -> str:
    """Fetch one profile; returns the path of its file, which is named by its kind and by when it was asked for."""
    asked_at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    path = target.folder / f"{target.kind}-{asked_at}Z{_ending(target)}"
    target.folder.mkdir(parents=True, exist_ok=True)
    with written_beside(path) as draft, open(draft, "wb") as file:
        await fetch(target.url, file.write)
    return str(path)


def _kind(url: str) -> str:
    """What a URL asks for, fit for a file's name."""
    name = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return _UNSAFE.sub("-", "-".join([name, *_PARAMETER.findall(url)])) or "profile"


def _ending(target: Target) -> str:
    """For people: what a file is, its content says."""
    for kind, ending in _ENDINGS.items():
        if re.match(kind, target.kind):
            return ending
    return ".pb.gz"
