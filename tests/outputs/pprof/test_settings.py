"""What a report may be asked."""

from __future__ import annotations

from dataclasses import fields

from pipeline.outputs.pprof.settings import FILTERS, Settings


def test_nothing_is_asked_unless_told() -> None:
    settings = Settings()

    assert {name: getattr(settings, name) for name in FILTERS} == dict.fromkeys(FILTERS, "")
    assert (settings.nodecount, settings.nodefraction, settings.edgefraction) == (-1, 0.005, 0.001)
    assert len(fields(settings)) == 31
