from __future__ import annotations

from gvtui.decode.fields import FieldView
from gvtui.tui.detail.sides import both_sides, one_side


def view(path: str, value: str) -> FieldView:
    return FieldView(path, 1, value, value)


def test_what_agrees_stands_once_and_what_differs_twice() -> None:
    sides = both_sides(
        5,
        [view("sysno", "257"), view("pathname", '"/a"'), view("flags", "1"),
         view("context_data.time_ns", "1"), view("context_data.cwd", "/")],
        8,
        [view("sysno", "257"), view("pathname", '"/b"'), view("fd_path", '"/c"'),
         view("exit.result", "3"), view("context_data.time_ns", "2"),
         view("context_data.cwd", "/tmp")],
    )  # fmt: skip
    assert [(s.view.path, s.view.raw, s.row_id, s.sign, s.differs) for s in sides] == [
        ("sysno", "257", 5, " ", False),
        ("pathname", '"/a"', 5, "→", True),
        ("pathname", '"/b"', 8, "←", True),
        ("flags", "1", 5, "→", False),
        ("context_data.time_ns", "1", 5, "→", False),
        ("context_data.time_ns", "2", 8, "←", False),
        ("context_data.cwd", "/", 5, "→", True),
        ("context_data.cwd", "/tmp", 8, "←", True),
        ("fd_path", '"/c"', 8, "←", False),
        ("exit.result", "3", 8, " ", False),
    ]


def test_a_single_message_has_no_sides() -> None:
    (side,) = one_side(5, [view("sysno", "257")])
    assert (side.row_id, side.sign, side.differs) == (5, " ", False)
