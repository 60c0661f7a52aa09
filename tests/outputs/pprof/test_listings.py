"""-traces, -tags, -comments and -raw, as text."""

from __future__ import annotations

from tests.outputs.pprof.seen import profile, written

SAMPLES = ("a|b c 1024 {who=north} {bytes=2048}", "c 512 {who=south}", "7")


def test_comments_are_listed() -> None:
    assert written(profile("a 1", comments=["x", "#y"]), "comments") == "x\n#y\n"


def test_every_sample_is_listed_with_its_labels() -> None:
    assert written(profile(*SAMPLES, binary="", time_ns=0), "traces").splitlines() == [
        "Type: inuse_space",
        "-----------+-------------------------------------------------------",
        "       who:  north",
        "     bytes:  2kB",
        "       1kB   a (inline)",
        "             b",
        "             c",
        "-----------+-------------------------------------------------------",
        "       who:  south",
        "      512B   c",
        "-----------+-------------------------------------------------------",
    ]


def test_labels_are_listed_with_what_they_weigh() -> None:
    assert written(profile(*SAMPLES), "tags").splitlines() == [
        " bytes: Total 1kB of 1.51kB (66.36%)",
        "        1kB (66.36%): 2kB",
        "",
        " who: Total 1.50kB of 1.51kB (99.55%)",
        "       1kB (66.36%): north",
        "      512B (33.18%): south",
        "",
    ]


def test_all_of_a_profile_is_listed() -> None:
    made = profile(
        "a@x.go:3|b c 5 {n=1ms} {k=v}",
        types=["cpu/nanoseconds"],
        default_type="cpu",
        duration_ns=30_000_953_208,
        time_ns=1_700_000_000_120_000_000,
        period=3,
        period_type="cpu/ns",
        comments=["x"],
        doc_url="y",
    )

    assert written(made, "raw").splitlines() == [
        "Comment: x",
        "Doc: y",
        "PeriodType: cpu ns",
        "Period: 3",
        "Time: 2023-11-14 22:13:20.12 +0000 UTC",
        "Duration: 30.0",
        "Samples:",
        "cpu/nanoseconds[dflt]",
        "          5: 1 2 ",
        "                k:[v]",
        "                n:[1 ms]",
        "Locations",
        "     1: 0x400010 M=1 a x.go:3:0 s=0",
        "             b :0:0 s=0",
        "     2: 0x400020 M=1 c :0:0 s=0",
        "Mappings",
        "1: 0x400000/0x500000/0x0 /app/server build-1 [FN]",
    ]
