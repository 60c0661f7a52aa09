"""Profiles as files have them: what a format decoded, with the order and the ids of the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.outputs.pprof.alike import list_classes
from pipeline.outputs.pprof.profile import Functions, Header, LabelSet, Locations, Mapped, Profile, begins
from pipeline.values import Decoded, Int64s, Strings, Symbols

_Text = Callable[[int], str]


def profile_of(decoded: Decoded) -> Profile:
    """The one profile that was decoded."""
    symbols = decoded.symbols
    assert symbols is not None
    columns, text = decoded.columns, _texts(symbols.strings)
    types = np.column_stack([columns["sample_type"]["type_text"], columns["sample_type"]["unit_text"]]).tolist()
    label_set, label_sets = _label_sets(decoded, text)
    offsets, stacks = _stacks(decoded, symbols)
    return Profile(
        header=_header(decoded, text),
        sample_types=tuple((text(name), text(unit)) for name, unit in types),
        values=np.asarray(columns["value"]["value"]).reshape(len(label_set), len(types)),
        offsets=offsets,
        stacks=stacks,
        label_set=label_set,
        label_sets=label_sets,
        locations=_locations(symbols),
        functions=_functions(symbols, text),
        mappings=_mappings(symbols, text),
    )


def _stacks(decoded: Decoded, symbols: Symbols) -> tuple[Int64s, Int64s]:
    """Where the stack of each sample begins, and the stacks; OpenTelemetry has each once, for many samples."""
    of_sample = decoded.columns["sample"].get("stack")
    if of_sample is None:
        return symbols.stack_offsets, symbols.stack_locations
    begin, end = symbols.stack_offsets[:-1][of_sample], symbols.stack_offsets[1:][of_sample]
    offsets = begins(end - begin)
    return offsets, symbols.stack_locations[np.repeat(begin - offsets[:-1], end - begin) + np.arange(offsets[-1])]


def _texts(strings: Strings) -> _Text:
    """What gives the text at a place; what is not UTF-8 is replaced, and -1 is the empty one."""
    data, starts, lengths = strings.data.tobytes(), strings.starts.tolist(), strings.lengths.tolist()
    known: dict[int, str] = {-1: ""}

    def text(place: int) -> str:
        if place not in known:
            start = starts[place]
            known[place] = data[start : start + lengths[place]].decode("utf-8", "replace")
        return known[place]

    return text


def _header(decoded: Decoded, text: _Text) -> Header:
    profile = {name: int(np.asarray(column)[0]) for name, column in decoded.columns["profile"].items()}
    return Header(
        time_ns=profile["time_ns"],
        duration_ns=profile["duration_ns"],
        period=profile["period"],
        period_type=(text(profile["period_type_text"]), text(profile["period_unit_text"])),
        default_sample_type=text(profile["default_sample_type_text"]),
        drop_frames=text(profile["drop_frames_text"]),
        keep_frames=text(profile["keep_frames_text"]),
        comments=tuple(text(place) for place in np.asarray(decoded.columns["comment"]["text"]).tolist()),
        doc_url=text(profile["doc_url_text"]),
    )


def _label_sets(decoded: Decoded, text: _Text) -> tuple[Int64s, tuple[LabelSet, ...]]:
    offsets = np.concatenate([np.zeros(1, np.int64), np.asarray(decoded.columns["sample"]["label_end"])])
    label = decoded.columns["label"]
    columns = [np.asarray(label[name]) for name in ("key_text", "str_text", "num", "num_unit_text")]
    first, label_set = list_classes(offsets, *columns)
    rows = np.column_stack(columns).tolist()
    sets = [rows[offsets[one] : offsets[one + 1]] for one in first.tolist()]
    return label_set, tuple(_label_set(labels, text) for labels in sets)


def _label_set(labels: Sequence[Sequence[int]], text: _Text) -> LabelSet:
    """profile/encode.go, postDecode: units are padded to the number before them, and at the end."""
    texts: dict[str, list[str]] = {}
    numbers: dict[str, list[int]] = {}
    units: dict[str, list[str]] = {}
    for key_text, value_text, number, unit_text in labels:
        key = text(key_text)
        if value_text >= 0:
            texts.setdefault(key, []).append(text(value_text))
        elif number or unit_text >= 0:
            before = numbers.setdefault(key, [])
            if unit_text >= 0:
                of_key = units.setdefault(key, [])
                of_key += [""] * (len(before) - len(of_key)) + [text(unit_text)]
            before.append(number)
    for key, of_key in units.items():
        of_key += [""] * (len(numbers[key]) - len(of_key))
    return LabelSet(
        texts={key: tuple(values) for key, values in texts.items()},
        numbers={key: tuple(values) for key, values in numbers.items()},
        units={key: tuple(values) for key, values in units.items()},
    )


def _locations(symbols: Symbols) -> Locations:
    count = len(symbols.location_address)
    return Locations(
        id=np.arange(1, count + 1, dtype=np.uint64) if symbols.location_id is None else symbols.location_id,
        mapping=symbols.location_mapping,
        address=symbols.location_address,
        is_folded=symbols.location_is_folded,
        offsets=symbols.location_line_offsets,
        function=symbols.line_function,
        line=symbols.line_line,
        column=symbols.line_column,
    )


def _functions(symbols: Symbols, text: _Text) -> Functions:
    names, system_names, files = (
        [text(place) for place in column.tolist()]
        for column in (symbols.function_name_text, symbols.function_system_name_text, symbols.function_file_text)
    )
    return Functions(names, system_names, files, symbols.function_start_line)


def _mappings(symbols: Symbols, text: _Text) -> tuple[Mapped, ...]:
    count = len(symbols.mapping_start)
    ids = range(1, count + 1) if symbols.mapping_id is None else symbols.mapping_id.tolist()
    return tuple(
        Mapped(id, start, limit, offset, text(file), text(build_id), *(bool(flags & bit) for bit in (1, 2, 4, 8)))
        for id, start, limit, offset, file, build_id, flags in zip(
            ids,
            symbols.mapping_start.tolist(),
            symbols.mapping_limit.tolist(),
            symbols.mapping_file_offset.tolist(),
            symbols.mapping_file_text.tolist(),
            symbols.mapping_build_id_text.tolist(),
            symbols.mapping_flags.tolist(),
            strict=True,
        )
    )
