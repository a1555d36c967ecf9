"""Changes come out as they went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.changes import FilesChange, FilesChanges

NUMBERS = st.integers(-1, 4)
CHANGES = st.lists(st.builds(FilesChange, *[NUMBERS] * len(FilesChange._fields)), max_size=12)


@given(CHANGES, CHANGES)
def test_changes_come_out_as_they_went_in(
    first: list[FilesChange], more: list[FilesChange]
) -> None:
    found = FilesChanges(first)
    seen = len(found.numbers)
    rows = [each.row for each in first if (each.process, each.fd) == (1, 1)]
    assert found.last_row(1, 1) == (rows[-1] if rows else -1)
    for change in more:
        found.numbers.extend(change)
    every = [*first, *more]
    assert list(found) == every
    assert len(found) == len(every)
    assert found.columns().tolist() == [list(change) for change in every]
    closed = [(each.row, each.process, each.fd) for each in more if not each.description]
    assert list(found.closings(seen)) == closed
    for process in range(4):
        for fd in range(4):
            rows = [each.row for each in every if (each.process, each.fd) == (process, fd)]
            assert found.last_row(process, fd) == (rows[-1] if rows else -1)
    found.clear()
    assert not list(found)
    assert found.last_row(1, 1) == -1
