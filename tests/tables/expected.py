"""What the tables of a profile must hold, worked out from its facts one row at a time with the xxhash package.

Unsigned numbers stand there signed, with the same 64 bits.

The ids are those of the docstrings in pipeline/tables/symbols.py and labels.py.
"""

from __future__ import annotations

from typing import Any

import xxhash

from tests.builders.facts import Facts, Label

Row = dict[str, Any]

# Columns of `sample` that have values: those of the first positions, and a list of those beyond.
VALUES = ("value_0", "value_1", "value_2", "value_3", "more_values")


def values_of(row: Row) -> list[int]:
    """The values of a row of `sample`."""
    *own, more = (row[name] for name in VALUES)
    return [value for value in (*own, *(more or ())) if value is not None]


def signed(bits: int) -> int:
    """64 bits as the lake has them."""
    return int.from_bytes(bits.to_bytes(8, "little"), "little", signed=True)


def hash_of(text: bytes) -> int:
    return signed(xxhash.xxh64_intdigest(text))


def id_of(*words: int) -> int:
    """XXH64 of little-endian 64-bit words."""
    return signed(xxhash.xxh64_intdigest(b"".join((word % 2**64).to_bytes(8, "little") for word in words)))


def shown(text: bytes | None) -> str:
    assert text is not None
    return text.decode("utf-8", "replace")


class Expected:
    """Rows of one profile; those of symbols and label sets by id."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.mapping_hashes = [_mapping_id(of) for of in facts.mappings]
        self.function_hashes = [id_of(*map(hash_of, of[:3]), of[3]) for of in facts.functions]
        self.locations = [self._location(of) for of in facts.locations]
        self.stacks = [[self.locations[place]["location_hash"] for place in of[0]] for of in facts.samples]
        self.label_sets = [_in_key_order(of[2]) for of in facts.samples]

    def functions(self) -> dict[int, Row]:
        return {
            known: {"name": shown(of[0]), "system_name": shown(of[1]), "file": shown(of[2]), "start_line": of[3]}
            for known, of in zip(self.function_hashes, self.facts.functions, strict=True)
        }

    def mappings(self) -> dict[int, Row]:
        names = ("has_functions", "has_filenames", "has_line_numbers", "has_inline_frames")
        return {
            known: {
                "file": shown(of[3]),
                "build_id": shown(of[4]),
                "size_bytes": signed((of[1] - of[0]) % 2**64),
                "file_offset_bytes": signed(of[2]),
                **dict(zip(names, of[5:], strict=True)),
            }
            for known, of in zip(self.mapping_hashes, self.facts.mappings, strict=True)
        }

    def location_rows(self) -> dict[int, Row]:
        return {
            of["location_hash"]: {key: value for key, value in of.items() if key != "location_hash"}
            for of in self.locations
        }

    def stack_rows(self) -> dict[int, Row]:
        return {id_of(*of): {"location_hashes": of} for of in self.stacks}

    def label_set_rows(self) -> dict[int, Row]:
        return {
            _label_set_id(of): {
                "labels": [
                    {
                        "key": shown(label.key),
                        "str": None if label.text is None else shown(label.text),
                        "num": None if label.text is not None and label.num == 0 else label.num,
                        "num_unit": None if label.unit is None else shown(label.unit),
                    }
                    for label in of
                ]
            }
            for of in self.label_sets
        }

    def samples(self) -> list[tuple[object, ...]]:
        """sample_index, stack_hash, the first four values and those beyond, label_set_hash."""
        return [
            (
                place,
                id_of(*self.stacks[place]),
                *(*values, None, None, None)[:4],
                list(values[4:]) or None,
                _label_set_id(self.label_sets[place]),
            )
            for place, (_, values, _) in enumerate(self.facts.samples)
        ]

    def _location(self, of: tuple[Any, ...]) -> Row:
        mapping, address, is_folded, lines = of
        if mapping is not None:
            address = (address - self.facts.mappings[mapping][0]) % 2**64
        known = None if mapping is None else self.mapping_hashes[mapping]
        named = [(self.function_hashes[function], line, column) for function, line, column in lines]
        return {
            "location_hash": id_of(known or 0, address, is_folded, *(word for line in named for word in line)),
            "mapping_hash": known,
            "address": signed(address),
            "is_folded": is_folded,
            "lines": [{"function_hash": of, "line": line, "column": column} for of, line, column in named],
        }


def _mapping_id(of: tuple[Any, ...]) -> int:
    start, limit, offset, file, build_id, *flags = of
    return id_of(
        hash_of(file), hash_of(build_id), limit - start, offset, sum(flag << bit for bit, flag in enumerate(flags))
    )


def _in_key_order(labels: tuple[Label, ...]) -> list[Label]:
    return sorted(labels, key=lambda label: label.key)


def _label_set_id(labels: list[Label]) -> int:
    def hash_or_zero(text: bytes | None) -> int:
        return 0 if text is None else hash_of(text)

    return id_of(
        *(
            id_of(
                hash_of(label.key),
                hash_or_zero(label.text),
                label.num,
                hash_or_zero(label.unit),
                (label.text is not None) + 2 * (label.unit is not None),
            )
            for label in labels
        )
    )
