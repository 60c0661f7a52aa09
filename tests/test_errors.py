"""The tree of errors and their exit codes."""

from __future__ import annotations

import inspect
import re

import pytest

from pipeline import errors
from pipeline.errors import DecodeError, PipelineError, UnknownFormat, UsageError

ERRORS = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_the_page_at_the_top_has_each_with_its_exit_code(error: type[PipelineError]) -> None:
    (code,) = re.findall(rf"{error.__name__} +(\d)", errors.__doc__ or "")

    assert error.exit_code == int(code)
    assert issubclass(error, PipelineError)


def test_a_refused_input_is_1_a_wrong_request_2_and_the_rest_3() -> None:
    assert {error.__name__: error.exit_code for error in ERRORS} == {
        "PipelineError": 3,
        "DecodeError": 1,
        "UnknownFormat": 1,
        "CutOff": 1,
        "SchemaError": 3,
        "LakeError": 3,
        "QueryError": 3,
        "TimeLimit": 3,
        "UsageError": 2,
    }


def test_an_unknown_format_is_refused_like_a_broken_one() -> None:
    with pytest.raises(DecodeError):
        raise UnknownFormat("not a format heapscape knows")


def test_the_text_of_an_error_is_its_sentence() -> None:
    assert str(UsageError("x.pb: no such file")) == "x.pb: no such file"
