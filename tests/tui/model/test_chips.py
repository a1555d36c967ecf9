from __future__ import annotations

from gvtui.query.filter.field import PID
from gvtui.query.filter.write import equals
from gvtui.query.rowids import RowIds
from gvtui.tui.model.chips import Chip, Chips


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


def test_a_chip_for_some_rows_stands_beside_one_for_all_that_pass() -> None:
    chips = Chips()
    chips.put("evt.failed = true")
    rows = RowIds()
    chips.add(Chip("evt.failed = true", "activity", rows=rows))
    assert chips.among() == [rows]


def test_flipping_a_chip_that_is_off_switches_it_on() -> None:
    chips = Chips()
    chips.put("proc.pid = 1", PID)
    chips.toggle(0)
    assert chips.flip("proc.pid = 1", PID)
    assert chips.active() == ["proc.pid = 1"]
