"""Finds `schemas/` and `sql/`: beside the package in a checkout, inside it in a wheel; and where what was made of them is kept."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def schemas() -> tuple[Path, ...]:
    """The files that declare tables, in name order."""
    return tuple(sorted(_folder("schemas").glob("*.sql")))


def views() -> tuple[Path, ...]:
    """The files that declare views and macros, in path order."""
    return tuple(sorted(_folder("sql").glob("*/*.sql")))


def dashboards() -> list[Path]:
    """Grafana's dashboards, one file each."""
    return sorted((_PACKAGE / "server" / "dashboards").glob("*.json"))


def asset(name: str) -> str:
    """The text of a file that goes into HTML pages."""
    return (_PACKAGE / "outputs" / "assets" / name).read_text(encoding="utf-8")


def cache() -> Path:
    """Where what can be made again is kept: beside the sources in a checkout, else in the user's cache."""
    # A wheel has no Makefile beside it, and its folder may belong to root.
    checkout = _PACKAGE.parent
    return checkout / ".cache" if (checkout / "Makefile").exists() else Path.home() / ".cache" / "heapscape"


def _folder(name: str) -> Path:
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
