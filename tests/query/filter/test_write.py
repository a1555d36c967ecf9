from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.field import NAME, PID
from gvtui.query.filter.parse import Comparison, parse
from gvtui.query.filter.values import duration, moment, process_value
from gvtui.query.filter.write import (
    TypedValueError,
    conjunction,
    duration_text,
    equals,
    literal,
    negation,
    process_filter,
    time_text,
    values_expression,
)


def values_of(text: str) -> list[str]:
    tree = parse(text)
    assert isinstance(tree, Comparison)
    return [value.text for value in tree.values]


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=40),
        st.text("\\x0u{}\"'n and,()%=", max_size=12),
    )
)
def test_a_literal_is_read_back_as_it_was(value: str) -> None:
    assert values_of(f"proc.name = {literal(value)}") == [value]
    assert values_of(equals(NAME, value)) == [value]
    assert values_of(f"evt.type in ({literal(value)}, x)") == [value, "x"]
    assert literal(value).isprintable()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("web:1", "web:1"),
        ("110", "110"),
        ("/etc/a b", '"/etc/a b"'),
        ("%file", '"%file"'),
        ("And", '"And"'),
        ("", '""'),
        ("a\x1b\u202e\ud800", r'"a\x1b\u{202e}\u{d800}"'),
    ],
)
def test_what_a_literal_looks_like(value: str, text: str) -> None:
    assert literal(value) == text


@given(st.integers(0, (1 << 63) - 1))
def test_a_duration_is_read_back_as_it_was(duration_ns: int) -> None:
    assert duration(duration_text(duration_ns)) == duration_ns


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_time_is_read_back_as_it_was(time_ns: int) -> None:
    assert moment(time_text(time_ns), None) == (time_ns, time_ns, False)


@given(st.text(min_size=1, max_size=20), st.integers(1, 1 << 31), st.integers(0, (1 << 63) - 1))
def test_a_process_is_read_back_as_it_was(container: str, pid: int, start_ns: int) -> None:
    (value,) = values_of(process_filter(container, pid, start_ns))
    read = process_value(value, None)
    assert (read.container, read.pid) == (container, pid)
    assert (read.start.low if read.start is not None else 0) == start_ns


def test_a_process_without_a_container_is_one_of_a_connection() -> None:
    assert process_filter("", 7, 0, 2) == "proc.id = 7 and conn.num = 2"
    assert process_filter("web", 7, 0, 2) == "proc.id = web/7"


def test_a_negation_is_of_the_whole() -> None:
    assert negation("fd.num = 1") == "not fd.num = 1"
    assert negation("fd.num = 1 and fd.num = 2") == "not (fd.num = 1 and fd.num = 2)"


@given(st.text(max_size=60))
def test_typed_names_always_make_a_filter_or_nothing(text: str) -> None:
    expression = values_expression(NAME, text)
    if expression:
        compile_filter(expression)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("110", "proc.pid = 110"),
        ("110, 112", "proc.pid in (110, 112)"),
        ("!110", "proc.pid != 110"),
        ("!110, !112", "not proc.pid in (110, 112)"),
        ("1, !2", "proc.pid = 1 and proc.pid != 2"),
        (" , ", ""),
        ("007", "proc.pid = 7"),
    ],
)
def test_pids_as_they_are_typed(text: str, expression: str) -> None:
    assert values_expression(PID, text) == expression


def test_a_pid_that_is_none() -> None:
    with pytest.raises(TypedValueError, match="'bash' is not a number"):
        values_expression(PID, "110, bash")
    with pytest.raises(TypedValueError, match="is not a number"):
        values_expression(PID, "²")


def test_names_as_they_are_typed() -> None:
    assert values_expression(NAME, "bash") == "proc.name = bash"
    assert values_expression(NAME, '!a b, !"') == 'not proc.name in ("a b", "\\"")'
    assert values_expression(NAME, "and") == 'proc.name = "and"'
    assert values_expression(NAME, "110") == "proc.name = 110"


class TestConjunction:
    def test_of_none(self) -> None:
        assert conjunction([]) == ""
        assert conjunction(["", "  "]) == ""

    def test_of_one_stays_as_it_is(self) -> None:
        assert conjunction([" fd.num = 1 or fd.num = 2 "]) == "fd.num = 1 or fd.num = 2"

    def test_brackets_where_needed(self) -> None:
        parts = ["fd.num = 1 or fd.num = 2", "not fd.num = 3", "fd.num = 4 and fd.num = 5", ""]
        assert conjunction(parts) == (
            "(fd.num = 1 or fd.num = 2) and not fd.num = 3 and fd.num = 4 and fd.num = 5"
        )

    def test_of_wrong_parts(self) -> None:
        with pytest.raises(FilterError):
            conjunction(["fd.num = 1", "fd.num ="])
