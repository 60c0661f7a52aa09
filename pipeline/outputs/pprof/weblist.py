"""The report -weblist: source as a page, address by address; google/pprof, internal/report/source.go.

What pprof shows of a binary that it does not find: no instructions, the calls that were inlined at a line alone. The text of the
page is pprof's; its marks, colours and head are ours, and nothing in it is a script. Where several addresses of one line have
calls inlined, pprof shows them in any order, we by address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import units
from pipeline.outputs.document import document
from pipeline.outputs.pprof.heading import of_profile
from pipeline.outputs.pprof.nodes import base_name, clean
from pipeline.outputs.pprof.pattern import matching
from pipeline.outputs.pprof.profile import Profile
from pipeline.outputs.pprof.report import Report, quotient
from pipeline.outputs.pprof.source import Read, reader, shown
from pipeline.source_code import NoSource
from pipeline.values import Bools

# Lines of one function that are no further apart are one part; how many are shown around each.
_APART: Final = 20
_AROUND: Final = 5
_CODE: Final = 80
_UNKNOWN: Final = "<instructions with unknown line numbers>"
_BEHIND: Final = "???"
_WORKING: Final = "/proc/self/cwd/"


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of an address."""

    function: str
    system_name: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a line: an address, and the calls inlined there, the outermost first."""

    address: int
    flat: int
    cum: int
    calls: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a function that are near each other; the last one is not among them."""

    name: str
    begin: int
    end: int
    flat: int
    cum: int


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page, and what is inlined at it."""

    number: int
    kind: str
    text: str
    inlined: tuple[tuple[str, str], ...] = ()


def weblist(report: Report) -> str:
    """The page; report.MakeWebList, driver.printWebList. Raises UsageError when nothing matches."""
    legend = list(of_profile(report, unit=report.settings.unit))
    named = {
        key: next((one.removeprefix(key) for one in legend if one.startswith(key)), "unknown")
        for key in ("File: ", "Type: ")
    }
    return document(
        "weblist.html",
        title=" ".join(named.values()),
        scripts=(),
        styles=("page.css",),
        legend=legend,
        total=report.written(report.total, report.settings.unit),
        functions=list(_functions(report, reader(report).lines)),
    )


def _functions(report: Report, read: Read) -> Iterator[dict[str, object]]:
    """Functions by file, with what the template shows."""
    unit = report.settings.unit
    files, names = _files(report)
    for file in sorted(files):
        lines, owners = files[file], names[file]
        for part in _parts(lines, owners):
            if part.cum:
                flat, cum = (report.written(value, unit) for value in (part.flat, part.cum))
                share = units.percentage(part.cum, report.total)
                yield {
                    "name": part.name,
                    "file": file,
                    "total": f"  Total:  {flat:>10} {cum:>10} (flat, cum) {share}",
                    "rows": list(_rows(report, part, file, lines, read)),
                }


def _files(report: Report) -> tuple[dict[str, dict[int, list[Place]]], dict[str, dict[int, str]]]:
    """By file and line what stands there, and whose line it is; newSourcePrinter and addStack."""
    profile = report.profile
    addresses, flat, cum, used = _weighed(report)
    is_found, is_outermost = _found(profile, report.pattern, addresses)
    is_found &= used
    if not is_found.any():
        raise UsageError(f"no matches found for regexp: {report.pattern}")
    interest = _interest(profile, is_found, is_outermost, report.pattern)
    # Of several locations of one address the first on a stack stands for it.
    first = {
        address: location
        for location, address in reversed([(place, addresses[place]) for place in _order(profile, is_found)])
    }
    files: dict[str, dict[int, list[Place]]] = {}
    names: dict[str, dict[int, str]] = {}
    for address in sorted(first):
        frames = _frames(profile, first[address])
        for depth, frame in enumerate(frames):
            if frame.function in interest:
                file = _canonical(frame.file)
                place = Place(address, flat[address], cum[address], tuple(reversed(frames[:depth])))
                files.setdefault(file, {}).setdefault(frame.line, []).append(place)
                names.setdefault(file, {}).setdefault(frame.line, frame.function)
    return files, names


def _weighed(report: Report) -> tuple[list[int], Mapping[int, int], Mapping[int, int], Bools]:
    """The address of each location, the weights of each address, and which locations are on a stack.

    A location without an address gets one behind all mappings (synth.go); one that is on a stack twice counts twice.
    """
    profile, values = report.profile, report.values
    if report.divisors is not None:
        pairs = zip(values.tolist(), report.divisors.tolist(), strict=True)
        values = np.array([quotient(value, divisor) if divisor else value for value, divisor in pairs], np.int64)
    behind = max((mapping.limit for mapping in profile.mappings), default=1)
    addresses = [address or max(behind, 1) + place for place, address in enumerate(profile.locations.address.tolist())]
    count = len(profile.locations)
    cum, flat = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(cum, profile.stacks, values[profile.owner])
    has_leaf = np.flatnonzero(np.diff(profile.offsets) > 0)
    np.add.at(flat, profile.stacks[profile.offsets[has_leaf]], values[has_leaf])
    of_address: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for place, address in enumerate(addresses):
        for sums, weights in zip(of_address, (flat, cum), strict=True):
            sums[address] = sums.get(address, 0) + int(weights[place])
    used = np.zeros(count, np.bool_)
    used[profile.stacks] = True
    return addresses, *of_address, used


def _found(profile: Profile, pattern: str, addresses: Sequence[int]) -> tuple[Bools, Bools]:
    """Locations with a line that matches, and those that are meant by their address."""
    locations = profile.locations
    wanted = _address(pattern)
    by_address = np.fromiter((address == wanted for address in addresses), np.bool_, len(addresses))
    lines = _matching_lines(profile, pattern)
    found = np.bincount(locations.owner[lines], minlength=len(locations)) > 0
    has_lines = np.diff(locations.offsets) > 0
    return (found | by_address) & has_lines, by_address


def _matching_lines(profile: Profile, pattern: str) -> Bools:
    """Lines whose function matches by one of its names or its file; of one in a binary that matches, the innermost."""
    functions, locations = profile.functions, profile.locations
    of_function = np.zeros(len(functions) + 1, np.bool_)
    for texts in (functions.names, functions.system_names, functions.files):
        of_function[:-1] |= matching(texts, pattern)
    of_mapping = np.zeros(len(profile.mappings) + 1, np.bool_)
    of_mapping[:-1] = matching([mapping.file for mapping in profile.mappings], pattern)
    lines = of_function[locations.function]
    innermost = locations.offsets[:-1][(np.diff(locations.offsets) > 0) & of_mapping[locations.mapping]]
    lines[innermost] = True
    return lines & (locations.function >= 0)


def _interest(profile: Profile, is_found: Bools, by_address: Bools, pattern: str) -> set[str]:
    """Names of the functions that were asked for."""
    locations, functions = profile.locations, profile.functions
    owner = locations.owner
    lines = _matching_lines(profile, pattern) & is_found[owner] & ~by_address[owner]
    outermost = locations.offsets[1:][is_found & by_address] - 1
    places = {*locations.function[lines].tolist(), *locations.function[outermost].tolist()} - {-1}
    return {name for place in places for name in (functions.names[place], functions.system_names[place])}


def _order(profile: Profile, is_found: Bools) -> list[int]:
    """Locations as stacks have them, from the roots on, each once."""
    sizes = np.diff(profile.offsets)
    place = np.repeat(profile.offsets[:-1] + profile.offsets[1:] - 1, sizes) - np.arange(len(profile.stacks))
    seen = profile.stacks[place]
    values, first = np.unique(seen[is_found[seen]], return_index=True)
    ordered: list[int] = values[np.argsort(first)].tolist()
    return ordered


def _frames(profile: Profile, location: int) -> list[Frame]:
    locations, functions = profile.locations, profile.functions
    lines = range(int(locations.offsets[location]), int(locations.offsets[location + 1]))
    return [
        Frame(functions.names[place], functions.system_names[place], functions.files[place], int(locations.line[line]))
        for line in lines
        if (place := int(locations.function[line])) >= 0
    ]


def _parts(lines: Mapping[int, Sequence[Place]], owners: Mapping[int, str]) -> list[Part]:
    """sourcePrinter.functions."""
    parts: list[Part] = []
    for number in sorted(lines):
        flat, cum = sum(one.flat for one in lines[number]), sum(one.cum for one in lines[number])
        last = parts[-1] if parts else None
        if last and number - last.end < _APART and last.name == owners[number]:
            parts[-1] = replace(last, end=number + 1, flat=last.flat + flat, cum=last.cum + cum)
        else:
            parts.append(Part(owners[number], number, number + 1, flat, cum))
    for place, part in enumerate(parts):
        if place == 0:
            # Line 0 is one that is not known.
            begin = part.begin - _AROUND if part.begin > _AROUND else min(part.begin, 1)
        else:
            gap = min(quotient(part.begin - parts[place - 1].end, 2), _AROUND)
            parts[place - 1] = replace(parts[place - 1], end=parts[place - 1].end + gap)
            begin = part.begin - gap
        parts[place] = replace(part, begin=begin)
    if parts:
        parts[-1] = replace(parts[-1], end=parts[-1].end + _AROUND)
    return parts


def _rows(report: Report, part: Part, file: str, lines: Mapping[int, Sequence[Place]], read: Read) -> Iterator[Row]:
    """sourcePrinter.generateFile."""
    text = _text(read, file)
    for number in range(part.begin, part.end):
        places = lines.get(number, ())
        if 0 < number <= len(text):
            source = text[number - 1]
        elif places:
            source = _BEHIND if number else _UNKNOWN
        else:
            continue
        flat, cum = (
            report.written(value, report.settings.unit) if value else "."
            for value in (sum(one.flat for one in places), sum(one.cum for one in places))
        )
        inlined = tuple(_inlined(places, source, read)) if any(one.calls for one in places) else ()
        kind = "nop" if not places else "live" if inlined else "dead"
        yield Row(number, kind, f"  {flat:>10} {cum:>10} {'':>8}  {shown(source)} ", inlined)


def _inlined(places: Sequence[Place], source: str, read: Read) -> Iterator[tuple[str, str]]:
    """The lines of calls inlined at a line, those that an address shares with the one before it once; makeWebListInstructions."""
    indent = _indentation(source)
    current: tuple[Frame, ...] = ()
    before: int | None = None
    for place in places:
        if before is not None and place.address != before + 1:
            yield f" {'':>8} {'⋮':>28}\n", ""
        before = place.address
        for depth, call in enumerate(place.calls):
            if depth < len(current) and _site(current[depth]) == _site(call):
                continue
            current = ()
            text = _text(read, call.file)
            line = text[call.line - 1].strip() if 0 < call.line <= len(text) else ""
            code = _padded(" " * (indent + 4 + 4 * depth) + line)
            yield f" {'':>8} {'':>10} {'':>10} {'':>8}  {shown(code)} ", f"{base_name(call.file)}:{call.line}"
        current = place.calls


def _site(frame: Frame) -> tuple[str, int]:
    return frame.file, frame.line


def _text(read: Read, file: str) -> Sequence[str]:
    """The lines of a file, none where it is not at hand."""
    try:
        return read(file)
    except NoSource:
        return ()


def _canonical(file: str) -> str:
    """canonicalizeFileName."""
    return clean(file.removeprefix(_WORKING).removeprefix("./")) or "."


def _indentation(line: str) -> int:
    """Columns before the first letter, tabs to every eighth."""
    column = 0
    for letter in line:
        if letter == " ":
            column += 1
        elif letter == "\t":
            column += 8 - column % 8
        else:
            break
    return column


def _padded(text: str) -> str:
    """rightPad: tabs as pprof widens them."""
    widened: list[str] = []
    for letter in text:
        widened.append(" " if letter == "\t" else letter)
        while letter == "\t" and len(widened) % 8:
            widened.append(" ")
    return "".join(widened).ljust(_CODE)


def _address(pattern: str) -> int | None:
    """A pattern that is a number means an address, too."""
    try:
        wanted = int(pattern, 0)
    except ValueError:
        return None
    return wanted if 0 <= wanted < 2**64 else None
