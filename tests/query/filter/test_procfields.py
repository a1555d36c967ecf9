from __future__ import annotations

from gvtui.query.filter.procfields import PROCESS_FIELDS
from tests.query.filter.world import TextTrace, open_message, passing


def test_a_name_that_was_not_kept_is_known_from_its_message() -> None:
    trace = TextTrace()
    trace.add(lost=["process"], message=open_message("/a", process="bash"))
    trace.add(lost=["process"], message=open_message("/a"))
    assert passing(trace, "proc.name = bash") == passing(trace, "proc.name exists") == [0]


def test_what_the_processes_tell_needs_their_ids() -> None:
    of_context = [field for field in PROCESS_FIELDS if field.of_context]
    assert len(of_context) > 5
    assert all("group_id" in field.needs for field in of_context)
