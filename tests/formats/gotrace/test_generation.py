"""What a generation holds."""

from __future__ import annotations

import pytest

from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.window import in_memory
from pipeline.formats.gotrace.wire import generations
from tests.builders.trace import batch, stacks, strings, trace


@pytest.mark.parametrize("version", [22, 26])
def test_a_generation_with_a_clock_alone_is_bare_and_no_other(version: int) -> None:
    of_each = [
        (),
        (),
        (strings({1: "a"}, generation=3),),
        (stacks({1: []}, generation=4),),
        (batch("ProcStatus dt=1 p=0 pstatus=1", thread=7, generation=5),),
    ]
    content = trace(version, *of_each)
    whole = [one for one in generations(in_memory(content), version) if isinstance(one, Generation)]

    assert [one.is_bare for one in whole] == [True, True, False, False, False]
