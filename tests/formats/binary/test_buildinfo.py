"""Build information: found by name or by its first bytes, of every release, and nothing where it lies."""

from __future__ import annotations

import struct

import pytest

from pipeline.formats.binary import elf, macho, pe
from pipeline.formats.binary.buildinfo import BuildInfo, Module, build_info_of, go_build_id_of
from pipeline.formats.binary.wire import Held
from tests.builders.executable import GO_BUILD_ID, MARK, Function, Raw, executable
from tests.formats.binary.reading import some_program

READ = {"elf": elf.read, "macho": macho.read, "pe": pe.read}


def info(content: bytes, kind: str = "elf") -> BuildInfo | None:
    return build_info_of(READ[kind](Held(content)))


def settings(line: str) -> dict[str, str]:
    found = info(some_program(told=f"path\tx\nbuild\t{line}\n").content)
    assert found is not None
    return dict(found.settings)


@pytest.mark.parametrize("kind", ["elf", "macho", "pe"])
@pytest.mark.parametrize("is_named", [True, False])
def test_modules_and_settings_are_read(kind: str, is_named: bool) -> None:
    found = info(some_program(kind=kind, is_named=is_named).content, kind)

    assert found == BuildInfo(
        "go1.27.3",
        "example.com/shop/cmd/api",
        (
            Module("example.com/shop", "(devel)", "", is_main=True),
            Module("github.com/a/b", "v1.2.3", "h1:abc="),
            Module("github.com/c/d", "v0.1.0", "", replaced_by="../d", replaced_by_version=""),
        ),
        {"-gcflags": "-m=2 -l", "GOARCH": "amd64", "vcs.revision": "f00"},
    )
    assert found.main == found.modules[0]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("-ldflags=-s", {"-ldflags": "-s"}),
        (r'-ldflags="-X main.v=\"1 2\"\t\u00fc"', {"-ldflags": '-X main.v="1 2"\tü'}),
        ('-ldflags="grün und\\\\blau"', {"-ldflags": "grün und\\blau"}),
        ("-tags=`a b`", {"-tags": "a b"}),
        ('-tags="\\x"', {"-tags": '"\\x"'}),
        ("CGO_ENABLED", {"CGO_ENABLED": ""}),
        ("vcs.time=2026-11-28T10:00:00Z", {"vcs.time": "2026-11-28T10:00:00Z"}),
    ],
)
def test_a_setting_is_read_as_go_writes_it(line: str, found: dict[str, str]) -> None:
    assert settings(line) == found


def test_without_it_there_is_none() -> None:
    assert info(some_program(told=None).content) is None
    assert info(some_program(told=None, is_named=False).content) is None


def test_a_program_that_only_says_its_version_has_no_modules() -> None:
    assert info(some_program(told="").content) == BuildInfo("go1.27.3")


def test_up_to_go_117_its_texts_are_elsewhere() -> None:
    content = bytearray(some_program(told="path\tnew\n").content)
    at = content.index(b"\xff Go buildinf:")
    told = MARK + b"path\told\nmod\tm\tv1\th1\n" + MARK
    # In the code, where the builder has room.
    texts = 0x401000 + 0x800
    content[0x1800 : 0x1800 + len(told)] = told
    content[0x1900:0x1907] = b"go1.17\0"
    struct.pack_into("<QQQQ", content, 0x1A00, texts + 0x100, 6, texts, len(told))
    content[at + 14 : at + 32] = bytes([8, 0]) + struct.pack("<QQ", texts + 0x200, texts + 0x210)
    made = executable(Function("main.main", steps=[Raw(bytes(0x2000))]))
    assert len(made.content) > len(some_program().content)
    grown = bytearray(made.content)
    grown[0x1800:0x1A20] = content[0x1800:0x1A20]
    at_grown = grown.index(b"\xff Go buildinf:")
    grown[at_grown : at_grown + 32] = content[at : at + 32]

    assert info(bytes(grown)) == BuildInfo("go1.17", "old", (Module("m", "v1", "h1", is_main=True),), {})


@pytest.mark.parametrize("damage", [b"\xff\xff\xff\xff\x7f", b"\xff\xff\xff\xff\xff", b"\x7f"])
def test_lengths_that_lie_are_no_information(damage: bytes) -> None:
    content = bytearray(some_program(has_module=False).content)
    at = content.index(b"\xff Go buildinf:") + 32
    content[at : at + len(damage)] = damage

    found = info(bytes(content))
    assert found is None or found.package == ""


def test_one_of_another_byte_order_is_none() -> None:
    content = bytearray(some_program().content)
    content[content.index(b"\xff Go buildinf:") + 15] = 3

    assert info(bytes(content)) is None


def test_the_id_of_the_build_is_a_note_or_a_text_in_the_code() -> None:
    text = Raw(b'\xff Go build ID: "x/y/z"\n \xff')

    assert go_build_id_of(elf.read(Held(some_program().content))) == GO_BUILD_ID
    assert (
        go_build_id_of(macho.read(Held(executable(Function("go.buildid", steps=[text]), kind="macho").content)))
        == "x/y/z"
    )
    assert go_build_id_of(pe.read(Held(executable(Function("go.buildid", steps=[text]), kind="pe").content))) == "x/y/z"
    assert go_build_id_of(pe.read(Held(some_program(kind="pe").content))) == ""
