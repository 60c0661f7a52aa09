from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.maps import is_sentinel, mapped, maps_of
from pipeline.formats.samples import bare_symbols
from pipeline.values import Symbols

Shown = tuple[int, int, int, str, str]


def found(text: str, *addresses: int) -> tuple[list[Shown], list[int]]:
    """The mappings, and which each address lies in."""
    symbols = mapped(bare_symbols([[address] for address in addresses]), maps_of(text.encode()))
    rows = [
        (
            int(symbols.mapping_start[place]),
            int(symbols.mapping_limit[place]),
            int(symbols.mapping_file_offset[place]),
            _text(symbols, int(symbols.mapping_file_text[place])),
            _text(symbols, int(symbols.mapping_build_id_text[place])),
        )
        for place in range(len(symbols.mapping_start))
    ]
    return rows, symbols.location_mapping.tolist()


def _text(symbols: Symbols, place: int) -> str:
    start, length = int(symbols.strings.starts[place]), int(symbols.strings.lengths[place])
    return symbols.strings.data[start : start + length].tobytes().decode()


NOWHERE = (0, 2**64 - 1, 0, "", "")


def test_what_cannot_run_is_no_mapping() -> None:
    text = "400000-500000 r-xp 0 8:1 12 /bin/shop\n500000-600000 rw-p 100000 8:1 12 /bin/shop\n"

    assert found(text, 0x400010) == ([(0x400000, 0x500000, 0, "/bin/shop", "")], [0])


def test_the_brief_form_has_a_build_id() -> None:
    text = "0x40000000-0x80000000 /path/to/binary (@FF00) abc123456\n40000-80000: /lib/x\n"

    assert found(text)[0] == [
        (0x40000000, 0x80000000, 0xFF00, "/path/to/binary", "abc123456"),
        (0x40000, 0x80000, 0, "/lib/x", ""),
    ]


def test_an_address_that_lies_nowhere_lies_in_a_mapping_without_a_name() -> None:
    assert found("400000-500000 r-xp 0 8:1 12 /bin/shop\n", 0x400010, 0x10, 0) == (
        [(0x400000, 0x500000, 0, "/bin/shop", ""), NOWHERE],
        [0, 1, -1],
    )
    assert found("", 0x10) == ([NOWHERE], [0])


def test_a_mapping_that_begins_too_late_grows_to_its_files_start() -> None:
    text = "7f0000001000-7f0000005000 r-xp 00001000 08:01 13 /lib/libc.so.6\n"

    assert found(text, 0x7F0000000100) == ([(0x7F0000000000, 0x7F0000005000, 0, "/lib/libc.so.6", "")], [0])
    # Not any more once an address was found that lies nowhere.
    assert found(text, 0x10, 0x7F0000000100)[1] == [1, 1]


def test_parts_of_one_binary_become_one_mapping() -> None:
    text = "1000-2000 r-xp 1000 8:1 1 /lib/a.so\n2000-3000 r-xp 2000 8:1 1 /lib/a.so\n3000-4000 r-xp 9000 8:1 1 /lib/a.so\n"

    assert [row[:2] for row in found(text)[0]] == [(0x1000, 0x3000), (0x3000, 0x4000)]


def test_the_program_comes_first() -> None:
    text = "1000-2000 r-xp 0 8:1 1 /lib/a.so\n5000-6000 r-xp 0 8:1 1 [vdso]\n8000-9000 r-xp 0 8:1 1 /bin/shop\n"

    assert [row[3] for row in found(text)[0]] == ["/bin/shop", "[vdso]", "/lib/a.so"]


def test_a_name_stands_for_its_value_from_there_on() -> None:
    text = "build=/path/to\nexe = shop\n400000-500000: $build/$exe\n"

    assert found(text)[0] == [(0x400000, 0x500000, 0, "/path/to/shop", "")]


def test_names_that_stand_for_one_another_do_not_grow_without_end() -> None:
    text = "a=xxxxxxxxxx\n" + "a=$a$a$a$a$a$a$a$a$a$a\n" * 50

    assert found(text + "400000-500000 r-xp 0 8:1 1 /bin/shop\n")[0][0][3] == "/bin/shop"


def test_what_a_log_puts_before_a_line_is_passed_over() -> None:
    assert found("I0101 12:00:00 x.cc:12] 400000-500000: /bin/shop\n")[0][0][3] == "/bin/shop"


def test_numbers_that_do_not_fit_are_no_mapping() -> None:
    assert found("400000-1ffffffffffffffffff: /bin/shop\n")[0] == []


def test_more_mappings_than_a_process_has_are_refused() -> None:
    text = "".join(f"{2 * n:x}000-{2 * n + 1:x}000 r-xp 0 8:1 1 /lib/{n}.so\n" for n in range(1, (1 << 16) + 2))

    with pytest.raises(DecodeError, match="more than 65,536 mappings"):
        found(text)


def test_mappings_are_announced() -> None:
    assert is_sentinel(b"  --- Memory map: ---")
    assert is_sentinel(b"MAPPED_LIBRARIES:")
    assert not is_sentinel(b"--- Thread")
    assert len(mapped(bare_symbols([]), b"1000-2000 r-xp 0 8:1 1 /bin/shop\n").mapping_start) == 0
    assert np.array_equal(mapped(bare_symbols([]), maps_of(b"")).mapping_start, [])
