"""What a gate found, as the XML that JUnit made and CI servers read: a test case per check."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree

from pipeline.outputs.check_text import NAMES, Row, places, sentence, short_place, subject
from pipeline.text import printable

# What printable leaves, and XML 1.0 (2.2 Characters) has not.
_NO_CHARACTER: Final = re.compile("[\ufffe\uffff]")


def page(rows: Sequence[Row], missing: Mapping[str, str]) -> str:
    """The suite: what fails is a failure, what is uncertain passes and says so, what could not be checked is skipped.

    missing  why not, by option
    """
    failures = sum(row["verdict"] == "breach" for row in rows)
    told = {"tests": str(len(rows) + len(missing)), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", {"name": "heapscape check", **told})
    # The schema of Jenkins has no number of what all suites skipped.
    suite = ElementTree.SubElement(
        suites, "testsuite", {"name": "heapscape check", "skipped": str(len(missing)), **told}
    )
    for row in rows:
        _case(suite, row)
    for option, why in missing.items():
        case = ElementTree.SubElement(suite, "testcase", {"classname": "heapscape.check", "name": _clean(option)})
        ElementTree.SubElement(case, "skipped", {"message": _clean(why)})
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, row: Row) -> None:
    named = [subject(row), short_place(row) if row.get("file") else ""]
    attributes = {
        "classname": f"heapscape.check.{row['checked']}",
        "name": _clean(f"{NAMES[row['checked']]} of {' at '.join(filter(None, named))}"),
    }
    if row.get("file"):
        attributes |= {"file": _clean(row["file"]), "line": str(row["line"] or 0)}
    case = ElementTree.SubElement(suite, "testcase", attributes)
    told = _clean(sentence(row))
    if row["verdict"] == "breach":
        failure = ElementTree.SubElement(case, "failure", {"message": told, "type": row["checked"]})
        failure.text = "\n".join([told, *(_clean(f"{place['file']}:{place['line']}") for place in places(row))])
    else:
        ElementTree.SubElement(case, "system-out").text = told


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("�", printable(text))
