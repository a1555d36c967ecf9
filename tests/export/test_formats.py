from __future__ import annotations

import pytest

from gvtui.export.formats import BY_SUFFIX, FORMATS, LINE_FORMATS, RECORDING, Format
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from tests.trace.factory import TRACES


@pytest.mark.parametrize("each", LINE_FORMATS.values(), ids=lambda each: each.name)
def test_each_has_lines_that_are_made_from_a_selection(each: Format) -> None:
    trace = Trace.open(TRACES / "upstream-echo.trace")
    lines = list(each.make(Selection(trace)).lines(trace.first_row, trace.end_row))
    assert lines
    assert all(type(line) is str and "\n" not in line for line in lines)
    trace.close()


def test_json_alone_leaves_values_of_environment_variables_out_unless_asked_for_them() -> None:
    assert [each.name for each in FORMATS if each.redactor() is not None] == ["json"]
    assert not any(each.redactor(environment=True) for each in FORMATS)


def test_no_name_and_no_suffix_stands_for_two() -> None:
    assert len({each.name for each in FORMATS}) == len(FORMATS)
    assert len(BY_SUFFIX) == sum(len(each.suffixes) for each in FORMATS)
    assert BY_SUFFIX[".gvtrace"] is RECORDING
    assert not RECORDING.has_lines
