from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gvtui.trace.claims import GRACE_NS, MAX_NAMES, Claims
from gvtui.trace.row import ROW_DTYPE, Kind
from gvtui.trace.speaking import Speaking
from tests.trace.test_claims import runs, unnamed


def rows_of(*pairs: tuple[int, int], kind: Kind = Kind.MESSAGE) -> npt.NDArray[np.void]:
    """Rows of connections, each with the string number of a container, one ns after another."""
    rows = np.zeros(len(pairs), ROW_DTYPE)
    rows["kind"] = kind
    for place, (conn, container) in enumerate(pairs):
        rows[place]["conn"], rows[place]["container"] = conn, container
        rows[place]["recv_ns"] = place + 1
    return rows


def test_each_container_of_a_connection_is_found_once() -> None:
    speaking = Speaking(Claims())
    rows = rows_of((1, 5), (1, 5), (2, 5), (1, 0), (1, 6), (1, 5), (0, 7))
    assert sorted(speaking.first_places(rows)) == [0, 2, 4]
    assert speaking.first_places(rows) == []
    assert speaking.first_places(rows_of((1, 8), kind=Kind.CLOSED)) == []
    speaking.forget(1)
    assert sorted(speaking.first_places(rows)) == [0, 4]


def test_a_connection_of_too_many_is_not_looked_at() -> None:
    claims = Claims()
    speaking = Speaking(claims)
    for number in range(MAX_NAMES):
        claims.speaks(1, f"c{number}", 1)
    assert speaking.first_places(rows_of((1, 5), (2, 5))) == [1]


def test_who_should_have_ended_is_found_when_it_speaks_late() -> None:
    claims = Claims()
    speaking = Speaking(claims)
    claims.opened(1, unnamed(10))
    claims.speaks(1, "web", 1)
    claims.opened(2, runs(11, "web"))
    claims.speaks(2, "web", 2)
    rows = rows_of((1, 5), (2, 5), (1, 5), (1, 5), (1, 6))
    assert speaking.late_places(rows) == []
    rows["recv_ns"] = GRACE_NS + 3
    assert speaking.late_places(rows) == [0, 4]
    assert speaking.late_places(rows, 0) == [2, 4]
