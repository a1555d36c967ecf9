"""What is known of the first rows is told chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query.knownrows import known_rows, known_stop
from tests.query.fewrows import have_few_rows
from tests.query.memory import MemoryTrace, make_row

if TYPE_CHECKING:
    import numpy.typing as npt

CHUNK = 8


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    have_few_rows(monkeypatch)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 20), st.integers(1, 60), st.integers(0, 90), st.sets(st.integers(0, 90)))
def test_they_are_the_rows_that_pass_up_to_a_chunk_before_the_end(
    first: int, count: int, position: int, passing: set[int]
) -> None:
    trace = MemoryTrace([make_row()] * count, first_row=first)

    def number_of(start: int, stop: int) -> int:
        assert start // CHUNK == (stop - 1) // CHUNK
        return sum(start <= row < stop for row in passing)

    def of_chunk(number: int) -> npt.NDArray[np.int64]:
        return np.array(sorted(row for row in passing if row // CHUNK == number), np.int64)

    stop = known_stop(trace, position)
    assert stop == first or stop <= min(position, trace.end_row) - CHUNK
    assert stop >= first
    assert stop > min(position, trace.end_row) - 2 * CHUNK
    known = known_rows(trace, stop, number_of, of_chunk)
    found = [part.ids().tolist() for part in known.parts]
    assert [row for ids in found for row in ids] == sorted(
        row for row in passing if first <= row < stop
    )
    assert all(len(ids) == part.passing > 0 for ids, part in zip(found, known.parts, strict=True))
    assert all(part.base <= ids[0] for ids, part in zip(found, known.parts, strict=True))
