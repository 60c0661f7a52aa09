"""Escape reports as tables."""

from __future__ import annotations

import struct

import xxhash

from pipeline.formats.escape import FORMAT
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from tests.builders.profile import blob

REPORT = b"""# example.com/shop
shop/main.go:5:2: x escapes to heap in main:
shop/main.go:5:2:   flow: {heap} = &x:
shop/main.go:5:2:     from &x (address-of) at shop/main.go:6:9
shop/main.go:5:2: moved to heap: x
shop/main.go:9:7: leaking param: p to result a level=0
shop/main.go:9:7: leaking param: p to result b level=0
shop/main.go:5:2: moved to heap: x
"""


def _built(*reports: bytes, **labels: str) -> dict[str, list[dict[str, object]]]:
    blobs = [blob(report, labels=labels, source_hash=number) for number, report in enumerate(reports, start=1)]
    (decoded,) = FORMAT.decode(blobs)
    return {name: table.to_pylist() for name, table in build_tables(decoded, blobs).items()}


def _h(text: str) -> bytes:
    return xxhash.xxh64(text.encode()).intdigest().to_bytes(8, "little")


def test_an_id_is_the_hash_of_what_makes_a_verdict_the_same() -> None:
    sites = _built(REPORT)["escape_site"]

    words = _h("example.com/shop") + _h("main.go") + struct.pack("<qq", 5, 2) + _h("moved_to_heap") + _h("x") + _h("")
    assert sites[0]["escape_site_hash"] == xxhash.xxh64_intdigest(words)


def test_a_verdict_said_twice_is_one_row_and_one_to_each_result_is_its_own() -> None:
    sites = _built(REPORT)["escape_site"]

    assert [(site["kind"], site["result"]) for site in sites] == [
        ("moved_to_heap", None),
        ("leaking_param_to_result", "a"),
        ("leaking_param_to_result", "b"),
    ]


def test_steps_belong_to_their_verdict() -> None:
    made = _built(REPORT)

    (step,) = made["escape_step"]
    assert step["escape_site_hash"] == made["escape_site"][0]["escape_site_hash"]
    assert (step["flow_from"], step["flow_to"], step["operation"], step["line"]) == ("&x", "{heap}", "address-of", 6)


def test_the_same_report_of_two_builds_has_the_same_ids_under_two_sources() -> None:
    sites = _built(REPORT, REPORT)["escape_site"]

    assert {site["source_hash"] for site in sites} == {1, 2}
    assert len({site["escape_site_hash"] for site in sites}) == 3


def test_labels_come_with_the_report() -> None:
    (report,) = _built(REPORT, service="shop", build="1.4")["escape_report"]

    assert (report["service"], report["build"], report["spelling"]) == ("shop", "1.4", "m2")


def test_every_table_is_exactly_as_declared() -> None:
    blobs = [blob(REPORT)]
    (decoded,) = FORMAT.decode(blobs)

    for name, table in build_tables(decoded, blobs).items():
        assert table.schema.equals(tables()[name].schema), name
