from __future__ import annotations

from gvtui.query.filter.evtfields import EVENT_FIELDS
from tests.query.filter.world import TextTrace, open_message, passing


def test_a_point_whose_name_was_not_kept_is_known_from_its_message() -> None:
    trace = TextTrace()
    trace.add(lost=["point"], message=open_message("/a"), direction=1)
    trace.add(lost=["point"], message=open_message("/a", exits=True), direction=2)
    trace.add(lost=["point"])
    assert passing(trace, "evt.type = openat") == [0, 1]
    assert passing(trace, "point.name = syscall/openat/exit") == [1]
    assert passing(trace, "evt.type = open") == []


def test_every_one_asks_for_the_event_or_its_context() -> None:
    assert {field.name.partition(".")[0] for field in EVENT_FIELDS} == {"evt", "context"}
