"""Profiles from a few readable lines.

    profile("main.grow@store/cache.go:88 main.main 100")

is a profile with one sample: its frames leaf first, then a value for each sample type. `a|b` is one location where
`a` was inlined into `b`. Labels come last: `{tenant=north}` a text, `{bytes=48}` a number, `{wait=5ms}` one with a unit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.generated.profile_pb2 import Function, Label, Line, Location, Mapping, Profile, Sample, ValueType
from pipeline.values import Blob, Origin, Source

_LABEL = re.compile(r"\{(?P<key>[^=}]*)=(?:(?P<num>-?\d+)(?P<unit>[a-z]*)|(?P<text>[^}]*))\}")
_FRAME = re.compile(r"^(?P<function>[^@]*)(?:@(?P<file>.*?)(?::(?P<line>\d+))?)?$")
_LOADED_AT = 0x400000


def profile(*samples: str, **header: object) -> bytes:
    """The bytes of a profile; see the top of this file, and `message` for the header."""
    return message(*samples, **header).SerializeToString()  # type: ignore[arg-type]


def message(
    *samples: str,
    types: Sequence[str] = ("inuse_space/bytes",),
    default_type: str = "",
    period: int = 0,
    period_type: str = "",
    time_ns: int = 1_700_000_000_000_000_000,
    duration_ns: int = 0,
    comments: Sequence[str] = (),
    drop_frames: str = "",
    keep_frames: str = "",
    doc_url: str = "",
    loaded_at: int = _LOADED_AT,
    build_id: str = "build-1",
    binary: str = "/app/server",
) -> Profile:
    """The same as a message, for tests that change something in it."""
    made = _Making(Profile(time_nanos=time_ns, duration_nanos=duration_ns, period=period), loaded_at)
    text = made.text
    if binary:
        mapping = Mapping(id=1, memory_start=loaded_at, memory_limit=loaded_at + 0x100000, has_functions=True)
        mapping.filename, mapping.build_id = text(binary), text(build_id)
        made.message.mapping.append(mapping)
    made.message.sample_type.extend(made.value_type(each) for each in types)
    if period_type:
        made.message.period_type.CopyFrom(made.value_type(period_type))
    for sample in samples:
        made.add(sample)
    made.message.comment.extend(map(text, comments))
    made.message.default_sample_type = text(default_type)
    made.message.drop_frames, made.message.keep_frames = text(drop_frames), text(keep_frames)
    made.message.doc_url = text(doc_url)
    made.message.string_table.extend(made.texts)
    return made.message


def blob(content: bytes, *, labels: dict[str, str] | None = None, source_hash: int | None = None) -> Blob:
    """Bytes as the room before hands them over."""
    known = source_hash if source_hash is not None else hash(content) >> 1
    return Blob(Source(known, Origin("profile.pb", labels=labels or {}), len(content), "0" * 64), content)


@dataclass
class _Making:
    message: Profile
    loaded_at: int
    texts: dict[str, int] = field(default_factory=lambda: {"": 0})
    functions: dict[tuple[str, str], int] = field(default_factory=dict)
    locations: dict[str, int] = field(default_factory=dict)

    def text(self, value: str) -> int:
        return self.texts.setdefault(value, len(self.texts))

    def value_type(self, spelled: str) -> ValueType:
        name, _, unit = spelled.partition("/")
        return ValueType(type=self.text(name), unit=self.text(unit))

    def add(self, spelled: str) -> None:
        sample = Sample()
        for label in _LABEL.finditer(spelled):
            sample.label.append(self.label(label))
        words = _LABEL.sub("", spelled).split()
        frames = [word for word in words if not re.fullmatch(r"-?\d+", word)]
        sample.location_id.extend(self.location(frame) for frame in frames)
        sample.value.extend(int(word) for word in words[len(frames) :])
        self.message.sample.append(sample)

    def label(self, found: re.Match[str]) -> Label:
        key = self.text(found["key"])
        if found["num"] is None:
            return Label(key=key, str=self.text(found["text"]))
        return Label(key=key, num=int(found["num"]), num_unit=self.text(found["unit"]))

    def location(self, spelled: str) -> int:
        if spelled not in self.locations:
            place = len(self.locations) + 1
            self.locations[spelled] = place
            lines = [self.line(frame) for frame in spelled.split("|")]
            in_mapping = 1 if self.message.mapping else 0
            address = self.loaded_at + 16 * place
            self.message.location.append(Location(id=place, mapping_id=in_mapping, address=address, line=lines))
        return self.locations[spelled]

    def line(self, spelled: str) -> Line:
        frame = _FRAME.match(spelled)
        assert frame is not None
        key = (frame["function"], frame["file"] or "")
        if key not in self.functions:
            self.functions[key] = len(self.functions) + 1
            name, file = map(self.text, key)
            self.message.function.append(Function(id=self.functions[key], name=name, system_name=name, filename=file))
        return Line(function_id=self.functions[key], line=int(frame["line"] or 0))
