"""The list of Go's packages, out of the macro that knows them."""

from __future__ import annotations

from pipeline.standard_library import packages


def test_the_list_has_packages_of_every_depth_and_nothing_else_of_the_macro() -> None:
    found = packages()

    assert {
        "fmt",
        "net/http",
        "index/suffixarray",
        "crypto/internal/entropy/v1.0.0",
        "vendor/golang.org/x/net/idna",
    } <= found
    assert len(found) == 420
    assert not {"index", "%2e", ".", "archive"} & found
