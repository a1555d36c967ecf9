from __future__ import annotations

import contextlib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.limits import (
    AS_THEY_COME,
    LIMITS,
    Limits,
    changed,
    explain,
    packed,
    read_keep_for,
    read_limit,
    read_size,
    span_text,
    table,
)


def test_each_limit_is_in_the_table_and_may_be_as_it_comes() -> None:
    assert len(LIMITS) == len(fields(Limits))
    for name, row in LIMITS.items():
        assert row.name == name
        assert row.least <= row.default <= row.most
        assert row.words
        assert row.beyond


@pytest.mark.parametrize("name", list(LIMITS))
def test_values_are_read_up_to_their_edge(name: str) -> None:
    row = LIMITS[name]
    for value in (row.least, row.default, row.most):
        assert read_limit(name, value) == value
        assert read_limit(name, row.shown(value)) == value
    for value in (row.least - 1, row.most + 1):
        with pytest.raises(ValueError, match="it may be from"):
            read_limit(name, value)


@pytest.mark.parametrize("value", ["many", "", "-1", "1.5", 1.5, True, None, ["1"], "9" * 40])
def test_what_is_no_number_is_told(value: object) -> None:
    with pytest.raises(ValueError, match="where a whole number was expected"):
        read_limit("connections", value)


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="there is no limit 'conections'; is 'connections' meant"):
        read_limit("conections", 1)


@given(st.text(), st.one_of(st.text(), st.integers(), st.floats(), st.none()))
def test_nothing_else_is_raised(name: str, value: object) -> None:
    for each in (name, "connections"):
        with contextlib.suppress(ValueError):
            read_limit(each, value)


def test_sizes() -> None:
    assert read_size("1.5K") == 1536
    assert read_size("x") is None


def test_limits_are_changed_by_name_and_packed() -> None:
    limits = changed(AS_THEY_COME, {"connections-per-user": 7})
    assert limits.connections_per_user == 7
    assert limits.connections == AS_THEY_COME.connections
    assert Limits(**packed(limits)) == limits


def test_the_help_has_every_row() -> None:
    told = explain()
    for name, value, _ in table():
        assert f"  {name} " in told
        assert value in told
    assert max(map(len, told.splitlines())) <= 100


@pytest.mark.parametrize(
    "text", ["none", "61s", "90s", "1min", "90min", "36h", "7d", "14d", "60.5s"]
)
def test_a_span_is_written_as_it_is_read(text: str) -> None:
    assert span_text(read_keep_for(text)) == text
