from __future__ import annotations

import fnmatch
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.batch import NoContext, RowBatch
from gvtui.query.filter.pattern import MAX_PATTERN, PatternError
from gvtui.query.filter.texts import (
    ContextTextCondition,
    StringAnswers,
    TextColumn,
    TextCondition,
    text_test,
)
from gvtui.trace.row import LOST_STRING
from tests.query.filter.world import TextTrace, open_message
from tests.query.memory import KnownConnections

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.batch import Rows

NAME = TextColumn("process", lambda decoded, _: decoded.message.context_data.process_name)  # type: ignore[union-attr]


class Asked:
    """A test of a text that notes what it was asked of."""

    def __init__(self, *passing: str) -> None:
        self.passing = passing
        self.of: list[str] = []

    def __call__(self, text: str) -> bool:
        self.of.append(text)
        return text in self.passing


def batch_of(trace: TextTrace, context: NoContext | None = None) -> RowBatch:
    rows = trace.rows(trace.first_row, trace.end_row)
    return RowBatch(trace, rows, trace.first_row, context or NoContext())


def test_each_distinct_text_is_looked_at_once_and_an_empty_one_never() -> None:
    trace = TextTrace()
    for name in ("bash", "perl", "bash", "", "bash"):
        trace.add(process=name)
    asked = Asked("bash")
    condition = TextCondition(NAME, asked)
    batch = batch_of(trace)
    assert condition.holds(batch, None).tolist() == [True, False, True, False, True]
    trace.add(process="perl")
    trace.add(process="sed")
    assert condition.holds(batch_of(trace), None).tolist()[-2:] == [False, False]
    assert asked.of == ["bash", "perl", "sed"]


def test_another_trace_has_other_strings() -> None:
    asked = Asked("bash")
    answers = StringAnswers(lambda _, string: asked(string))
    first, second = TextTrace(), TextTrace()
    number = np.array([first.intern("bash")], np.uint32)
    assert second.intern("perl") == number[0]
    yes, no = answers.look_up(first, number), answers.look_up(second, number)
    assert (yes[0], no[0]) == (1, 0)
    # A number that the trace has no string for is of one that was not kept.
    beyond = answers.look_up(second, np.array([99, LOST_STRING], np.uint32))
    assert beyond[0] == beyond[1] not in (0, 1)


def test_a_string_that_was_not_kept_is_read_from_its_message_if_wanted() -> None:
    trace = TextTrace()
    for name in ("bash", "perl", "bash"):
        trace.add(lost=["process"], message=open_message("/a", process=name))
    trace.add(lost=["process"])
    condition = TextCondition(NAME, Asked("bash"))
    assert condition.holds(batch_of(trace), None).tolist() == [True, False, True, False]
    trace.decodings = 0
    wanted = np.array([True, False, False, False])
    assert condition.holds(batch_of(trace), wanted)[0]
    assert trace.decodings == 1


def test_a_meaning_is_compared_in_place_of_the_string() -> None:
    column = NAME._replace(meaning=lambda string, _: string.upper())
    trace = TextTrace()
    trace.add(process="bash")
    trace.add(lost=["process"], message=open_message("/a", process="bash"))
    assert TextCondition(column, Asked("BASH")).holds(batch_of(trace), None).tolist() == [
        True,
        True,
    ]


def test_a_row_without_a_string_has_that_of_its_connection() -> None:
    column = NAME._replace(of_connection=lambda connections, number: connections.container(number))
    trace = TextTrace()
    trace.connections = KnownConnections(
        {n: SimpleNamespace(container_id=name) for n, name in ((1, "box"), (2, ""))}
    )
    for conn, name in ((1, ""), (2, ""), (3, ""), (1, "other")):
        trace.add(conn=conn, process=name)
    holds = TextCondition(column, Asked("box", "")).holds(batch_of(trace), None)
    assert holds.tolist() == [True, False, False, False]
    holds = TextCondition(NAME, Asked("box", "")).holds(batch_of(trace), None)
    assert holds.tolist() == [False] * 4


class CommandLines(NoContext):
    """Knows the command lines of rows by their process ids."""

    def texts(
        self, what: str, start: int, rows: Rows
    ) -> tuple[npt.NDArray[np.intp], list[tuple[str, ...]]]:
        assert what == "proc.cmdline"
        return rows["pid"].astype(np.intp) - 1, [("sh -c x",), ("perl",), ()]


def test_each_command_line_is_looked_at_once() -> None:
    trace = TextTrace()
    for pid in (1, 2, 0, 1, 3):
        trace.add(pid=pid)
    asked = Asked("sh -c x", "")
    condition = ContextTextCondition("proc.cmdline", asked)
    batch = batch_of(trace, CommandLines())
    assert condition.holds(batch, None).tolist() == [True, False, False, True, False]
    assert asked.of == ["sh -c x", "perl"]
    wanted = np.array([False, True, True, False, False])
    condition.holds(batch, wanted)
    assert asked.of[2:] == ["perl"]


TEXTS = st.text("abA.*", max_size=6)


@given(TEXTS, TEXTS)
def test_operators_are_those_of_texts(value: str, text: str) -> None:
    assert text_test("=", [value])(text) == (text == value)
    assert text_test("!=", [value])(text) == (text != value)
    assert text_test("in", [value, "b"])(text) == (text in (value, "b"))
    assert text_test("contains", [value])(text) == (value in text)
    assert text_test("icontains", [value])(text) == (value.lower() in text.lower())
    assert text_test("startswith", [value])(text) == text.startswith(value)
    assert text_test("endswith", [value])(text) == text.endswith(value)


@given(st.text("ab*?[]!", max_size=8), st.text("ab/\n", max_size=8))
def test_a_glob_fits_as_a_whole(pattern: str, text: str) -> None:
    assert text_test("glob", [pattern])(text) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize("name", ["glob", "regex"])
def test_a_pattern_that_is_too_long_is_refused(name: str) -> None:
    assert text_test(name, ["a" * MAX_PATTERN])("a" * MAX_PATTERN)
    with pytest.raises(PatternError, match="longer than"):
        text_test(name, ["a" * (MAX_PATTERN + 1)])


def test_no_star_of_a_glob_goes_back() -> None:
    """Going back over stars would take longer than the universe has been there."""
    assert not text_test("glob", ["a*" * 300 + "b"])("a" * 4000)
