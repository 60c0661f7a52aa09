"""Object stores: what lies at a URL of S3, Google Cloud Storage or Azure. The only file that knows `obstore`.

Credentials, region and endpoint are what each cloud's own environment variables say; `deltalake`, which is built on the same
library, reads the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from pipeline.errors import PipelineError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES: Final = ("s3", "gs", "az")
_BEGINNINGS: Final = tuple(f"{scheme}://" for scheme in SCHEMES)
# An answer that does not come, or says "later", is asked for again for some seconds, not for the library's three minutes.
_RETRIES = 6
_RETRY_S = 30
# For `deltalake`, which has the same settings as text.
OPTIONS: Final[Mapping[str, str]] = {"max_retries": f"{_RETRIES}", "retry_timeout": f"{_RETRY_S}s"}
_PIECE_BYTES = 8 << 20
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY",
}
_STATUS = re.compile(r"status code: (\d+)([\w ]*)")
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
# Where a cloud's machines are asked for credentials, when the environment has none.
_METADATA = re.compile(r"/latest/(?:api/token|meta-data)|computeMetadata|metadata/identity")
# What the system said, deep in what the library prints of an error.
_SYSTEM = re.compile(r'message: "([^"]+)"|"((?:dns error|failed to lookup)[^"]*)"')


@dataclass(frozen=True, slots=True)
class Object:
    """What a listing says of one object.

    key          its path in the bucket
    version      changes whenever the object does: the ETag, where there is one
    modified_at  seconds since 1970
    """

    key: str
    size_bytes: int
    version: str
    modified_at: float


class Refused(UsageError):
    """The store knows no such bucket or object, or refuses the credentials."""


def is_url(path: str) -> bool:
    """Whether a path is the URL of something in an object store."""
    return path.startswith(_BEGINNINGS)


def local_path(path: str) -> str:
    """The path that a file:// URL means; any other path as it is."""
    if not path.startswith("file://"):
        return path
    parts = urlsplit(path)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise UsageError(
            f"{path}: names a file on another machine, or none; write file:///folder/file, or the path alone"
        )
    return unquote(parts.path)


def split(url: str) -> tuple[str, str]:
    """The URL of the bucket and the key in it, without a slash at its end."""
    scheme, _, rest = url.partition("://")
    name, _, key = rest.partition("/")
    if not name:
        raise UsageError(f"{url}: has no bucket; write it like {scheme}://bucket/folder")
    return f"{scheme}://{name}", key.strip("/")


@cache
def bucket(url: str) -> Bucket:
    """The bucket at a URL without a key."""
    from obstore.store import from_url

    with _explained(url):
        retries = {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)}
        return Bucket(url, from_url(url, retry_config=retries))  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, eq=False)
class Bucket:
    """One bucket; a key is the path of an object in it. Every method raises PipelineError with the URL for what goes wrong."""

    url: str
    store: ObjectStore

    def listed(self, folder: str) -> Iterator[Object]:
        """Everything below a folder, at any depth, in no order; nothing where there is none."""
        import obstore

        with _explained(f"{self.url}/{folder}"):
            for chunk in obstore.list(self.store, folder or None):
                for found in chunk:
                    yield _object(found)

    def found(self, key: str) -> Object | None:
        """One object; None when it is not there."""
        import obstore

        with _explained(f"{self.url}/{key}"):
            try:
                return _object(obstore.head(self.store, key))
            except FileNotFoundError:
                return None

    def read(self, key: str, *, most: int | None = None) -> bytes:
        """The bytes of an object, or so many from its beginning on."""
        import obstore

        with _explained(f"{self.url}/{key}"):
            if most is None:
                return obstore.get(self.store, key).bytes().to_bytes()
            # No range is empty.
            return obstore.get_range(self.store, key, start=0, length=most).to_bytes() if most else b""

    def fetch(self, key: str, file: BinaryIO) -> None:
        """Write the bytes of an object into a file, a piece at a time."""
        import obstore

        with _explained(f"{self.url}/{key}"):
            for piece in obstore.get(self.store, key).stream(min_chunk_size=_PIECE_BYTES):
                file.write(piece)

    def put(self, key: str, content: memoryview) -> None:
        """Let an object have these bytes; nobody sees a part of them."""
        import obstore

        with _explained(f"{self.url}/{key}"):
            obstore.put(self.store, key, obstore.Bytes(content.cast("B")))

    def remove(self, key: str) -> None:
        """Remove an object that may be gone already."""
        import obstore

        with _explained(f"{self.url}/{key}"), suppress(FileNotFoundError):
            obstore.delete(self.store, key)


def _object(found: Mapping[str, object]) -> Object:
    modified = found["last_modified"]
    version = found.get("e_tag") or modified.isoformat()  # type: ignore[attr-defined]
    return Object(str(found["path"]), int(str(found["size"])), str(version), modified.timestamp())  # type: ignore[attr-defined]


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what the library says, a page with the server's XML in it, into a sentence."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:
            # Of the disk that takes what is fetched.
            raise
        told = f"{url}: {str(error).partition(chr(10))[0]}; check the environment ({_CREDENTIALS[url.partition('://')[0]]})"
        raise explained(url, error) or PipelineError(told) from error


def explained(url: str, error: Exception) -> PipelineError | None:
    """What an error of `obstore` or `deltalake` means when it is the store's answer, or that there is none; None for others."""
    text = str(error)
    credentials = _CREDENTIALS[url.partition("://")[0]]
    if _METADATA.search(text):
        return Refused(
            f"{url}: there are no credentials in the environment, and no cloud's machine to ask; set {credentials}"
        )
    if found := _STATUS.search(text):
        status = int(found[1])
        words = ": ".join(one[1] for one in (_CODE.search(text), _MESSAGE.search(text)) if one)
        answer = f"{url}: the store answers {status}{found[2].rstrip()}{f' ({words})' if words else ''}"
        if status in (401, 403):
            return Refused(f"{answer}; check the credentials in the environment ({credentials}) and what they may do")
        if status in (301, 400, 404):
            return Refused(f"{answer}; check the name, and what the environment says of the store ({credentials})")
        return PipelineError(f"{answer}; run the same command again when it answers")
    if found := _SYSTEM.search(text):
        words = found[1] or found[2]
        return PipelineError(f"{url}: {words}; check the network, and the address in the environment ({credentials})")
    return None
