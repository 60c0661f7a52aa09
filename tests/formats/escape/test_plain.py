"""What a report is wrapped in is taken off, piece by piece as well as whole."""

from __future__ import annotations

import json

from pipeline.formats.escape.sections import Sizes
from tests.formats.escape.reading import read


def test_mixed_events_keep_their_package_and_their_lines() -> None:
    events = [("p", "# p\n./a.go:1:1: moved "), ("q", "# q\n./b.go:1:1: moved to heap: b\n"), ("p", "to heap: a\n")]
    content = "".join(
        json.dumps({"ImportPath": path, "Action": "build-output", "Output": text}) + "\n" for path, text in events
    )

    found = read(content, sizes=Sizes(enough_bytes=60))

    assert sorted(found.rows("escape_site", "package", "expression")) == [("p", "a"), ("q", "b")]


def test_utf16_in_sections_is_read_as_a_whole() -> None:
    content = "".join(f"# p{i}\r\n./ä.go:{i + 1}:1: moved to heap: x\r\n" for i in range(50)).encode("utf-16")

    found = read(content, sizes=Sizes(enough_bytes=200))

    assert found.rows("escape_site", "package", "file", "line") == [(f"p{i}", "./ä.go", i + 1) for i in range(50)]
