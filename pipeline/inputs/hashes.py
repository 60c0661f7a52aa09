"""SHA-256 of what was offered, made beside what else is to be done with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

# To begin a thread takes as long as hashing a fifth of this.
_LEAST_BESIDE_BYTES = 1 << 20


def sha256_of(content: bytes) -> str | Future[str]:
    """The digest in hex; of a large file what comes to it, for no table needs it before the file is decoded."""
    if len(content) < _LEAST_BESIDE_BYTES:
        return _hex_digest(content)
    beside = ThreadPoolExecutor(1, thread_name_prefix="sha256")
    made = beside.submit(_hex_digest, content)
    beside.shutdown(wait=False)
    return made


@contextmanager
def sha256_beside(pieces: Iterable[bytes]) -> Iterator[Future[str]]:
    """What comes to the digest in hex of bytes that a thread reads; they must be readable until the block ends.

    Where the block fails the thread stops.
    """
    is_over = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="sha256") as beside:
        try:
            yield beside.submit(_hex_digest_of, pieces, is_over)
        except BaseException:
            is_over.set()
            raise


def _hex_digest_of(pieces: Iterable[bytes], is_over: Event) -> str:
    sha256 = hashlib.sha256()
    for piece in pieces:
        if is_over.is_set():
            break
        sha256.update(piece)
    return sha256.hexdigest()


def _hex_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
