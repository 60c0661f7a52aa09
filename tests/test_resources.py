"""Files that come with the package."""

from __future__ import annotations

import pytest

from pipeline import resources


def test_declarations_come_in_the_order_of_their_names() -> None:
    tables, views = resources.schemas(), resources.views()

    assert [path.name for path in tables] == sorted(path.name for path in tables)
    assert {path.name for path in tables} >= {"source.sql", "symbol.sql", "profile.sql", "escape.sql"}
    assert list(views) == sorted(views)
    assert len(views) > 20


def test_a_view_lies_in_the_folder_of_its_schema() -> None:
    assert "attribution/growth_by_site.sql" in {f"{path.parent.name}/{path.name}" for path in resources.views()}


def test_assets_are_read_as_text() -> None:
    assert "function" in resources.asset("flamegraph.js")


def test_an_asset_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        resources.asset("nothing.js")


def test_a_folder_inside_the_package_wins(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    inside = tmp_path / "pipeline" / "_data" / "schemas"
    inside.mkdir(parents=True)
    (inside / "one.sql").write_text("")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "pipeline")

    assert [path.name for path in resources.schemas()] == ["one.sql"]
