"""From a file to the plain bytes of what is in it, whatever it is packed in."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, replace
from functools import partial

import xxhash

from pipeline.endings import refusal_reason
from pipeline.errors import ENDS, CutOff, DecodeError, PipelineError
from pipeline.hashes import hash_of, signed
from pipeline.inputs.again import same_again
from pipeline.inputs.compression import Codec, codec_of, gunzip_whole, inflate
from pipeline.inputs.find import STANDARD_INPUT
from pipeline.inputs.hashes import sha256_beside, sha256_of
from pipeline.inputs.labels import Labels, is_sidecar, member_labels
from pipeline.inputs.limits import Budget, LimitError, Limits, memory_for
from pipeline.inputs.opening import open_input
from pipeline.inputs.streams import PIECE_BYTES, Held, Offered, OnDisk, Pieces, Section, Stream, gather, whole
from pipeline.inputs.tar import is_tar, tar_members
from pipeline.inputs.web import is_web, shown
from pipeline.inputs.zip import ZipMember, extract, is_zip, packed, zip_members
from pipeline.text import storable
from pipeline.values import Blob, Large, Origin, Refusal, Source

# Files up to this size are read in one go, larger ones as they are unpacked.
_HELD_BYTES = 64 << 20
# What could not be unpacked is known by so many of its bytes, whatever the limits are, so that it is found again.
_IDENTIFYING_BYTES = 64 << 20
# So much of a file says what it is: a build's log may begin with other things than a report.
_HEAD_BYTES = PIECE_BYTES
_SPECIAL = {
    stat.S_IFDIR: "a folder that could not be listed; give read permission to it",
    stat.S_IFIFO: "a FIFO, not a file; give - and send the data to standard input",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a character device, not a file",
    stat.S_IFBLK: "a block device, not a file",
}


@dataclass(frozen=True, slots=True)
class _Input:
    """One file or member that is being unpacked.

    is_streamed  whether what begins so need not be held
    archives     how many archives it lies in
    """

    origin: Origin
    offered: Offered
    budget: Budget
    is_streamed: Callable[[bytes], bool]
    archives: int = 0

    @property
    def limits(self) -> Limits:
        return self.budget.limits

    def member(self, name: str, content: Offered) -> _Input:
        """A member of this archive."""
        name = storable(name)
        within = f"{self.origin.member}!{name}" if self.origin.member else name
        origin = replace(self.origin, member=within, labels=member_labels(self.origin.labels, name))
        budget = Budget(content.size, self.limits, parent=self.budget)
        return replace(self, origin=origin, offered=content, budget=budget, archives=self.archives + 1)


def read(
    origin: Origin,
    *,
    limits: Limits,
    is_streamed: Callable[[bytes], bool] = lambda head: False,
    held: MutableMapping[str, bytes] | None = None,
    opened: Callable[[], int] | None = None,
) -> Iterator[Blob | Refusal]:
    """The plain bytes of a file: one Blob, or one for each member of an archive, or Refusals saying why not.

    Compression (gzip, zstd, bzip2, xz) and archives (zip, tar) are known by their bytes, also inside each
    other, up to `limits.max_depth`. Hidden members are skipped as hidden files are. Never raises for what is in a file,
    for how it is kept, or through a bug of ours. A file that grows meanwhile is read to where its end then is.

    Of a Refusal that has no readable bytes (a link, a missing permission) the source_hash is that of its uri;
    of a zip member that could not be extracted they are of its packed bytes; of more than 64 MiB that could not be
    unpacked they are of the beginning, and the reason says so.

    is_streamed  whether a file that begins with these bytes can be decoded without being held. Of more than
                 `max_plain_bytes`, or compressed and cut off, its Blob reads it again, before the next is asked for
    held         keeps what came from standard input, so that the same origin can be read again
    opened       gives the descriptor of what is being fetched already

    Memory stays below `max_plain_bytes` for each archive around a file, plus twice that and a few pieces.
    """
    named = _storable(origin)
    try:
        descriptor = opened() if opened else open_input(origin.path)
    except ENDS:
        raise
    except BaseException as error:
        yield _unread(named, _why_closed(origin.path, error))
        return
    try:
        if isinstance(origin.labels, Labels) and origin.labels.fault:
            # Under other labels than its own it would be counted for another service.
            yield _unread(named, storable(origin.labels.fault))
        elif (content := _small(origin.path, descriptor, limits=limits, held={} if held is None else held)) is None:
            size = os.fstat(descriptor).st_size
            yield from _unpack(_Input(named, OnDisk(descriptor, size), Budget(size, limits), is_streamed))
        else:
            yield from _held(_Input(named, Held(content), Budget(len(content), limits), is_streamed), content)
    except OSError as error:
        yield _unread(named, f"cannot be read: {error.strerror or error}")
    except ENDS:
        raise
    except BaseException as error:
        yield _unread(named, refusal_reason(error))
    finally:
        os.close(descriptor)


def _why_closed(path: str, error: BaseException) -> str:
    """Why an input could not be opened."""
    if isinstance(error, OSError):
        return f"cannot be opened: {error.strerror}; {_advice(error)}"
    return str(error).removeprefix(f"{path}: ") if isinstance(error, PipelineError) else refusal_reason(error)


def _held(this: _Input, content: bytes) -> Iterator[Blob | Refusal]:
    """What is in a file that was read in one go; most are plain, or compressed once."""
    plain = gunzip_whole(content, most=min(this.limits.max_plain_bytes, this.budget.allowance))
    if plain is not None and not any(is_packed(plain[:_HEAD_BYTES]) for is_packed in (codec_of, is_zip, is_tar)):
        yield Blob(_source(this.origin, content, plain=plain), plain)
    else:
        yield from _unpack(this)


def _small(path: str, descriptor: int, *, limits: Limits, held: MutableMapping[str, bytes]) -> bytes | None:
    """All bytes of a file, or of a pipe on standard input; None for a file to be read as it is unpacked."""
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        if path == STANDARD_INPUT:
            os.lseek(descriptor, 0, os.SEEK_SET)  # Whoever read it before may have left it at its end.
        return _small_file(descriptor, status.st_size, most=min(_HELD_BYTES, limits.max_plain_bytes))
    if path != STANDARD_INPUT:
        raise DecodeError(f"is {_SPECIAL.get(stat.S_IFMT(status.st_mode), 'no file')}")
    if path not in held:
        held[path] = _rest(descriptor, b"", most=limits.max_plain_bytes)
    content = held[path]
    if len(content) > limits.max_plain_bytes:
        raise DecodeError(
            f"stopped at {len(content):,} bytes of standard input, more than the "
            f"{limits.max_plain_bytes:,} that fit into --memory; save it to a file and give that, or give more than "
            f"--memory {memory_for(len(content))}"
        )
    return content


def _small_file(descriptor: int, size: int, *, most: int) -> bytes | None:
    if size > most:
        return None
    content = os.read(descriptor, size + 1)
    if len(content) <= size:
        return content
    # It has grown since, or is one of the kernel's files, which say they are empty.
    content = _rest(descriptor, content, most=most)
    return content if len(content) <= most else None


def _rest(descriptor: int, content: bytes, *, most: int) -> bytes:
    """`content` and what follows it, up to a piece more than `most` bytes."""
    gathered = io.BytesIO()
    gathered.write(content)
    while gathered.tell() <= most and (piece := os.read(descriptor, PIECE_BYTES)):
        gathered.write(piece)
    return gathered.getvalue()


def _unpack(this: _Input) -> Iterator[Blob | Refusal]:
    """The Blobs and Refusals of one file or member."""
    try:
        yield from _layers(this)
    except LimitError as reached:
        # An archive around this one has had enough: it is that one that is refused.
        if reached.budget is not this.budget:
            raise
        yield _refused(this, str(reached))
    except (OSError, *ENDS):
        raise
    except BaseException as error:
        yield _refused(this, refusal_reason(error))


def _layers(this: _Input) -> Iterator[Blob | Refusal]:
    """Take off one compression after the other until there is an archive or a plain file."""
    layer = this.offered
    for _ in range(this.limits.max_depth + 1):
        head = layer.read_at(0, _HEAD_BYTES)
        codec = codec_of(head)
        if codec is None:
            yield from _plain(this, layer, head=head)
            return
        pieces = Pieces(inflate(codec, Section(layer), budget=this.budget))
        if is_tar(pieces.peek(_HEAD_BYTES)):
            yield from _members(this, _from_tar(this, pieces))
            return
        if this.is_streamed(pieces.peek(_HEAD_BYTES)):
            yield _held_or_streamed(this, pieces, partial(_inflated_again, this, codec, layer))
            return
        layer = Held(gather(_until_end(pieces), budget=this.budget))
    raise DecodeError(
        f"is compressed more than max_depth {this.limits.max_depth} times over; this may be a decompression bomb"
    )


def _plain(this: _Input, layer: Offered, *, head: bytes) -> Iterator[Blob | Refusal]:
    """What is not compressed: an archive, or at last a file."""
    if is_zip(head):
        yield from _members(this, _from_zip(this, layer))
    elif is_tar(head):
        yield from _members(this, _from_tar(this, Section(layer)))
    elif layer.size > this.limits.max_plain_bytes and layer is this.offered and this.is_streamed(head):
        yield from _streamed(this, head)
    elif layer.size > this.limits.max_plain_bytes and this.is_streamed(head):
        yield _held_or_streamed(this, Section(layer), lambda: Section(layer).read)
    else:
        this.budget.check_plain(layer.size)
        plain = whole(layer)
        # What was read is hashed, not what the file may hold by now; only a large packed one is read again.
        content = plain if layer is this.offered else this.offered.content if isinstance(this.offered, Held) else None
        if content is not None:
            yield Blob(_source(this.origin, content, plain=plain), plain)
        else:
            yield Blob(_large_source(this, hash_of(plain)), plain)


def _large_source(this: _Input, source_hash: int) -> Source:
    """A source whose offered bytes are read again to be hashed."""
    _, sha256 = _hashes(this.offered, most=this.offered.size)
    return Source(source_hash, this.origin, this.offered.size, sha256)


def _streamed(this: _Input, head: bytes) -> Iterator[Blob]:
    """The Blob of a plain file that is too large to be held."""
    xxh64 = xxhash.xxh64()
    with sha256_beside(_until_end(Section(this.offered))) as sha256:
        for piece in _until_end(Section(this.offered)):
            xxh64.update(piece)
        source = Source(signed(xxh64.intdigest()), this.origin, this.offered.size, sha256)
        most = this.limits.max_plain_bytes
        again = partial(same_again, lambda: Section(this.offered).read, xxh64.digest())
        yield Blob(source, head[: min(_HEAD_BYTES, most)], Large(this.offered.size, most, again))


def _inflated_again(this: _Input, codec: Codec, layer: Offered) -> Callable[[int], bytes]:
    return Pieces(inflate(codec, Section(layer), budget=Budget(this.offered.size, this.limits))).read


def _held_or_streamed(this: _Input, plain: Stream, again: Callable[[], Callable[[int], bytes]]) -> Blob:
    """The Blob of plain bytes that need not be held, and are not when they are too many or break off.

    Whoever reads what breaks off again is told so at its end, and can keep what came before.
    """
    head, held, xxh64, size, is_whole = b"", io.BytesIO(), xxhash.xxh64(), 0, True
    try:
        for piece in _until_end(plain):
            head = head or piece[: min(_HEAD_BYTES, this.limits.max_plain_bytes)]
            xxh64.update(piece)
            size += len(piece)
            if size <= this.limits.max_plain_bytes:
                held.write(piece)
            elif held.tell():
                held = io.BytesIO()
    except CutOff:
        is_whole = False
    source = _large_source(this, signed(xxh64.intdigest()))
    if is_whole and size <= this.limits.max_plain_bytes:
        return Blob(source, held.getvalue())
    return Blob(source, head, Large(size, this.limits.max_plain_bytes, partial(same_again, again, xxh64.digest())))


def _until_end(stream: Stream) -> Iterator[bytes]:
    return iter(partial(stream.read, PIECE_BYTES), b"")


def _members(this: _Input, found: Iterator[Blob | Refusal]) -> Iterator[Blob | Refusal]:
    """What an archive holds, refused when it lies in too many others or holds nothing."""
    if this.archives >= this.limits.max_depth:
        deepest = this.limits.max_depth
        raise DecodeError(f"is an archive inside {this.archives} others, more than {deepest}; extract the outer one")
    parcel = None
    for parcel in found:
        yield parcel
    if parcel is None:
        raise DecodeError("is an archive without files that are not hidden; there is nothing to read in it")


def _from_zip(this: _Input, archive: Offered) -> Iterator[Blob | Refusal]:
    for entry in zip_members(archive, budget=this.budget):
        if _is_hidden(entry.name):
            continue
        budget = Budget(entry.packed_size, this.limits, parent=this.budget)
        try:
            content = extract(archive, entry, budget=budget)
        except (OSError, *ENDS):
            raise
        except BaseException as error:
            if isinstance(error, LimitError) and error.budget is not budget:
                raise
            yield _refused(this.member(entry.name, _packed(archive, entry)), refusal_reason(error))
        else:
            yield from _member(this.member(entry.name, Held(content)), content)


def _packed(archive: Offered, entry: ZipMember) -> Offered:
    """What can be had of a member that could not be extracted."""
    try:
        return packed(archive, entry)
    except DecodeError:
        return Held(b"")


def _from_tar(this: _Input, stream: Stream) -> Iterator[Blob | Refusal]:
    for entry in tar_members(stream, budget=this.budget):
        if _is_hidden(entry.name):
            continue
        member = this.member(entry.name, Held(b""))
        try:
            if entry.obstacle:
                raise DecodeError(entry.obstacle)
            member.budget.check_plain(entry.size)
        except DecodeError as error:
            yield _refused(member, str(error))
        else:
            # What goes wrong here goes wrong for all members that follow, so the archive is refused.
            content = gather(_until_end(entry.content), budget=this.budget)
            yield from _member(this.member(entry.name, Held(content)), content)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


def _member(member: _Input, content: bytes) -> Iterator[Blob | Refusal]:
    """What is in a member; a compiler's log of `labels.go` is named like a sidecar, and streamed as all reports are."""
    if is_sidecar(re.split("[/!]", member.origin.member)[-1]) and not member.is_streamed(content[:_HEAD_BYTES]):
        yield _refused(member, "is a sidecar inside an archive, which is not read; put labels.json beside the archive")
    else:
        yield from _unpack(member)


def _source(origin: Origin, offered: bytes, *, plain: bytes) -> Source:
    hashed = sha256_of(offered)
    return Source(hash_of(plain), origin, len(offered), hashed)


def _refused(this: _Input, reason: str) -> Refusal:
    """A Refusal of bytes that are there."""
    if not this.offered.size:
        return _unread(this.origin, reason)
    source_hash, sha256 = _hashes(this.offered, most=_IDENTIFYING_BYTES)
    if this.offered.size > _IDENTIFYING_BYTES:
        reason += f" (its hash and sha256 are of its first {_IDENTIFYING_BYTES:,} bytes)"
    return Refusal(Source(source_hash, this.origin, this.offered.size, sha256), reason)


def _hashes(offered: Offered, *, most: int) -> tuple[int, str]:
    """XXH64 and SHA-256 of the first `most` bytes."""
    xxh64, sha256 = xxhash.xxh64(), hashlib.sha256()
    for piece in _until_end(Section(offered, end=min(offered.size, most))):
        xxh64.update(piece)
        sha256.update(piece)
    return signed(xxh64.intdigest()), sha256.hexdigest()


def _unread(origin: Origin, reason: str) -> Refusal:
    """A Refusal of what not one byte could be read of; its name stands for it."""
    return Refusal(Source(hash_of(origin.uri), origin, 0, hashlib.sha256(b"").hexdigest()), reason)


def _storable(origin: Origin) -> Origin:
    """The origin with a path that can be written down; `find` keeps the one that can be opened."""
    path = shown(origin.path) if is_web(origin.path) else origin.path
    return origin if path == origin.path and path.isascii() else replace(origin, path=storable(path))


def _advice(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "it vanished meanwhile, or is a link to nothing"
    if error.errno == errno.ENXIO:
        return "it is a socket or a device, not a file"
    return "give read permission to it" if error.errno == errno.EACCES else "see whether it can be copied"
