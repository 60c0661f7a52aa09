"""Compiled kernels, kept and run without their compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import config
from pipeline.kernels import Kernel, cache_folder, ids, native
from pipeline.values import UInt64s

pytestmark = pytest.mark.skipif(not config.is_compiling(), reason="kernels are ordinary functions here")

REPOSITORY = Path(__file__).parents[2]
# Arrays and tuples in and out, and texts of which named tuples of arrays become; prints what it came to.
RUN = """
import json
import sys

import numpy as np

from pipeline import warm
from pipeline.formats.pprof.wire import parse
from pipeline.kernels.ids import first_of_each

firsts, inverse = first_of_each(np.array([7, 9, 7], np.uint64))
parsed = parse([(warm.TINY / "profile.pb").read_bytes()])
print(json.dumps([firsts.tolist(), inverse.tolist(), parsed.columns.function.tolist(), "numba" in sys.modules]))
"""


def run() -> list[object]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, check=True, env=environment, cwd=REPOSITORY)
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.fixture
def kept() -> Path:
    """Where the look-up of small ids is kept."""
    ids.first_of_each(np.array([1], np.uint64))
    return next(cache_folder().glob("pipeline.kernels.ids.first_of_each-????????????????"))


def test_a_process_after_the_first_runs_kernels_without_numba() -> None:
    first, second = run(), run()

    assert second == [*first[:3], False]
    assert second[:2] == [[0, 1], [0, 1, 0]]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_not_loaded(kept: Path, tmp_path: Path, share: float) -> None:
    content = kept.read_bytes()
    (tmp_path / "cut").write_bytes(content[: int(share * len(content))])

    assert native.load(tmp_path / "cut") is None


def test_a_file_of_which_one_bit_is_another_is_not_loaded(kept: Path, tmp_path: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed").write_bytes(content)

    assert native.load(tmp_path / "changed") is None


def test_code_that_names_what_is_not_there_is_not_loaded(kept: Path, tmp_path: Path) -> None:
    content = kept.read_bytes()[16:].replace(b"NRT_MemInfo_alloc_aligned", b"NRT_MemInfo_allot_aligned")
    (tmp_path / "foreign").write_bytes(native._digest(content) + content)

    assert native.load(tmp_path / "foreign") is None


def test_no_file_is_not_loaded(tmp_path: Path) -> None:
    assert native.load(tmp_path / "none") is None


def test_what_is_loaded_gives_arrays_that_outlive_it(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "kernel").write_bytes(kept.read_bytes())
    loaded = native.load(tmp_path / "kernel")
    assert loaded is not None

    firsts, inverse = loaded(np.array([5, 5, 6], np.uint64))
    del loaded

    assert (firsts.tolist(), inverse.tolist()) == ([0, 2], [0, 0, 1])


def test_a_kernel_is_compiled_beside_those_that_were_loaded(kept: Path) -> None:
    def count(numbers: UInt64s) -> int:
        firsts, _ = ids.first_of_each(numbers)
        return len(firsts)

    assert native.load(kept) is not None
    assert Kernel(count)(np.array([3, 4, 3], np.uint64)) == 2


def test_what_numba_tells_apart_is_compiled_apart() -> None:
    total = Kernel(_total)
    whole = np.arange(24, dtype=np.int64).reshape(4, 6)
    read_only = whole.copy()
    read_only.flags.writeable = False
    given = [whole, whole.T, whole[:, ::2], read_only, whole.astype(np.float32), whole.astype(">i4").astype(np.int32)]

    assert [total(one) for one in given] == [int(one.sum()) for one in given]
    assert len(total._native) == len(given)


def test_numbers_are_told_apart_as_numba_does() -> None:
    same = Kernel(_same)
    given = [1, -1, 2**63, np.uint64(2**63), 1.5, True, np.int32(4)]

    assert [same(one) for one in given] == given
    assert len(same._native) == len(given) - 1


def test_a_kernel_is_given_no_text() -> None:
    with pytest.raises(TypeError, match="takes arrays and numbers, and was given a str"):
        Kernel(_same)("text")


def test_a_kernel_of_elsewhere_leaves_no_file() -> None:
    Kernel(_same)(np.int16(2))

    assert not list(cache_folder().glob(f"{__name__}*"))


def _total(numbers: np.ndarray) -> float:  # type: ignore[type-arg]
    total = numbers[0, 0] * 0
    for row in range(numbers.shape[0]):
        for column in range(numbers.shape[1]):
            total += numbers[row, column]
    return total


def _same(number: float) -> float:
    return number
