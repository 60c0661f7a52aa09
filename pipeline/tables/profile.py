"""Profiles and their samples as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.kernels.ids import first_of_each
from pipeline.tables.kind import kinds
from pipeline.tables.labels import label_sets
from pipeline.tables.sample import value_columns
from pipeline.tables.source import label_columns, label_maps, series_hashes
from pipeline.tables.symbols import SymbolIds, symbol_tables
from pipeline.tables.table import declared
from pipeline.tables.text import text_array
from pipeline.values import Blob, Column, Decoded, Int64s, Symbols, UInt64s

_NS_PER_US = 1_000
_US_PER_DAY = 86_400_000_000


def profile_tables(decoded: Decoded, blobs: Sequence[Blob]) -> Mapping[str, pa.Table]:
    """Every table that pprof profiles fill; `blobs` are those that were decoded."""
    symbols = _symbols(decoded)
    built, ids = symbol_tables(symbols)
    sound = [blobs[index] for index in decoded.columns["profile"]["blob_index"].tolist()]
    profile_hash = np.array([blob.source.source_hash for blob in sound], np.int64)
    label_set_hash, label_set = label_sets(
        decoded.columns["label"], decoded.columns["sample"]["label_end"], strings=symbols.strings, text=ids.text
    )
    profiles = _profiles(decoded, sound, profile_hash=profile_hash)
    return {
        **built,
        "label_set": label_set,
        "profile": profiles,
        "profile_sample_type": _sample_types(decoded, profile_hash),
        "profile_mapping": _mappings(decoded, ids, profile_hash=profile_hash),
        "sample": _samples(decoded, profiles, ids=ids, label_set_hash=label_set_hash),
    }


def _symbols(decoded: Decoded) -> Symbols:
    assert decoded.symbols is not None, "a format that decodes profiles gives symbols"
    return decoded.symbols


def _profiles(decoded: Decoded, blobs: Sequence[Blob], *, profile_hash: Int64s) -> pa.Table:
    profile, symbols = decoded.columns["profile"], _symbols(decoded)
    time_ns = np.ascontiguousarray(profile["time_ns"])
    taken_at = np.maximum(time_ns, 0) // _NS_PER_US
    kind = kinds(decoded)
    labels = [blob.source.origin.labels for blob in blobs]
    program = _of_main_mapping(profile, symbols, texts=symbols.mapping_file_text)
    build_id = _of_main_mapping(profile, symbols, texts=symbols.mapping_build_id_text)
    told_apart_by = [
        " ".join(filter(None, texts)) for texts in zip(program.to_pylist(), build_id.to_pylist(), strict=True)
    ]
    series_hash = series_hashes(kind, labels, told_apart_by)
    columns: dict[str, Column] = {
        "profile_hash": profile_hash,
        "source_hash": profile_hash,
        "series_hash": series_hash,
        "kind": pa.array(kind, pa.string()),
        "day": pa.array((taken_at // _US_PER_DAY).astype(np.int32)).cast(pa.date32()),
        "taken_at": pa.array(taken_at).cast(pa.timestamp("us")),
        "time_ns": time_ns,
        "duration_ns": profile["duration_ns"],
        "period": profile["period"],
        "program": program,
        "build_id": build_id,
        "labels": label_maps(labels),
        "sample_count": np.diff(_offsets(profile["sample_end"])),
        "comments": _comments(decoded),
        **label_columns(labels, ("service", "instance", "build")),
        **{name: text_array(symbols.strings, profile[f"{name}_text"]) for name in _HEADER_TEXTS},
    }
    return declared("profile", columns)


_HEADER_TEXTS = ("period_type", "period_unit", "default_sample_type", "drop_frames", "keep_frames", "doc_url")


def _of_main_mapping(profile: Mapping[str, Column], symbols: Symbols, *, texts: Int64s) -> pa.Array:
    """A text of the first mapping of each profile, which is the program itself; NULL where there is none."""
    ends = _offsets(profile["mapping_end"])
    has_mapping = ends[:-1] < ends[1:]
    text = np.full(len(has_mapping), -1, np.int64)
    text[has_mapping] = texts[ends[:-1][has_mapping]]
    found = text_array(symbols.strings, text)
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)


def _comments(decoded: Decoded) -> pa.Array:
    offsets = pa.array(_offsets(decoded.columns["profile"]["comment_end"]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, text_array(_symbols(decoded).strings, decoded.columns["comment"]["text"]))


def _sample_types(decoded: Decoded, profile_hash: Int64s) -> pa.Table:
    ends = decoded.columns["profile"]["sample_type_end"]
    sample_type, strings = decoded.columns["sample_type"], _symbols(decoded).strings
    profile_of, position = _positions(ends)
    columns: dict[str, Column] = {
        "profile_hash": profile_hash[profile_of],
        "position": position,
        "sample_type": _type_names(decoded),
        "unit": text_array(strings, sample_type["unit_text"]),
    }
    return declared("profile_sample_type", columns)


def _mappings(decoded: Decoded, ids: SymbolIds, *, profile_hash: Int64s) -> pa.Table:
    symbols = _symbols(decoded)
    profile_of, position = _positions(decoded.columns["profile"]["mapping_end"])
    columns: dict[str, Column] = {
        "profile_hash": profile_hash[profile_of],
        "position": position,
        "mapping_hash": ids.mapping,
        "memory_start": symbols.mapping_start,
        "memory_limit": symbols.mapping_limit,
    }
    return declared("profile_mapping", columns)


def _samples(decoded: Decoded, profiles: pa.Table, *, ids: SymbolIds, label_set_hash: UInt64s) -> pa.Table:
    profile_of, place = _positions(decoded.columns["profile"]["sample_end"])
    owner = pa.array(profile_of.astype(np.int32))
    stack = decoded.columns["sample"].get("stack")
    columns: dict[str, Column] = {
        "profile_hash": profiles["profile_hash"].to_numpy()[profile_of],
        "sample_index": place,
        # A format that knows which samples have the same stack gives each stack once.
        "stack_hash": ids.stack if stack is None else ids.stack[np.asarray(stack)],
        **value_columns(decoded.columns["sample"]["value_end"], decoded.columns["value"]["value"]),
        "label_set_hash": label_set_hash,
        "kind": pa.DictionaryArray.from_arrays(owner, profiles["kind"].combine_chunks()),
        "day": profiles["day"].combine_chunks().take(owner),
    }
    return declared("sample", columns)


def _type_names(decoded: Decoded) -> pa.StringArray:
    """Each sample type's name; one that its profile has had already gets its position behind a #."""
    names = text_array(_symbols(decoded).strings, decoded.columns["sample_type"]["type_text"])
    profile_of, position = _positions(decoded.columns["profile"]["sample_type_end"])
    codes = names.dictionary_encode().indices.to_numpy()
    first, _ = first_of_each(_words(profile_of) << np.uint64(32) | _words(codes))
    if len(first) == len(names):
        return names
    repeated = np.ones(len(names), np.bool_)
    repeated[first] = False
    numbered = pc.binary_join_element_wise(names, pa.array(position).cast(pa.string()), "#")
    return pc.if_else(pa.array(repeated), numbered, names)


def _words(numbers: np.ndarray) -> UInt64s:
    return numbers.astype(np.uint64)


def _positions(ends: Int64s) -> tuple[Int64s, np.ndarray]:
    """For rows that belong to profiles one after the other: whose each is, and its place there."""
    sizes = np.diff(_offsets(ends))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return owner, (np.arange(len(owner)) - (ends - sizes)[owner]).astype(np.int32)


def _offsets(ends: Int64s) -> Int64s:
    return np.concatenate([np.zeros(1, np.int64), ends])
