"""Which bytes are an executable; whether it is one of Go's is found out when it is decoded."""

from __future__ import annotations

import struct

_ELF = b"\x7fELF"
_MACHO = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
_UNIVERSAL = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
# What a class file of Java has as its version where a universal binary counts its architectures.
_LEAST_JAVA = 45


def looks_like_executable(content: bytes) -> bool:
    """Whether the bytes begin as an ELF, Mach-O or PE file does; 512 of them are enough."""
    return bool(executable_kind(content))


def executable_kind(content: bytes) -> str:
    """elf, macho, universal (several Mach-O files in one) or pe; "" for anything else."""
    if content[:4] == _ELF:
        return "elf"
    if content[:4] in _MACHO:
        return "macho"
    if content[:4] in _UNIVERSAL and len(content) >= 8:
        return "universal" if struct.unpack_from(">I", content, 4)[0] < _LEAST_JAVA else ""
    if content[:2] == b"MZ" and len(content) >= 64:
        at = struct.unpack_from("<I", content, 60)[0]
        return "pe" if content[at : at + 4] == b"PE\0\0" else ""
    return ""
