from __future__ import annotations

from gvtui.trace.carried import CarriedMark, CarriedProcess, carried_in
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.marks import read_mark

MARK = CarriedMark(
    (
        CarriedProcess(1, 11, 0, "box", "sh", ["sh", "-c", "x"], "/", 12, True),
        CarriedProcess(2, has_ended=True, end_ns=9, exit_status=0, is_exec_session=True),
    ),
    7,
    True,
)


def test_a_mark_is_read_as_it_was_written() -> None:
    assert read_mark(unpack_details(pack_details(MARK.details()))) == MARK
    assert MARK.text == (
        "earlier rows were let go: at least 1 process that ran already, 7 that had ended"
    )


def test_what_makes_no_sense_is_left_out() -> None:
    told = {"kind": "carried", "processes": [5, {"pid": "x"}, {"pid": 3, "args": [1, "a"]}]}
    mark = read_mark({**told, "ended": "many", "is_cut": 1})
    assert mark == CarriedMark((CarriedProcess(3, args=["a"]),))


def test_the_header_of_a_segment_tells_of_each_connection() -> None:
    head = {"processes": [[4, MARK.details()], [1], "x", [None, {}], [5, 6]]}
    assert carried_in(unpack_details(pack_details(head))) == [(4, MARK)]
    assert carried_in({}) == []
