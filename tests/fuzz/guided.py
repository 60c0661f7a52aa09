"""Cases that branches not seen before lead to: atheris (libFuzzer) over the parts that are Python.

Compiled kernels have no branches it sees; for those the mutations go on by what the decoders say. Where atheris is not
installed, which has no wheels for every Python and system, all targets are mutated so.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import time
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.fuzz.child import Attempts
    from tests.fuzz.target import Target

_WATCHED: Final = "pipeline.inputs"
# Imported before, and so left as they are: numba compiles bytecode, which atheris changes.
_UNWATCHED: Final = ("pipeline.formats", "pipeline.tables.build", "pipeline.warehouse.questions")
_MOST_BYTES: Final = 1 << 20


def is_possible() -> bool:
    """Whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def instrumented(targets: str) -> Mapping[str, Target]:
    """The mapping of targets, imported so that atheris sees the branches behind it."""
    import atheris

    for unwatched in _UNWATCHED:
        importlib.import_module(unwatched)
    with atheris.instrument_imports(include=[_WATCHED]):
        module, _, name = targets.partition(":")
        found: Mapping[str, Any] = getattr(importlib.import_module(module), name)
    return found


def guide(attempts: Attempts, *, seed: int, seconds: float) -> None:
    """Run cases for so long, then end the process: libFuzzer does not return."""
    import atheris

    corpus = attempts.folder / "corpus"
    if not attempts.tally.cases:
        shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(exist_ok=True)
    for place, content in enumerate(attempts.corpus.contents):
        (corpus / f"seed-{place}").write_bytes(content)

    def mutated(data: bytes, most: int, number: int) -> bytes:
        draw = Random(number)
        if draw.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return attempts.target.mutate([*attempts.corpus.contents, data], draw)[:most]

    ends = time.monotonic() + seconds

    def run(data: bytes) -> None:
        if time.monotonic() > ends:
            attempts.ring.write([], attempts.tally)
            os._exit(0)
        attempts.run([data])

    options = [f"-seed={seed % 2**32 or 1}", f"-max_len={_MOST_BYTES}", "-rss_limit_mb=0", "-timeout=0", "-verbosity=0"]
    options.append(f"-artifact_prefix={attempts.folder}/")
    atheris.Setup(["fuzz", *options, str(corpus)], run, custom_mutator=mutated)
    atheris.Fuzz()
