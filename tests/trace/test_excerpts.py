from __future__ import annotations

import pytest

from gvtui.trace.excerpts import MAX_EXECS, ExecMark, ExecOrderMark
from gvtui.trace.marks import read_mark


@pytest.mark.parametrize(
    ("outcomes", "text"),
    [
        (("done", "done later", "failed"), "2 done, 1 failed"),
        (("asked",), "1 asked"),
        ((), "not noted"),
    ],
)
def test_outcomes_of_execs_are_counted(outcomes: tuple[str, ...], text: str) -> None:
    assert ExecMark(outcomes).text == f"outcomes of the execs above: {text}"


def test_outcomes_of_execs_are_limited() -> None:
    mark = read_mark({"kind": "exec", "outcomes": ["done", 1] * MAX_EXECS})
    assert isinstance(mark, ExecMark)
    assert mark.outcomes[:3] == ("done", "", "done")
    assert len(mark.outcomes) == MAX_EXECS


@pytest.mark.parametrize(("order", "when"), [("old", "after"), ("new", "before")])
def test_the_order_of_execs_is_told(order: str, when: str) -> None:
    assert f"is sent {when} the program is loaded" in ExecOrderMark(order, False).text
