"""What Go's linker writes of a build into each program: its modules and flags (debug/buildinfo, runtime/debug/mod.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.errors import DecodeError
from pipeline.formats.binary.wire import Image

_SECTIONS: Final = (".go.buildinfo", "__go_buildinfo")
_MAGIC: Final = b"\xff Go buildinf:"
_ALIGNMENT: Final = 16
_HEADER_BYTES: Final = 32
_BIG_ENDIAN, _INLINE = 1, 2
# Around the text stand 16 bytes that tell where it begins and ends, for who reads a core dump.
_MARK_BYTES: Final = 16
_MOST_TEXT_BYTES: Final = 4 << 20
_VARINT_BYTES: Final = 5
_BUILD_ID: Final = b'\xff Go build ID: "'
_BUILD_ID_WITHIN: Final = 32 << 10


@dataclass(frozen=True, slots=True)
class Module:
    """A module whose code is in the program; what it was replaced by has names of its own."""

    path: str
    version: str
    sum: str
    is_main: bool = False
    replaced_by: str | None = None
    replaced_by_version: str | None = None


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """How a program was built.

    package   import path of its main package; "" when not told
    settings  flags and facts by name, such as `-gcflags`, `GOARCH`, `vcs.revision`
    """

    go_version: str
    package: str = ""
    modules: tuple[Module, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def main(self) -> Module | None:
        """The module that the main package belongs to."""
        return next((module for module in self.modules if module.is_main), None)


def build_info_of(image: Image) -> BuildInfo | None:
    """The build information of a program; None when it has none that can be read."""
    for address in _addresses(image):
        texts = _texts(image, address)
        if texts is not None:
            go_version, told = texts
            return _parsed(go_version, told)
    return None


def go_build_id_of(image: Image) -> str:
    """What `go tool buildid` prints: a note of ELF, elsewhere a text at the beginning of the code; "" without one."""
    if image.go_build_id:
        return image.go_build_id
    for segment in image.segments:
        if segment.is_executable:
            size = min(segment.size_bytes, _BUILD_ID_WITHIN)
            data = image.file.read(segment.offset, size, what="the code").tobytes()
            _, found, rest = data.partition(_BUILD_ID)
            if found and (end := rest.find(b'"')) >= 0:
                return rest[:end].decode("utf-8", "replace")
    return ""


def _addresses(image: Image) -> Iterator[int]:
    """Where it may begin: in its section, or, for formats without one, where its first bytes are found."""
    named = [image.sections[name].address for name in _SECTIONS if name in image.sections]
    yield from named
    if named:
        return
    for segment, at in image.places_of(_MAGIC):
        if (segment.address + at) % _ALIGNMENT == 0:
            yield segment.address + at


def _texts(image: Image, address: int) -> tuple[str, str] | None:
    """The version of Go and the text on modules and settings."""
    try:
        header = image.read(address, _HEADER_BYTES, what="the build info").tobytes()
        if not header.startswith(_MAGIC) or header[15] & _BIG_ENDIAN:
            return None
        if header[15] & _INLINE:
            return _inline(image, address + _HEADER_BYTES)
        # Up to Go 1.17: the addresses of two strings of Go, each an address and a length.
        found = []
        for string in image.pointers(address + 16, 2, what="the build info"):
            start, length = image.pointers(string, 2, what="the build info")
            found.append(_text(image, start, length) if length else b"")
        return _decoded(*found)
    except DecodeError:
        return None


def _inline(image: Image, at: int) -> tuple[str, str]:
    found = []
    for _ in range(2):
        data = image.rest(at, what="the build info")[:_VARINT_BYTES].tolist()
        length = taken = 0
        for byte in data:
            length |= (byte & 0x7F) << (7 * taken)
            taken += 1
            if byte < 0x80:
                break
        found.append(_text(image, at + taken, length) if length else b"")
        at += taken + length
    return _decoded(*found)


def _text(image: Image, address: int, length: int) -> bytes:
    if not 0 <= length <= _MOST_TEXT_BYTES:
        raise DecodeError(f"the build info has {length:,} bytes, more than {_MOST_TEXT_BYTES:,}; it is damaged")
    return image.read(address, length, what="the build info").tobytes()


def _decoded(go_version: bytes, told: bytes) -> tuple[str, str]:
    is_marked = len(told) >= 2 * _MARK_BYTES + 1 and told[-_MARK_BYTES - 1 : -_MARK_BYTES] == b"\n"
    told = told[_MARK_BYTES:-_MARK_BYTES] if is_marked else b""
    return go_version.decode("utf-8", "replace"), told.decode("utf-8", "replace")


def _parsed(go_version: str, told: str) -> BuildInfo:
    package = ""
    modules: list[Module] = []
    settings: dict[str, str] = {}
    for line in told.split("\n"):
        word, _, rest = line.partition("\t")
        fields = [*rest.split("\t"), "", ""]
        if word == "path":
            package = rest
        elif word in ("mod", "dep") and fields[0]:
            modules.append(Module(fields[0], fields[1], fields[2], is_main=word == "mod"))
        elif word == "=>" and modules:
            last = modules[-1]
            modules[-1] = Module(last.path, last.version, last.sum, last.is_main, fields[0], fields[1])
        elif word == "build":
            name, value = _setting(rest)
            settings[name] = value
    return BuildInfo(go_version, package, tuple(modules), settings)


def _setting(text: str) -> tuple[str, str]:
    """Name and value of a setting, either of which is quoted as in Go where it has to be."""
    name, _, value = text.partition("=")
    if value[:1] in ('"', "`"):
        value = _unquoted(value)
    return name, value


def _unquoted(text: str) -> str:
    """A Go string literal; as it stands when it is none."""
    if text[:1] == "`":
        return text.strip("`")
    try:
        return text[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        return text
