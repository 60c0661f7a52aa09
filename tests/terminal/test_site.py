from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.terminal.site import _source
from tests.terminal.seat import browse


def test_a_site_says_why_it_is_on_the_heap_and_who_calls_it(demo: Path) -> None:
    seen = "\n".join(browse(demo, "enter", "enter", size=(100, 40)))

    assert "store/cache.go:21 · checkout · a · build 1.4.2" in seen
    assert "why         entry moved to heap: passed to append(s.items, &entry)" in seen
    assert "&entry → {heap}  call parameter append(s.items, &entry)  store/cache.go:26" in seen
    assert "stacks that reach it, by live bytes of the last profile: 1" in seen
    assert "    store.(*Store).Put  cache.go:21\n     api.(*Handler).Order  handler.go:49" in seen


def test_its_flame_graph_has_its_stacks_alone(demo: Path) -> None:
    seen = browse(demo, "enter", "enter", "f")

    assert seen[1].startswith("│root +285.8 MiB")
    assert seen[5].startswith("│example.com/checkout/store.(*Store).Put +285.8 MiB")


def test_a_line_is_kept_by_what_is_typed(demo: Path) -> None:
    seen = browse(demo, "enter", "enter", "slash", "type:heap")

    assert [line.split()[0] for line in seen[1:6] if line] == ["why", "how", "&entry", "&entry"]


def test_source_is_shown_of_a_file_of_go_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.go").write_text("package a\n")
    (tmp_path / "secret").write_text("x\n")
    (tmp_path / "folder.go").mkdir()
    (tmp_path / "device.go").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)

    assert _source("a.go") == ["package a"]
    assert [_source(name) for name in ("secret", "folder.go", "device.go", "no.go", "\0.go", None)] == [[]] * 6
