"""The report -dot, and the pictures that Graphviz makes of it; google/pprof, internal/graph/dotgraph.go.

Where pprof writes what a file holds as it is (labels, files, the title), it is escaped here as names are: nobody's label ends a
string and goes on in DOT.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Literal

from pipeline.errors import PipelineError
from pipeline.outputs import units
from pipeline.outputs.pprof.graph import Graph, output_unit
from pipeline.outputs.pprof.heading import of_graph
from pipeline.outputs.pprof.nodelets import MOST, NodeTags, Tag, collapsed, in_order
from pipeline.outputs.pprof.nodes import NodeInfo, base_name
from pipeline.outputs.pprof.picture import drawn_edges, picture
from pipeline.outputs.pprof.report import Report, quotient
from pipeline.text import printable

Image = Literal["svg", "png", "pdf", "ps", "gif"]
_Written = Callable[[int], str]

# graph.ShortenFunctionName. Go's \w is ASCII.
_SHORT: Final = (
    re.compile(r"^(?:[\w\-\.]+\/)+([^.]+\..+)", re.ASCII),
    re.compile(r"^(?:[a-z]\w*\.)*([A-Z][\w\$]*\.(?:<init>|[a-z][\w\$]*(?:\$\d+)?))(?:(?:\()|\Z)", re.ASCII),
    re.compile(r"^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)", re.ASCII),
)
_MODULE_VERSION: Final = re.compile(r"^(.*?)/v(?:[2-9]|[1-9][0-9]+)([./].*)\Z")
_ANONYMOUS: Final = "(anonymous namespace)::"
# Of colours: how far they are moved away from grey.
_SHIFT: Final = 0.7


def dot(report: Report) -> str:
    """graph.ComposeDot."""
    drawn = picture(report)
    graph, order = drawn.trimmed.graph, drawn.trimmed.order
    unit = output_unit(report, drawn.trimmed)
    legend = list(of_graph(report, drawn.trimmed, unit=unit, is_full=True))

    def written(value: int) -> str:
        return report.written(value, unit)

    mappings = report.profile.mappings
    title = escaped(base_name(mappings[0].file)) if mappings and mappings[0].file else ""
    lines = [f'digraph "{title or "unnamed"}" {{', 'node [style=filled fillcolor="#f8f8f8"]', _legend(legend, title)]
    heaviest = max((abs(graph.flat_value(node)) for node in order), default=0)
    edges = drawn_edges(graph)
    leads_on, tagged = set(edges.caller.tolist()), set()
    for number, node in enumerate(order, start=1):
        lines.append(_node(graph, node, number, total=report.total, heaviest=heaviest, written=written))
        boxes = list(_nodelets(drawn.tags, node, number, is_flat=node in leads_on, written=written))
        lines += boxes
        tagged |= {node} if boxes else set()
    numbers = {node: number for number, node in enumerate(order, start=1)}
    columns = (edges.caller, edges.callee, edges.weight, edges.divisor, edges.is_inlined, edges.is_residual)
    for caller, callee, weight, divisor, is_inlined, is_residual in zip(
        *(one.tolist() for one in columns), strict=True
    ):
        attributes = _edge(
            (graph.names[caller], graph.names[callee]),
            quotient(weight, divisor) if divisor else weight,
            total=report.total,
            is_inlined=is_inlined,
            is_residual=is_residual,
            written=written,
        )
        apart = " minlen=2" if caller in tagged else ""
        # A node whose weights cancel out is not drawn; pprof gives it the number 0.
        lines.append(f"N{numbers[caller]} -> N{numbers.get(callee, 0)} [{attributes}{apart}]")
    return "\n".join([*lines, "}", ""])


def image(report: Report, *, kind: Image) -> bytes:
    """A picture by Graphviz' `dot` on PATH, as pprof makes it; raises PipelineError when there is none.

    An SVG has no script for panning: browsers and viewers pan.
    """
    text = dot(report).encode(errors="replace")
    try:
        done = subprocess.run(["dot", f"-T{kind}"], input=text, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise PipelineError(
            f"-{kind} is drawn by Graphviz, and there is no `dot` on PATH; install it (apt install graphviz,"
            " brew install graphviz), or take -dot, which needs none"
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise PipelineError(f"Graphviz' dot ended with {done.returncode}: {said or 'it said nothing'}")
    # dot misses quoting some ampersands, which leaves SVG that cannot be parsed (driver.massageSVG).
    return done.stdout.replace(b"&;", b"&amp;;") if kind == "svg" else done.stdout


_KINDS: Final[tuple[Image, ...]] = ("svg", "png", "pdf", "ps", "gif")
IMAGES: Final[Mapping[str, Callable[[Report], bytes]]] = {kind: partial(image, kind=kind) for kind in _KINDS}


def escaped(text: str) -> str:
    """Text inside a string of DOT, its line breaks as those of DOT's that end a line on the left; graph.escapeForDot.

    What a viewer might obey is spelled out first, `\\x1b`.
    """
    return "\\l".join(printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))


def shortened(name: str) -> str:
    """A function's name without the folders of its package; graph.ShortenFunctionName."""
    name = _MODULE_VERSION.sub(r"\1\2", name.removeprefix(_ANONYMOUS))
    return next((found[1] for pattern in _SHORT if (found := pattern.match(name))), name)


def _legend(legend: Sequence[str], title: str) -> str:
    """builder.addLegend."""
    text = "\\l".join(map(escaped, legend))
    tip = f' tooltip="{title}"' if title else ""
    return f'subgraph cluster_L {{ "{escaped(legend[0])}" [shape=box fontsize=16 label="{text}\\l"{tip}] }}'


def _node(graph: Graph, node: int, number: int, *, total: int, heaviest: int, written: _Written) -> str:
    """builder.addNode."""
    flat, cum = graph.flat_value(node), graph.cum_value(node)
    own = written(flat)
    figures = f"{own} ({units.percentage(flat, total).strip()})" if flat else "0"
    if cum != flat:
        own = written(cum)
        figures += ("\\n" if flat else " ") + f"of {own} ({units.percentage(cum, total).strip()})"
    size = 8
    if heaviest and flat:
        # Not in proportion, so that what is light can be read.
        size += math.ceil(16.0 * math.sqrt(abs(flat) / heaviest))
    colours = [_colour(_ratio(cum, total), is_behind=is_behind) for is_behind in (False, True)]
    return (
        f'N{number} [label="{_name_lines(graph.infos[node])}{figures}" id="node{number}" fontsize={size} shape=box'
        f' tooltip="{escaped(graph.names[node])} ({own})" color="{colours[0]}" fillcolor="{colours[1]}"]'
    )


def _name_lines(info: NodeInfo) -> str:
    """Packages, types and functions on lines of their own; multilinePrintableName."""
    name = escaped(shortened(info.name)).replace("::", "\\n").replace("[...]", "[…]").replace(".", "\\n")
    parts = [f"{info.address:016x}"] if info.address else []
    parts += [name] if name else []
    file = escaped(base_name(info.file)) if info.file else ""
    if info.line:
        parts.append(f"{file}:{info.line}" + (f":{info.column}" if info.column else ""))
    elif file:
        parts.append(file)
    elif not name:
        parts.append(f"[{escaped(base_name(info.binary))}]" if info.binary else "<unknown>")
    return "".join(f"{part}\\n" for part in parts)


def _nodelets(tags: NodeTags, node: int, number: int, *, is_flat: bool, written: _Written) -> Iterator[str]:
    """Boxes for labels: of a node that calls none all its samples', of others those it is the leaf of; builder.addNodelets."""
    numbers = tags.numbers.get(node, {})
    for place, tag in enumerate(in_order(tags.texts.get(node, ()), is_flat=is_flat)[:MOST]):
        weight = tag.flat_value if is_flat else tag.cum_value
        if weight:
            # Between several labels stands a line break of DOT's.
            name = "\\n".join(escaped(part) for part in tag.name.split("\\n"))
            yield from _box(f"N{number}", f"N{number}_{place}", name, written(weight))
            of_text = numbers.get(tag.name, ())
            yield from _number_boxes(f"N{number}_{place}", of_text, is_flat=is_flat, written=written)
    yield from _number_boxes(f"N{number}", numbers.get("", ()), is_flat=is_flat, written=written)


def _number_boxes(source: str, tags: Sequence[Tag], *, is_flat: bool, written: _Written) -> Iterator[str]:
    """builder.numericNodelets."""
    for place, tag in enumerate(collapsed(tags, is_flat=is_flat)):
        is_own = is_flat or tag.flat_value == tag.cum_value
        weight = tag.flat_value if is_own else tag.cum_value
        if weight:
            style = "" if is_own else ' style="dotted"'
            yield from _box(source, f"N{source}_{place}", escaped(tag.name), written(weight), style=style)


def _box(source: str, box: str, name: str, weight: str, *, style: str = "") -> Iterator[str]:
    yield f'{box} [label = "{name}" id="{box}" fontsize=8 shape=box3d tooltip="{weight}"]'
    yield f'{source} -> {box} [label=" {weight}" weight=100 tooltip="{weight}" labeltooltip="{weight}"{style}]'


def _edge(
    ends: tuple[str, str], weight: int, *, total: int, is_inlined: bool, is_residual: bool, written: _Written
) -> str:
    """builder.addEdge."""
    own = written(weight)
    attributes = f'label=" {own}' + ("\\n (inline)" if is_inlined else "") + '"'
    if total:
        for name, most in (("weight", 100), ("penwidth", 5)):
            size = 1 + min(abs(weight * most) // abs(total), most)
            attributes += f" {name}={size}" if size > 1 else ""
        attributes += f' color="{_colour(_ratio(weight, total))}"'
    arrow = "..." if is_residual else "->"
    tip = f'"{escaped(ends[0])} {arrow} {escaped(ends[1])} ({own})"'
    return f"{attributes} tooltip={tip} labeltooltip={tip}" + (' style="dotted"' if is_residual else "")


def _ratio(value: int, total: int) -> float:
    """As Go divides, by nothing too."""
    if total:
        return float(value) / float(abs(total))
    return math.nan if not value else math.copysign(math.inf, value)


def _colour(score: float, *, is_behind: bool = False) -> str:
    """Green for -1, grey for 0, red for 1; dotColor."""
    saturation, value = (0.1, 0.93) if is_behind else (1.0, 0.7)
    if not math.isnan(score):
        score = max(-1.0, min(1.0, score))
    if abs(score) < 0.2:
        saturation *= abs(score) / 0.2
    if score > 0.0:
        score = math.pow(score, 1.0 - _SHIFT)
    if score < 0.0:
        score = -math.pow(-score, 1.0 - _SHIFT)
    red, green = (value * (1 + saturation * score), value) if score < 0.0 else (value, value * (1 - saturation * score))
    parts = (red, green, value * (1 - saturation))
    return "#" + "".join(f"{0 if math.isnan(part) else int(part * 255.0):02x}" for part in parts)
