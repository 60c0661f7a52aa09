"""SHA-256 of what was offered, made beside what else is to be done with it."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor

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


def _hex_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
