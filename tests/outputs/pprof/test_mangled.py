"""Names of C++ and Rust; expected are those that github.com/ianlancetaylor/demangle gives."""

from __future__ import annotations

import pytest

from pipeline.outputs.pprof.mangled import demangled


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back"),
        ("_ZNSsaSERKSs", "std::string::operator="),
        ("_Z3maxIiET_S0_S0_", "max"),
        ("_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<"),
        ("_ZN12_GLOBAL__N_13runEv", "(anonymous namespace)::run"),
        ("_ZZN4main3fooEvENKUlvE_clEv", "main::foo()::{lambda()#1}::operator()"),
        ("_ZThn8_N5arrow2fs12_GLOBAL__N_115ObjectInputFile4SeekEl", "non-virtual thunk to arrow::fs::(anonymous namespace)::ObjectInputFile::Seek(long)"),
        ("_ZGVZNK5arrow5Datum4typeEvE7no_type", "guard variable for arrow::Datum::type() const::no_type"),
        ("_ZN3foo3barEv.isra.0.constprop.3", "foo::bar"),
        ("_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h2c3d4e5f60718293E", "std::rt::lang_start::{{closure}}"),
        ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"),
        ("_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<>"),
        ("_RINvMs_NtC5alloc3vecINtB5_3VechE4pushB5_E", "<alloc::vec::Vec<>>::push::<>"),
    ],
)  # fmt: skip
def test_names_have_no_parameters_and_no_type_arguments(name: str, shown: str) -> None:
    assert demangled(name) == shown


@pytest.mark.parametrize(
    "name", ["main.(*T).Method", "main.F[...]", "malloc", "_start", "_Z", "_ZN3foo", "_R", "", "_Zé"]
)
def test_what_is_not_mangled_is_left_alone(name: str) -> None:
    assert demangled(name) is None


def test_a_name_that_would_grow_without_end_is_left_alone() -> None:
    # Each step holds the one before twice.
    name = "_Z1fI" + "1XIS_S_E" * 60 + "E"

    assert demangled(name) is None or len(demangled(name) or "") < 10_000
