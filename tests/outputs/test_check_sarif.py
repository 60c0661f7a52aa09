"""What a gate found, as SARIF: what the standard and GitHub ask of a log."""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.outputs import check_sarif
from pipeline.text import printable
from tests.outputs.check_rows import MISSING, PAUSE, ROWS


def run(rows: list[dict[str, Any]]) -> dict[str, Any]:
    log = json.loads(check_sarif.page(rows, MISSING, locate=lambda file: {"example.com/app/a b.go": "a b.go"}.get(file), exit_code=4))  # fmt: skip
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (found,) = log["runs"]
    return dict(found)


def test_every_result_has_what_the_standard_requires() -> None:
    found = run(ROWS)

    rules = found["tool"]["driver"]["rules"]
    assert found["tool"]["driver"]["name"] == "heapscape"
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(found["results"]) == 2
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == "error"
        assert printable(result["message"]["text"]) == result["message"]["text"]
        assert re.fullmatch("[0-9a-f]{32}", result["partialFingerprints"]["heapscape/v1"])
        for place in (*result["locations"], *result.get("relatedLocations", ())):
            physical = place["physicalLocation"]
            # RFC 3986: nothing but its characters.
            assert re.fullmatch(r"[A-Za-z0-9._~:/@!$&'()*+,;=%-]+", physical["artifactLocation"]["uri"])
            assert physical["region"]["startLine"] >= 1


def test_a_breach_stands_at_its_first_place_and_the_others_are_related() -> None:
    result = run(ROWS)["results"][0]

    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.go", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 7},
    }
    assert [one["physicalLocation"]["region"]["startLine"] for one in result["relatedLocations"]] == [9]


def test_an_absolute_file_that_is_not_in_the_checkout_is_a_url_of_a_file() -> None:
    uri = run(ROWS)["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert uri.startswith("file:///src/x%1B%5B31m")


def test_what_has_no_line_of_source_stands_at_the_file_that_tells() -> None:
    (result,) = run([PAUSE | {"verdict": "breach"}])["results"]

    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "logs/api.log"}}}]


def test_what_is_not_certain_is_a_notification() -> None:
    (invocation,) = run(ROWS)["invocations"]

    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (4, True)
    told = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert [text.partition(" ")[0] for text in told] == ["slope", "--min-headroom"]


def test_a_breach_is_the_same_in_the_next_run_whatever_its_figures() -> None:
    first, later = (run([ROWS[0] | {"value": value}])["results"][0] for value in (3e6, 4e6))

    assert first["message"] != later["message"]
    assert first["partialFingerprints"] == later["partialFingerprints"]
