from __future__ import annotations

from gvtui.query.filter.fields import FIELDS_BY_NAME
from gvtui.trace.row import Direction


def test_choices_in_any_case_and_by_their_other_words() -> None:
    side = FIELDS_BY_NAME["evt.dir"]
    found = [side.choice(text) for text in ("E", "e", ">", "x", "<", "both", "")]
    enter, leave = Direction.ENTER, Direction.EXIT
    assert found == [enter, enter, enter, leave, leave, None, None]
    assert FIELDS_BY_NAME["evt.failed"].choice("False") == 0
