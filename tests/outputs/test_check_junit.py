"""What a gate found, as JUnit's XML, read by another's parser."""

from __future__ import annotations

from xml.etree import ElementTree

from pipeline.outputs import check_junit
from tests.outputs.check_rows import MISSING, ROWS


def test_it_is_xml_whatever_names_hold() -> None:
    written = check_junit.page(ROWS, MISSING)

    suites = ElementTree.fromstring(written.encode())
    (suite,) = suites
    assert suites.tag == "testsuites"
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
    }
    assert [[child.tag for child in case] for case in suite] == [
        *([["failure"]] * 2),
        *([["system-out"]] * 2),
        ["skipped"],
    ]
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "x\\x1b[31m�\\n]]><b>&\"'`|\\u202e" in (suite[1].get("name") or "")


def test_a_failure_names_the_places_to_look_at() -> None:
    suite = ElementTree.fromstring(check_junit.page(ROWS, {}).encode())[0]

    assert (suite[0][0].text or "").splitlines()[1:] == ["example.com/app/a b.go:7", "example.com/app/a b.go:9"]
    assert (suite[1].get("line"), suite[1].get("classname")) == ("5", "heapscape.check.site_growth")
