"""binary: a program that Go built, as evidence for what its profiles and escape reports say.

An ELF file of 64 bits, known by its first bytes; one that Go did not build is refused. What is read of it survives
stripping (`-s -w`), `-trimpath` and `-buildmode=pie`:

* build information (debug/buildinfo): modules, their versions, the flags of the build
* the function table (runtime/symtab.go, pcHeader) of Go 1.16 to 1.27: where each function begins, its name, file and line
* of Go 1.20 and later, what that table knows of each instruction: its file, its line, and what was inlined there; it is kept as
  it stands, for the addresses of profiles that came without symbols
* the code: each call of a function of the runtime that allocates, for amd64 and arm64. The address behind it, less one, is the
  leaf of what it allocated in a heap profile, so a profile can be asked what each of its leaves did

Debugging information (DWARF) and symbol tables are not read: the function table has the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.formats.binary.recognise import looks_like_executable
from pipeline.values import Blob, Decoded, Format


def _decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    # To import it takes longer than many a file takes to decode, and most runs meet one format or two.
    from pipeline.formats.binary.decode import decode

    return decode(blobs)


FORMAT = Format(
    name="binary",
    recognise=looks_like_executable,
    decode=_decode,
    fills=(
        *("binary_file", "binary_module", "binary_function", "call_site"),
        *("binary_line", "binary_inlined", "binary_source_file"),
    ),
    is_streamed=True,
    identity_labels=("service", "build"),
)
