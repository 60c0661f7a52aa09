"""Every kind of oddity a source can have: how bad it is, and what to make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteKind:
    """severity is `info` (nothing lost), `loss` (something was left out) or `error` (a promise was broken)."""

    severity: str
    advice: str


NOTE_KINDS: Mapping[str, NoteKind] = {
    "text_not_utf8": NoteKind(
        "info", "Bytes that are not UTF-8 were replaced by U+FFFD in names; the file's producer wrote them."
    ),
    "no_time": NoteKind(
        "info",
        "The profile has no time; it counts as taken on 1970-01-01, and growth between several such says nothing of time.",
    ),
    "time_out_of_range": NoteKind(
        "info", "The profile's time lies outside the years 1970 to 2261; it counts as taken on 1970-01-01."
    ),
    "sum_out_of_range": NoteKind(
        "loss",
        "The values add up to more than 64 bits hold, so totals and growth stop at the end of what they hold; a value is damaged.",
    ),
    "clock_out_of_range": NoteKind(
        "loss",
        "The trace's clock runs for more than a year, so sums of its times may stop at the end of 64 bits; it is damaged.",
    ),
    "profile_cut_off": NoteKind(
        "loss", "The profile ends before its end, so samples are missing; compare its size with the server's."
    ),
    "dump_cut_off": NoteKind(
        "loss", "The dump ends within a line: the runtime cuts one at 64 MB, or the file was copied too early."
    ),
    "empty_profile": NoteKind("info", "The profile has no samples."),
    "sample_times_left_out": NoteKind(
        "loss", "Samples say at which moments they were taken; how often is kept, when is not."
    ),
    "no_functions": NoteKind("info", "No location has a symbol; symbolise the profile first to see names."),
    "unknown_mapping": NoteKind(
        "info", "Locations name a mapping that the file does not have; they count as unmapped, as pprof treats them."
    ),
    "label_without_value": NoteKind(
        "loss", "Labels with neither text, number nor unit were left out, as pprof leaves them out."
    ),
    "unknown_field": NoteKind(
        "info", "Fields that profile.proto does not define were skipped; the producer is newer than heapscape."
    ),
    "duplicate_verdict": NoteKind("info", "The report repeats verdicts word for word; each counts once."),
    "other_diagnostics": NoteKind("info", "Lines of the build that are not about escapes or inlining were skipped."),
    "truncated_explanation": NoteKind(
        "loss", "The compiler cut an explanation short at an assignment cycle; see golang.org/issue/35518."
    ),
    "explanation_without_verdict": NoteKind(
        "info", "Explanations of -m=2 whose verdict the report does not have were left out."
    ),
    "malformed_line": NoteKind("loss", "Lines that break the format were skipped; the file may be cut off."),
    "unterminated_line": NoteKind("info", "The report does not end with a line feed; its last line may be cut off."),
    "unreadable_line": NoteKind(
        "loss",
        "Lines that begin as the Go runtime's and go on otherwise were skipped: other output came between, or the log is cut off.",
    ),
    "glued_line": NoteKind(
        "info", "Other output stands on the same line; what the Go runtime wrote was taken out of it."
    ),
    "message_without_text": NoteKind(
        "loss",
        "Messages of journald's have no text: it leaves out what is longer than 4 KB; export them with `journalctl --all -o json`.",
    ),
    "number_out_of_range": NoteKind(
        "loss", "Lines with a number that 64 bits do not hold were skipped; they are damaged."
    ),
    "stamp_incomplete": NoteKind(
        "info", "Lines are stamped without year, date or a known zone, so when they were written is not known."
    ),
    "log_newest_first": NoteKind("info", "The log's newest lines come first; it was read from its end."),
    "stamp_without_zone": NoteKind("info", "Lines are stamped without a time zone; their times count as UTC."),
    "dumps_left_out": NoteKind(
        "loss",
        "The log has more lines about goroutines than the 64 MB that are kept of one that is too large to be held: cut it into smaller ones.",
    ),
    "log_cut_off": NoteKind("loss", "The compressed log breaks off; everything before that went in."),
    "too_many_processes": NoteKind(
        "loss",
        "What stands before the lines changes too often to tell processes apart; lines beyond the first 10,000 were left out.",
    ),
    "trace_cut_off": NoteKind(
        "loss", "The trace breaks off; everything before that went in. Stop a trace before copying it."
    ),
    "trace_types_unreadable": NoteKind(
        "loss", "Allocations have no Go types: the table of types is not in the form heapscape knows."
    ),
    "other_lines": NoteKind("info", "Lines or objects that are about something else were passed over."),
    "value_out_of_range": NoteKind(
        "loss", "Values that are no whole numbers of 63 bits, or stand twice, were left out; Go writes no such ones."
    ),
    "verdict_without_position": NoteKind(
        "loss", "Verdicts on variables of the compiler's own making, which have no place in a file, were left out."
    ),
    "built_unoptimised": NoteKind(
        "info",
        "The executable was built with -N or -l; only a report that was built with them too has its verdicts on the right lines.",
    ),
    "no_function_table": NoteKind(
        "loss", "The executable has no function table, so its calls are not known; an obfuscator may have taken it out."
    ),
    "calls_unreadable": NoteKind(
        "loss", "Calls are read in code of amd64 and arm64 only; of this executable the modules and functions went in."
    ),
}
