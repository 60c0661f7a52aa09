"""What a gate found, as SARIF 2.1.0 (OASIS, sarif-v2.1.0-os), which annotates a pull request at the lines that allocate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from pipeline import __version__
from pipeline.outputs.check_text import NAMES, Row, places, sentence, subject
from pipeline.text import printable

Json: TypeAlias = dict[str, Any]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Relative names count from here (3.14.14): readers put the checkout in its place.
_ROOT: Final = "SRCROOT"


def page(
    rows: Sequence[Row], missing: Mapping[str, str], *, locate: Callable[[str], str | None], exit_code: int
) -> str:
    """A log of one run: a result per breach, at its first place, the others beside it; a notification for all that is not certain.

    missing  why something could not be checked, by option
    locate   the path of a profile's file within the checkout; None where it is not there
    """
    uncertain = [sentence(row) for row in rows if row["verdict"] == "uncertain"]
    notes = [*uncertain, *(f"{option}: not checked: {why}" for option, why in missing.items())]
    invocation = {
        "executionSuccessful": True,
        "exitCode": exit_code,
        "toolExecutionNotifications": [{"level": "note", "message": _message(note)} for note in notes],
    }
    driver = {
        "name": "heapscape",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(name) for name in NAMES],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(row, locate) for row in rows if row["verdict"] == "breach"],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str) -> Json:
    return {
        "id": name,
        # Of one word it would be the id again, which it may not be (3.49.7).
        "name": "".join(part.capitalize() for part in (*name.split("_"), "threshold")),
        "shortDescription": {"text": f"A threshold of heapscape check: {NAMES[name]}"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(row: Row, locate: Callable[[str], str | None]) -> Json:
    found = [_location(place, locate) for place in places(row)]
    result: Json = {
        "ruleId": row["checked"],
        "ruleIndex": list(NAMES).index(row["checked"]),
        "level": "error",
        "message": _message(sentence(row)),
        "locations": found[:1],
        "partialFingerprints": {"heapscape/v1": _fingerprint(row)},
    }
    if not found and row.get("uri"):
        # Of no line of source: the file that tells.
        result["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": _uri(row["uri"])}}}]
    if found[1:]:
        result["relatedLocations"] = [{"id": at, **one} for at, one in enumerate(found[1:], start=1)]
    return result


def _location(place: Row, locate: Callable[[str], str | None]) -> Json:
    within = locate(place["file"])
    artifact = {"uri": _uri(place["file"])} if within is None else {"uri": _uri(within), "uriBaseId": _ROOT}
    location: Json = {"physicalLocation": {"artifactLocation": artifact}}
    if (place.get("line") or 0) > 0:
        location["physicalLocation"]["region"] = {"startLine": place["line"]}
    if place.get("function"):
        location["logicalLocations"] = [{"fullyQualifiedName": printable(place["function"]), "kind": "function"}]
    if place.get("reason"):
        location["message"] = _message(place["reason"])
    return location


def _uri(path: str) -> str:
    """A path as a reference of RFC 3986; an absolute one as a file's."""
    name = path.replace("\\", "/")
    if name[1:3] == ":/":
        name = f"/{name}"
    is_url = "://" in name
    written = quote(name, safe="/:@!$&'()*+,;=~%?" if is_url else "/@!$&'()*+,;=~", errors="replace")
    return f"file://{written}" if name.startswith("/") else written


def _message(text: str) -> Json:
    return {"text": printable(text)}


def _fingerprint(row: Row) -> str:
    """The same for the same breach in the next run: without figures and lines, which move."""
    first = next(iter(places(row)), {})
    named = [row["checked"], subject(row), first.get("function") or "", first.get("file") or "", row.get("expression") or ""]  # fmt: skip
    return hashlib.sha256("\0".join(map(printable, named)).encode()).hexdigest()[:32]
