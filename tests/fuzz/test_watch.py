"""The fuzzer sees what it is there to see: a crash, a hang, an exception that is not ours, a promise not kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz.archives import taken_out
from tests.fuzz.child import Ring, Tally, keep
from tests.fuzz.watch import Account, again, does_it_again, fuzz

TOYS = "tests.fuzz.toys:TOYS"


def toy(name: str, folder: Path, *, cases: int = 12) -> Account:
    return fuzz(name, folder / name, seed=1, seconds=20, cases=cases, targets=TOYS)


def seen(account: Account) -> str:
    """What is told of the first finding."""
    return account.findings[0].with_suffix(".txt").read_text()


def test_a_sound_target_has_no_findings_and_runs_as_many_cases_as_asked(tmp_path: Path) -> None:
    account = toy("sound", tmp_path, cases=25)

    assert account.findings == []
    assert (account.cases, account.inputs, account.accepted) == (25, 25, 25)
    assert 1 < account.answers <= 10


def test_a_crash_of_the_process_is_kept_with_its_bytes_and_fuzzing_goes_on(tmp_path: Path) -> None:
    account = toy("crash", tmp_path, cases=6)

    assert "signal SIGSEGV" in seen(account)
    assert all(int(path.read_bytes()) % 2 for path in account.findings)
    assert len(account.findings) > 1
    assert account.cases == 6


def test_a_hang_ends_with_the_place_that_it_hung_at(tmp_path: Path) -> None:
    account = toy("hang", tmp_path, cases=6)

    assert "a case took longer than 1 s" in seen(account)
    assert "in _hang" in seen(account)
    assert int(account.findings[0].read_bytes()) % 2


def test_an_exception_that_is_not_ours_is_kept_once_as_the_one_input_that_does_it(tmp_path: Path) -> None:
    account = toy("foreign", tmp_path)

    assert "IndexError: tuple index out of range" in seen(account)
    (kept,) = account.findings
    assert kept.suffix == ".case"
    assert int(kept.read_bytes()) % 2
    with pytest.raises(IndexError):
        again(kept, targets=TOYS)


def test_what_a_guided_process_died_of_is_a_finding_when_the_case_does_it_again(tmp_path: Path) -> None:
    (tmp_path / "crash").mkdir()
    guilty, innocent = (keep(tmp_path / "crash", [content], "seen") for content in (b"1", b"2"))

    assert does_it_again(guilty, targets=TOYS)
    assert not does_it_again(innocent, targets=TOYS)


def test_a_promise_that_was_not_kept_is_kept(tmp_path: Path) -> None:
    assert "Broken: two rows of one key" in seen(toy("broken", tmp_path))


def test_a_target_that_fails_before_its_first_case_is_a_finding_and_not_tried_for_ever(tmp_path: Path) -> None:
    account = toy("unready", tmp_path)

    assert len(account.findings) == 1
    assert "exit code 3" in seen(account)


def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    one, other = (toy("foreign", tmp_path / name, cases=3) for name in ("one", "other"))

    assert [path.name for path in one.findings] == [path.name for path in other.findings]


def test_findings_are_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings = command.report(toy("broken", tmp_path))

    assert findings == 1
    assert "Broken: two rows of one key" in capsys.readouterr().out


def test_what_is_written_down_is_read_again_by_another(tmp_path: Path) -> None:
    Ring(tmp_path / "current").write([b"one", b"", b"three"], Tally(cases=7, answers=3))

    other = Ring(tmp_path / "current")
    assert other.inputs() == [b"one", b"", b"three"]
    assert other.tally() == Tally(cases=7, answers=3)


def test_a_case_of_several_inputs_comes_out_of_its_tar_as_it_went_in(tmp_path: Path) -> None:
    path = keep(tmp_path, [b"one", b"", b"three"], "seen")

    assert path.suffix == ".tar"
    assert taken_out(path.read_bytes()) == [b"one", b"", b"three"]
