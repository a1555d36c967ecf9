"""A table of descriptors."""

from __future__ import annotations

from gvtui.query.resolved.table import DescriptorTable, FdEntry


def test_a_descriptor_stands_for_what_was_put_last() -> None:
    table = DescriptorTable()
    assert table.get(3) == 0
    assert table.put(3, FdEntry(1, is_cloexec=False, since=5)) == 0
    assert table.put(3, FdEntry(2, is_cloexec=True, since=6)) == 1
    assert table.get(3) == 2
    assert table.close(3) == 2
    assert table.close(3) == 0


def test_an_exec_closes_what_was_made_before_it_with_the_flag() -> None:
    table = DescriptorTable()
    for fd, (is_cloexec, since) in enumerate([(True, 1), (False, 1), (True, 9)]):
        table.put(fd, FdEntry(fd + 1, is_cloexec=is_cloexec, since=since))
    assert table.closed_by_exec(5) == [0]
    table.set_cloexec(1, is_cloexec=True)
    table.set_cloexec(7, is_cloexec=True)
    assert table.closed_by_exec(5) == [0, 1]
    assert table.within(1, 2) == [1, 2]


def test_a_copy_is_apart() -> None:
    table = DescriptorTable()
    table.put(1, FdEntry(4, is_cloexec=False, since=0))
    other = table.copy()
    other.close(1)
    assert table.get(1) == 4
