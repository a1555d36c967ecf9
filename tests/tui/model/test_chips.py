from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.parse import Comparison, parse
from gvtui.tui.model.chips import (
    NAME,
    PID,
    Chips,
    ValueTextError,
    equals,
    literal,
    values_expression,
)


@given(st.text(min_size=1, max_size=40))
def test_a_literal_is_read_back_as_it_was(value: str) -> None:
    tree = parse(f"proc.name = {literal(value)}")
    assert isinstance(tree, Comparison)
    assert tree.values[0].text == value


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
    with pytest.raises(ValueTextError, match="'bash' is no pid"):
        values_expression(PID, "110, bash")


def test_names_as_they_are_typed() -> None:
    assert values_expression(NAME, "bash") == "proc.name = bash"
    assert values_expression(NAME, '!a b, !"') == 'not proc.name in ("a b", "\\"")'
    assert values_expression(NAME, "and") == 'proc.name = "and"'
    assert values_expression(NAME, "110") == 'proc.name = "110"'


def test_a_field_has_one_chip() -> None:
    chips = Chips()
    assert chips.flip(equals(PID, 1), PID)
    assert chips.flip(equals(PID, 2), PID)
    assert [chip.expression for chip in chips] == ["proc.pid = 2"]
    assert not chips.flip(equals(PID, 2), PID)
    assert len(chips) == 0


def test_chips_switch_off_one_by_one_and_all_together() -> None:
    chips = Chips()
    chips.put("proc.pid = 1", PID)
    chips.put("evt.failed = true")
    chips.put("evt.failed = true")
    assert chips.active() == ["proc.pid = 1", "evt.failed = true"]
    chips.toggle(0)
    assert chips.active() == ["evt.failed = true"]
    chips.suspended = True
    assert chips.active() == []
    chips.toggle(0)
    assert chips.active() == ["proc.pid = 1", "evt.failed = true"]
    chips.put("evt.dir = E", place=1)
    chips.remove(0)
    assert chips.active() == ["evt.dir = E"]


def test_flipping_a_chip_that_is_off_switches_it_on() -> None:
    chips = Chips()
    chips.put("proc.pid = 1", PID)
    chips.toggle(0)
    assert chips.flip("proc.pid = 1", PID)
    assert chips.active() == ["proc.pid = 1"]
