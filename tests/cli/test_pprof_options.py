"""The options of `go tool pprof`."""

from __future__ import annotations

import dataclasses
from typing import Any

import click
import pytest
from click.testing import CliRunner

from pipeline.cli.pprof_options import report_options, settings_options, spellings
from pipeline.cli.spelling import spelled
from pipeline.outputs.pprof.settings import Settings


def asked(*arguments: str) -> Settings:
    """The settings that arguments make."""
    found: list[Settings] = []

    @click.command()
    @settings_options()
    def command(settings: Settings) -> None:
        found.append(settings)

    result = CliRunner().invoke(command, spelled(command, arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return found[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["-cum"], {"sort": "cum"}),
        (["-lines", "-noinlines"], {"granularity": "lines", "noinlines": True}),
        (["-trim=false"], {"trim": False}),
        (["-trim=true", "-mean=0"], {}),
        (["-inuse_space"], {"sample_index": "inuse_space"}),
        (["--alloc-objects"], {"sample_index": "alloc_objects"}),
        (["-mean_delay"], {"sample_index": "delay", "mean": True}),
        (["-sample_index=1", "-total_delay"], {"sample_index": "1"}),
        (["-nodecount", "-1", "-nodefraction=2"], {"nodefraction": 2.0}),
        (["-divide_by=2.5", "--show-from=x"], {"divide_by": 2.5, "show_from": "x"}),
    ],
)
def test_options_are_settings(arguments: list[str], expected: dict[str, Any]) -> None:
    assert asked(*arguments) == Settings(**expected)


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(Settings) if isinstance(one.default, str)])
def test_every_text_can_be_asked_with_one_dash_or_two(name: str) -> None:
    if name not in ("sort", "granularity"):
        for spelling in spellings(name):
            assert getattr(asked(f"{spelling}=x"), name) == "x"


def test_a_report_is_a_flag_or_takes_a_pattern() -> None:
    found: list[tuple[str, str]] = []

    @click.command()
    @report_options
    def command(report: Any, pattern: str) -> None:
        found.append((report.kind.name, pattern))

    for words in (["-traces"], ["-peek=x"], ["--peek", "y"]):
        CliRunner().invoke(command, spelled(command, words), catch_exceptions=False)

    assert found == [("traces", ""), ("peek", "x"), ("peek", "y")]
